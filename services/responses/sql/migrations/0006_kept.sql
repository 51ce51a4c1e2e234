-- What can never be undone or skipped, whatever code writes here. Each trigger is raised as a check
-- violation under its own name, so that it reads like a constraint.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

-- Nothing is dropped: what was written, read, moderated or proposed stays.
CREATE TRIGGER contribution_kept BEFORE UPDATE OR DELETE ON contribution
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contributions_kept BEFORE TRUNCATE ON contribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reading_kept BEFORE DELETE ON reading
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reading_order_kept BEFORE UPDATE OR DELETE ON reading_order
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER moderation_kept BEFORE UPDATE OR DELETE ON moderation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_kept BEFORE DELETE ON proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_is_final BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change();

-- A proposal is merged within its project.
ALTER TABLE proposal
    ADD CONSTRAINT proposal_and_project UNIQUE (id, project_id),
    ADD CONSTRAINT proposal_merged_in_its_project
        FOREIGN KEY (merged_into, project_id) REFERENCES proposal (id, project_id);

-- There is no discard: every reading leads to a proposal or to a mark. Looked at when the transaction
-- ends, as links follow their reading.
CREATE FUNCTION refuse_silent_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched record := coalesce(NEW, OLD);
BEGIN
    IF EXISTS (SELECT FROM reading r
        WHERE r.contribution_id = touched.contribution_id AND r.reader = touched.reader
            AND r.mark IS NULL AND NOT EXISTS (SELECT FROM reading_link l
                WHERE l.contribution_id = r.contribution_id AND l.reader = r.reader))
    THEN
        RAISE EXCEPTION 'a reading says nothing' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'reading_says_something', TABLE = 'reading';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reading_says_something AFTER INSERT OR UPDATE ON reading
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_silent_reading();
CREATE CONSTRAINT TRIGGER reading_keeps_saying_something AFTER DELETE ON reading_link
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_silent_reading();

-- A collection moves on only; it is synthesised once everything was read and every draft is listed.
CREATE TRIGGER collection_transition BEFORE UPDATE OF state ON collection FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state <> ALL (ARRAY[
        'preparing>ready', 'ready>ended', 'ended>synthesised']))
    EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_hasty_synthesis() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM contribution c WHERE c.project_id = NEW.project_id
        AND (SELECT count(*) FROM reading r WHERE r.contribution_id = c.id) < NEW.readings_wanted)
    THEN
        RAISE EXCEPTION 'a contribution is unread' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'synthesis_needs_every_reading', TABLE = 'collection';
    END IF;
    IF EXISTS (SELECT FROM proposal p WHERE p.project_id = NEW.project_id AND p.state = 'draft')
    THEN
        RAISE EXCEPTION 'a draft is not listed' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'synthesis_lists_every_draft', TABLE = 'collection';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER synthesis_is_complete BEFORE UPDATE ON collection FOR EACH ROW
    WHEN (OLD.state <> 'synthesised' AND NEW.state = 'synthesised')
    EXECUTE FUNCTION refuse_hasty_synthesis();

-- After the synthesis nothing that led to it changes, and nothing is added.
CREATE FUNCTION refuse_after_synthesis() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched record := coalesce(NEW, OLD);
    project uuid;
BEGIN
    IF TG_TABLE_NAME = 'reading_link' THEN
        SELECT project_id INTO project FROM contribution WHERE id = touched.contribution_id;
    ELSE
        project := touched.project_id;
    END IF;
    IF EXISTS (SELECT FROM collection WHERE project_id = project AND state = 'synthesised') THEN
        RAISE EXCEPTION 'the synthesis is made' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'synthesis_is_final', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN touched;
END $$;
CREATE TRIGGER synthesis_is_final BEFORE INSERT OR UPDATE ON reading
    FOR EACH ROW EXECUTE FUNCTION refuse_after_synthesis();
CREATE TRIGGER synthesis_is_final BEFORE INSERT OR UPDATE OR DELETE ON reading_link
    FOR EACH ROW EXECUTE FUNCTION refuse_after_synthesis();
CREATE TRIGGER synthesis_is_final BEFORE INSERT ON proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_after_synthesis();
CREATE TRIGGER synthesis_is_final BEFORE INSERT ON contribution
    FOR EACH ROW EXECUTE FUNCTION refuse_after_synthesis();
