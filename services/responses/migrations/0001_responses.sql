-- Collections of responses, from the questionnaire to the synthesis.
--
-- Nothing that participants write says who wrote it: no member, no address, no time finer than a day,
-- and no sequence whose order would be the order of writing.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A refusal by a trigger reads like a violated constraint: a check violation under the trigger's name.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

-- An event of this service never continues a trace, which could lead to the minute of a response.
ALTER TABLE outbox ADD CONSTRAINT outbox_is_untraced CHECK (traceparent IS NULL);


-- Collections ----------------------------------------------------------------------------------------

-- One for each published project. The columns of the project are as campaigns published them.
CREATE TABLE collection (
    project_id            uuid PRIMARY KEY,
    project_version       bigint NOT NULL,
    project_state         text NOT NULL,
    title                 text NOT NULL,
    state                 text NOT NULL DEFAULT 'preparing',
    version               bigint NOT NULL DEFAULT 1,
    questionnaire_version int NOT NULL DEFAULT 0,
    mandate               jsonb NOT NULL,
    recruitment_ends_on   date NOT NULL,
    collection_ends_on    date NOT NULL,
    credential_key        jsonb,
    credentials_issued    int,
    anonymity_floor       int NOT NULL,
    preview_id            uuid NOT NULL DEFAULT gen_random_uuid(),
    -- The day on which the responses were opened: once, see submissions/rules_opening.py.
    opened_on             date,
    readings_wanted       int NOT NULL DEFAULT 1,
    synthesised_by        text,
    synthesised_on        date,
    -- Whether as many credentials were issued as the floor requires: their number is published rounded.
    floor_reached         boolean,
    CONSTRAINT collection_state_known
        CHECK (state IN ('preparing', 'ready', 'ended', 'synthesised')),
    CONSTRAINT collection_ready_has_questionnaire
        CHECK (state = 'preparing' OR questionnaire_version > 0),
    CONSTRAINT collection_wants_readings CHECK (readings_wanted >= 1),
    CONSTRAINT synthesis_has_author CHECK (
        (state = 'synthesised') = (synthesised_by IS NOT NULL AND synthesised_on IS NOT NULL))
);

-- A collection moves forward only.
CREATE TRIGGER collection_transition BEFORE UPDATE OF state ON collection FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state <> ALL (ARRAY[
        'preparing>ready', 'ready>ended', 'ended>synthesised']))
    EXECUTE FUNCTION refuse_change();


-- Questionnaires -------------------------------------------------------------------------------------

-- Written in versions, and frozen once the collection is ready.
CREATE TABLE questionnaire (
    project_id uuid NOT NULL REFERENCES collection,
    version    int NOT NULL,
    body       jsonb NOT NULL,
    PRIMARY KEY (project_id, version)
);

-- Members answer the questions that they read: a version never changes.
CREATE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the questionnaire is frozen'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER questionnaire_version_kept BEFORE UPDATE OR DELETE ON questionnaire
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen();
CREATE TRIGGER questionnaire_frozen_at_ready BEFORE UPDATE ON collection FOR EACH ROW
    WHEN (OLD.state <> 'preparing' AND NEW.questionnaire_version <> OLD.questionnaire_version)
    EXECUTE FUNCTION refuse_frozen();


-- Documents ------------------------------------------------------------------------------------------

-- A document to test, already cleaned. Its bytes are in its row, or in an object store under its id:
-- then content is NULL. The digest is that of the cleaned bytes: no others are ever shown for it.
CREATE TABLE document (
    id         uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES collection,
    title      text NOT NULL,
    media_type text NOT NULL,
    content    bytea,
    pages      int,
    words      text,
    size       int NOT NULL,
    digest     bytea NOT NULL,
    CONSTRAINT document_kind_known
        CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'text/html')),
    CONSTRAINT document_bytes_are_its_own
        CHECK (content IS NULL OR (octet_length(content) = size AND sha256(content) = digest)),
    CONSTRAINT document_has_digest CHECK (octet_length(digest) = 32)
);
ALTER TABLE document ALTER COLUMN content SET STORAGE EXTERNAL; -- already compressed
CREATE INDEX document_of_project ON document (project_id);


-- Submissions ----------------------------------------------------------------------------------------

-- In these three tables only NOT NULL and uniqueness are checked: PostgreSQL writes the whole row into
-- its log when a check fails, and that row would be a participant's response.

-- One response for each credential. Only the hash is stored, never the credential.
CREATE TABLE spent_credential (
    project_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    CONSTRAINT credential_spent_once UNIQUE (project_id, token_hash)
);

