-- A questionnaire is written in versions and frozen once the collection is ready.
CREATE TABLE questionnaire (
    project_id uuid NOT NULL REFERENCES collection,
    version    int NOT NULL,
    body       jsonb NOT NULL,
    PRIMARY KEY (project_id, version)
);

-- The first form of a question was a text alone.
INSERT INTO questionnaire
SELECT project_id, 1, jsonb_build_object('personal_cases', NULL, 'questions', (
    SELECT jsonb_agg(jsonb_build_object(
        'id', 'q' || place, 'kind', 'free_text', 'required', question -> 'required',
        'help', NULL, 'only_if', NULL,
        'text', jsonb_build_object('fr', question -> 'text', 'en', NULL)) ORDER BY place)
    FROM jsonb_array_elements(questionnaire -> 'questions') WITH ORDINALITY AS q (question, place)))
FROM collection WHERE questionnaire IS NOT NULL;

ALTER TABLE collection ADD COLUMN questionnaire_version int NOT NULL DEFAULT 0;
UPDATE collection SET questionnaire_version = 1 WHERE questionnaire IS NOT NULL;
ALTER TABLE collection
    DROP COLUMN questionnaire, -- and collection_ready_has_questionnaire with it
    ADD CONSTRAINT collection_ready_has_questionnaire
        CHECK (state = 'preparing' OR questionnaire_version > 0);

-- Members answer what they read: what was published in a version never changes.
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

-- What the answer page says of the project, and what decides when words may be opened. Defaults are
-- for projects held before this: closed, until campaigns republishes them.
ALTER TABLE collection
    ADD COLUMN mandate             jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN recruitment_ends_on date NOT NULL DEFAULT '1970-01-01',
    ADD COLUMN collection_ends_on  date NOT NULL DEFAULT '1970-01-01',
    ADD COLUMN credential_key      jsonb,
    ADD COLUMN credentials_issued  int,
    ADD COLUMN anonymity_floor     int NOT NULL DEFAULT 5,
    ADD COLUMN preview_id          uuid NOT NULL DEFAULT gen_random_uuid();
UPDATE collection SET project_version = 0;

-- A document to test, already cleaned. Its bytes live here: one place to back up, and the same
-- transaction as all that refers to it. An S3-compatible store may take them over one day.
CREATE TABLE document (
    id         uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES collection,
    title      text NOT NULL,
    media_type text NOT NULL,
    content    bytea NOT NULL,
    pages      int,
    words      text,
    CONSTRAINT document_kind_known
        CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'text/html'))
);
ALTER TABLE document ALTER COLUMN content SET STORAGE EXTERNAL; -- already compressed
CREATE INDEX document_of_project ON document (project_id);
