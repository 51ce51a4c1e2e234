-- What every service needs to speak and to listen (DESIGN.md §6).

-- A row with a topic is an event; a row without one is only a hint for the screens.
CREATE TABLE outbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic     text,
    key       text NOT NULL,
    version   bigint,
    event_id  uuid NOT NULL DEFAULT gen_random_uuid(),
    kind      text NOT NULL,
    at        timestamptz NOT NULL,
    body      text,
    CONSTRAINT outbox_event_has_body CHECK ((topic IS NULL) = (body IS NULL))
);

CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL,
    partition   int NOT NULL,
    "offset"    bigint NOT NULL,
    headers     jsonb NOT NULL,
    key         bytea,
    value       bytea,
    error       text NOT NULL,
    stored_at   timestamptz NOT NULL,
    replayed_at timestamptz,
    CONSTRAINT dead_letter_once UNIQUE (topic, partition, "offset")
);