-- A credential stays spent: if its row could go, a second response could follow the first.
CREATE TRIGGER spent_credential_kept BEFORE UPDATE OR DELETE ON spent_credential
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER spent_credentials_kept BEFORE TRUNCATE ON spent_credential
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Responses as they arrive: encrypted and padded, so that neither this table nor the write-ahead log
-- shows which response came when. No reference to the collection: whoever inserts has locked its row.
CREATE TABLE sealed (
    project_id uuid NOT NULL,
    key_id     text NOT NULL,
    box        bytea NOT NULL
);
-- A box is ciphertext, which does not compress, and up to a page it stays in its row: out of line it
-- would be stored in pieces, each with an index entry of its own.
ALTER TABLE sealed ALTER COLUMN box SET STORAGE EXTERNAL;
ALTER TABLE sealed SET (toast_tuple_target = 8160);
CREATE INDEX sealed_of_project ON sealed (project_id);

-- Opened responses, shuffled, under random ids, and notes of sessions. The language in which a page was
-- read is not stored: with a member's own language it would identify the only English reader.
CREATE TABLE contribution (
    id                    uuid PRIMARY KEY,
    project_id            uuid NOT NULL,
    questionnaire_version int NOT NULL,
    answers               jsonb NOT NULL,
    words                 text NOT NULL,
    -- The day of opening.
    on_day                date NOT NULL,
    -- 'answer' for a response, 'session' for a note, which has a title.
    origin                text NOT NULL DEFAULT 'answer',
    title                 text,
    -- SHA-256 of the echo by which the author's device recognises its contribution.
    echo                  bytea,
    -- A tsvector has a limit (1 MB): text behind the first 100,000 characters cannot be searched.
    search                tsvector NOT NULL
        GENERATED ALWAYS AS (to_tsvector('french', left(words, 100000))) STORED,
    search_english        tsvector NOT NULL
        GENERATED ALWAYS AS (to_tsvector('english', left(words, 100000))) STORED
);
CREATE INDEX contribution_of_project ON contribution (project_id, id);
CREATE INDEX contribution_search ON contribution USING gin (search);
CREATE INDEX contribution_search_english ON contribution USING gin (search_english);
-- An echo that several responses share identifies none of them.
CREATE UNIQUE INDEX contribution_echo_once ON contribution (project_id, echo);

-- A contribution is never changed nor deleted.
CREATE TRIGGER contribution_kept BEFORE UPDATE OR DELETE ON contribution
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contributions_kept BEFORE TRUNCATE ON contribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();


-- Proposals ------------------------------------------------------------------------------------------

CREATE TABLE proposal (
    id          uuid PRIMARY KEY,
    project_id  uuid NOT NULL REFERENCES collection,
    version     bigint NOT NULL DEFAULT 1,
    state       text NOT NULL DEFAULT 'draft',
    title       text NOT NULL,
    text        text NOT NULL,
    theme       text,
    merged_into uuid REFERENCES proposal,
    drafted_by  text NOT NULL,
    drafted_on  date NOT NULL,
    CONSTRAINT proposal_state_known CHECK (state IN ('draft', 'submitted', 'merged')),
    CONSTRAINT merged_proposal_has_survivor
        CHECK ((state = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id),
    CONSTRAINT proposal_and_project UNIQUE (id, project_id),
    CONSTRAINT proposal_merged_in_its_project
        FOREIGN KEY (merged_into, project_id) REFERENCES proposal (id, project_id)
);
CREATE INDEX proposal_of_project ON proposal (project_id);
CREATE INDEX proposal_survivor ON proposal (merged_into);

CREATE TRIGGER proposal_kept BEFORE DELETE ON proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A proposal is final unless it is a draft. A merge can be undone until the synthesis: the proposal is
-- a draft again, word for word, and what supported it supports it again.
CREATE TRIGGER proposal_is_final BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND NOT (
        OLD.state = 'merged' AND NEW.state = 'draft' AND NEW.version > OLD.version
        AND (NEW.id, NEW.project_id, NEW.title, NEW.text, NEW.drafted_by, NEW.drafted_on)
            = (OLD.id, OLD.project_id, OLD.title, OLD.text, OLD.drafted_by, OLD.drafted_on)
        AND NEW.theme IS NOT DISTINCT FROM OLD.theme))
    EXECUTE FUNCTION refuse_change();

