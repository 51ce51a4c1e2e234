-- The public account: what everybody reads of projects, reports, decisions and follow-up, found
-- without a search, and a mark that is another one after every change of it.

-- Pages are kept as they were rendered for as long as the mark stays. Not a counter: after a failover
-- that lost a commit, a number would come again and stand for something else.
CREATE TABLE public_state (
    single     boolean PRIMARY KEY DEFAULT true,
    mark       uuid NOT NULL,
    -- The transaction that changed it last: one change of the mark for each, however many rows.
    changed_by xid8 NOT NULL,
    CONSTRAINT public_state_is_one CHECK (single)
);
INSERT INTO public_state (mark, changed_by) VALUES (gen_random_uuid(), '0');

-- At the end of the transaction, so that its lock is the last one taken and held for a moment only.
CREATE FUNCTION change_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public_state SET mark = gen_random_uuid(), changed_by = pg_current_xact_id()
    WHERE changed_by <> pg_current_xact_id();
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER project_changes_the_mark AFTER INSERT OR UPDATE OR DELETE ON project
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER collection_changes_the_mark AFTER INSERT OR UPDATE OR DELETE ON collection
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER report_changes_the_mark AFTER INSERT ON published_report
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER decision_changes_the_mark AFTER INSERT ON published_decision
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER follow_up_changes_the_mark AFTER INSERT ON follow_up
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER figures_change_the_mark AFTER INSERT OR UPDATE OR DELETE ON figures
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();

-- What a published decision answers, in the words it had then: a proposal may get a newer version.
CREATE TABLE answered_proposal (
    proposal_id uuid NOT NULL,
    version     bigint NOT NULL,
    title       text NOT NULL,
    text        text NOT NULL,
    theme       text,
    support     int NOT NULL,
    CONSTRAINT answered_proposal_once PRIMARY KEY (proposal_id, version)
);
CREATE TRIGGER answered_proposal_is_final BEFORE UPDATE OR DELETE ON answered_proposal
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The answer to each proposal that is in force, and how far it has come: the newest published
-- decision and the newest step, found in any order in which people look for them.
CREATE TABLE answer_in_force (
    proposal_id      uuid PRIMARY KEY,
    project_id       uuid NOT NULL,
    version          bigint NOT NULL,
    proposal_version bigint NOT NULL,
    outcome          text NOT NULL,
    due_on           date,
    published_on     date NOT NULL,
    -- 'promised' while nothing was said since.
    progress         text NOT NULL DEFAULT 'promised',
    followed_on      date
);
CREATE INDEX answer_by_day ON answer_in_force (published_on DESC, proposal_id DESC);
CREATE INDEX answer_by_outcome ON answer_in_force (outcome, published_on DESC, proposal_id DESC);
CREATE INDEX answer_by_progress
ON answer_in_force (progress, published_on DESC, proposal_id DESC) WHERE outcome <> 'not';
-- What was promised and is neither done nor given up, the oldest promise first.
CREATE INDEX answer_by_promise ON answer_in_force (due_on, proposal_id)
WHERE outcome <> 'not' AND progress NOT IN ('done', 'given_up');
CREATE INDEX answer_by_project ON answer_in_force (project_id);
CREATE INDEX follow_up_by_day ON follow_up (recorded_on DESC, proposal_id DESC, number DESC);
CREATE INDEX project_by_day ON project (collection_ends_on DESC, project_id DESC)
WHERE state NOT IN ('draft', 'abandoned');

CREATE VIEW public_answer AS
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, a.outcome, a.due_on,
    a.published_on, a.progress, a.followed_on
FROM answer_in_force a
JOIN answered_proposal w ON (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p ON p.project_id = a.project_id;

-- Kept by triggers: whatever publishes a decision or follows it up, the account says the same.
CREATE FUNCTION keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO answered_proposal (proposal_id, version, title, text, theme, support)
    SELECT p.proposal_id, p.version, p.title, p.text, p.theme, p.support FROM proposal p
    WHERE p.proposal_id = new.proposal_id AND p.version = new.proposal_version
    ON CONFLICT ON CONSTRAINT answered_proposal_once DO NOTHING;
    INSERT INTO answer_in_force AS held (proposal_id, project_id, version, proposal_version,
        outcome, due_on, published_on)
    VALUES (new.proposal_id, new.project_id, new.version, new.proposal_version, new.outcome,
        new.due_on, new.published_on)
    ON CONFLICT (proposal_id) DO UPDATE
    SET project_id = excluded.project_id,
        version = excluded.version,
        proposal_version = excluded.proposal_version,
        outcome = excluded.outcome,
        due_on = excluded.due_on,
        published_on = excluded.published_on
    WHERE held.version < excluded.version;
    RETURN NULL;
END
$$;
CREATE TRIGGER published_decision_is_in_the_account AFTER INSERT ON published_decision
FOR EACH ROW EXECUTE FUNCTION keep_answer();

CREATE FUNCTION keep_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE answer_in_force held SET progress = new.progress, followed_on = new.recorded_on
    WHERE held.proposal_id = new.proposal_id AND NOT EXISTS (SELECT FROM follow_up later
        WHERE later.proposal_id = new.proposal_id AND later.number > new.number);
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_up_is_in_the_account AFTER INSERT ON follow_up
FOR EACH ROW EXECUTE FUNCTION keep_step();

-- What was published before.
INSERT INTO answered_proposal (proposal_id, version, title, text, theme, support)
SELECT DISTINCT d.proposal_id, d.proposal_version, p.title, p.text, p.theme, p.support
FROM published_decision d JOIN proposal p USING (proposal_id);
INSERT INTO answer_in_force (proposal_id, project_id, version, proposal_version, outcome, due_on,
    published_on, progress, followed_on)
SELECT DISTINCT ON (d.proposal_id) d.proposal_id, d.project_id, d.version, d.proposal_version,
    d.outcome, d.due_on, d.published_on, coalesce(f.progress, 'promised'), f.recorded_on
FROM published_decision d LEFT JOIN LATERAL (
    SELECT progress, recorded_on FROM follow_up s WHERE s.proposal_id = d.proposal_id
    ORDER BY number DESC LIMIT 1
) f ON true
ORDER BY d.proposal_id, d.version DESC;

ALTER TABLE published_decision ADD CONSTRAINT published_decision_answers_words
FOREIGN KEY (proposal_id, proposal_version) REFERENCES answered_proposal
DEFERRABLE INITIALLY DEFERRED;
