-- Equal attention: every contribution is read by named readers, each in an order of their own, and
-- leads to a proposal or to a mark. Nothing that was written, read or decided here is ever deleted.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE collection
    ADD COLUMN readings_wanted int NOT NULL DEFAULT 1,
    ADD COLUMN synthesised_by  text,
    ADD COLUMN synthesised_on  date,
    ADD CONSTRAINT collection_wants_readings CHECK (readings_wanted >= 1),
    ADD CONSTRAINT synthesis_has_author CHECK (
        (state = 'synthesised') = (synthesised_by IS NOT NULL AND synthesised_on IS NOT NULL));

-- origin: an answer, or a session's note with its title. echo: what the author's device knows it by.
ALTER TABLE contribution
    ADD COLUMN origin text NOT NULL DEFAULT 'answer',
    ADD COLUMN title  text,
    ADD COLUMN echo   bytea;

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
        CHECK ((state = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id)
);
CREATE INDEX proposal_of_project ON proposal (project_id);
CREATE INDEX proposal_survivor ON proposal (merged_into);

-- A reader's own order: contributions by the hash of this seed and their id.
CREATE TABLE reading_order (
    project_id uuid NOT NULL REFERENCES collection,
    reader     text NOT NULL,
    seed       bytea NOT NULL,
    drawn_on   date NOT NULL,
    PRIMARY KEY (project_id, reader)
);

-- One reader's reading of one contribution. reader: the subject of the token. read_on is the day of
-- the first look; seconds add up.
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
CREATE TABLE reading_link (
    contribution_id uuid NOT NULL,
    reader          text NOT NULL,
    proposal_id     uuid NOT NULL REFERENCES proposal,
    PRIMARY KEY (contribution_id, reader, proposal_id),
    FOREIGN KEY (contribution_id, reader) REFERENCES reading
);
CREATE INDEX reading_link_of_proposal ON reading_link (proposal_id);

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