-- Who merged what into what, and who undid it; numbered for each proposal.
CREATE TABLE proposal_merge (
    proposal_id uuid NOT NULL REFERENCES proposal,
    number      int NOT NULL,
    merged      boolean NOT NULL,
    survivor_id uuid NOT NULL REFERENCES proposal,
    decided_by  text NOT NULL,
    decided_on  date NOT NULL,
    PRIMARY KEY (proposal_id, number)
);
CREATE TRIGGER proposal_merge_kept BEFORE UPDATE OR DELETE ON proposal_merge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();


-- Readings -------------------------------------------------------------------------------------------

-- A reader's own order: contributions by the hash of this seed and their id.
CREATE TABLE reading_order (
    project_id uuid NOT NULL REFERENCES collection,
    reader     text NOT NULL,
    seed       bytea NOT NULL,
    drawn_on   date NOT NULL,
    PRIMARY KEY (project_id, reader)
);
CREATE TRIGGER reading_order_kept BEFORE UPDATE OR DELETE ON reading_order
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- One reader's reading of one contribution. reader: the subject of the token. read_on: the day of the
-- first time; seconds add up.
CREATE TABLE reading (
    project_id      uuid NOT NULL,
    contribution_id uuid NOT NULL REFERENCES contribution,
    reader          text NOT NULL,
    reader_name     text NOT NULL,
    read_on         date NOT NULL,
    seconds         float8 NOT NULL,
    mark            text,
    PRIMARY KEY (contribution_id, reader),
    CONSTRAINT reading_mark_known CHECK (mark IN ('no_suggestion', 'personal_case'))
);
CREATE INDEX reading_of_project ON reading (project_id);
CREATE TRIGGER reading_kept BEFORE DELETE ON reading
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The proposals that a reader sees in a contribution.
CREATE TABLE reading_link (
    contribution_id uuid NOT NULL,
    reader          text NOT NULL,
    proposal_id     uuid NOT NULL REFERENCES proposal,
    PRIMARY KEY (contribution_id, reader, proposal_id),
    FOREIGN KEY (contribution_id, reader) REFERENCES reading
);
CREATE INDEX reading_link_of_proposal ON reading_link (proposal_id);

-- No contribution can be discarded: every reading leads to a proposal or to a mark. Checked when the
-- transaction ends, as links are inserted after their reading.
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

-- Hiding with a reason; numbered for each contribution, the last one counts.
CREATE TABLE moderation (
    contribution_id uuid NOT NULL REFERENCES contribution,
    number          int NOT NULL,
    hidden          boolean NOT NULL,
    reason          text NOT NULL,
    decided_by      text NOT NULL,
    decided_on      date NOT NULL,
    PRIMARY KEY (contribution_id, number),
    CONSTRAINT moderation_has_reason CHECK (btrim(reason) <> '')
);
CREATE TRIGGER moderation_kept BEFORE UPDATE OR DELETE ON moderation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The time that a reader reports for a reading is capped by the time that passed. These are instants of
-- readers, who are staff, and of nobody else: for each reader, that of their latest recorded reading
-- (or of the first contribution shown to them), and those of the contributions shown to them since,
-- which their next recording removes.
CREATE TABLE reader_time (
    reader text PRIMARY KEY,
    since  timestamptz NOT NULL
);
CREATE TABLE shown_time (
    reader          text NOT NULL REFERENCES reader_time,
    contribution_id uuid NOT NULL REFERENCES contribution,
    since           timestamptz NOT NULL,
    PRIMARY KEY (reader, contribution_id)
);


-- Synthesis ------------------------------------------------------------------------------------------

-- A collection is synthesised once everything was read and every draft is listed.
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
CREATE TRIGGER merges_end_with_synthesis BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state = 'merged')
    EXECUTE FUNCTION refuse_after_synthesis();


-- Results --------------------------------------------------------------------------------------------

-- The options that an answer counts for, one row each. A plain SQL function, so that the planner can
-- inline it.
CREATE FUNCTION options_of(answers jsonb, question text, kind text) RETURNS TABLE (option text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_array_elements_text(answers -> question -> 'chosen')
    WHERE kind IN ('single_choice', 'multiple_choice')
    UNION ALL
    SELECT '_other' WHERE kind IN ('single_choice', 'multiple_choice')
        AND answers -> question ->> 'other' <> ''
    UNION ALL
    SELECT answers ->> question WHERE kind = 'scale' AND answers ? question
    UNION ALL
    SELECT answers -> question ->> 0 WHERE kind = 'ranking' AND answers ? question
    UNION ALL
    SELECT DISTINCT p ->> 'mark'
    FROM jsonb_array_elements(CASE kind WHEN 'document_test'
        THEN answers -> question -> 'passages' END) AS p
    UNION ALL
    SELECT CASE WHEN answers ? question THEN '_answered' ELSE '_none' END
$$;
