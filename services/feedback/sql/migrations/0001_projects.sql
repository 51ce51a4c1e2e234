-- What feedback knows of projects and collections, from their topics.
CREATE TABLE project (
    project_id         uuid PRIMARY KEY,
    version            bigint NOT NULL,
    state              text NOT NULL,
    title              text NOT NULL,
    decision_maker     text NOT NULL,
    collection_ends_on date NOT NULL
);

CREATE TABLE collection (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    state      text NOT NULL
);
