-- What members write. Nothing here says who: no member, no address, no time finer than a day, no
-- sequence whose order would be the order of writing.
--
-- Only NOT NULL guards these tables, beside uniqueness: PostgreSQL writes the whole row into its log
-- when a check fails, and that row would be somebody's words.

-- One response for each credential. The hash alone; the credential itself is kept nowhere.
CREATE TABLE spent_credential (
    project_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    CONSTRAINT credential_spent_once UNIQUE (project_id, token_hash)
);

-- Answers as they arrive: encrypted and padded, so that neither this table nor the write-ahead log
-- tells which words came when. No reference to the collection: whoever inserts holds its row.
CREATE TABLE sealed (
    project_id uuid NOT NULL,
    key_id     text NOT NULL,
    box        bytea NOT NULL
);
ALTER TABLE sealed ALTER COLUMN box SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE INDEX sealed_of_project ON sealed (project_id);

-- Answers once opened, shuffled, under random ids. on_day is the day of opening.
CREATE TABLE contribution (
    id                    uuid PRIMARY KEY,
    project_id            uuid NOT NULL,
    questionnaire_version int NOT NULL,
    language              text NOT NULL,
    answers               jsonb NOT NULL,
    words                 text NOT NULL,
    on_day                date NOT NULL,
    -- A tsvector has an end (1 MB); what is behind the first 100,000 characters is read, not found.
    search                tsvector NOT NULL GENERATED ALWAYS AS (
        CASE language WHEN 'en' THEN to_tsvector('english', left(words, 100000))
                      ELSE to_tsvector('french', left(words, 100000)) END) STORED
);
CREATE INDEX contribution_of_project ON contribution (project_id, id);
CREATE INDEX contribution_search ON contribution USING gin (search);

-- The last day on which answers of a project were opened: never twice in a day, see domain.opening.
ALTER TABLE collection ADD COLUMN opened_on date;
