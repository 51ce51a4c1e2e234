-- A collection exists for each published project; it is ready once a questionnaire does.
CREATE TABLE collection (
    project_id      uuid PRIMARY KEY,
    project_version bigint NOT NULL,
    project_state   text NOT NULL,
    title           text NOT NULL,
    state           text NOT NULL DEFAULT 'preparing',
    version         bigint NOT NULL DEFAULT 1,
    questionnaire   jsonb,
    CONSTRAINT collection_state_known
        CHECK (state IN ('preparing', 'ready', 'ended', 'synthesised')),
    CONSTRAINT collection_ready_has_questionnaire
        CHECK (state = 'preparing' OR questionnaire IS NOT NULL)
);
