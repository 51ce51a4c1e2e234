-- Projects, campaigns, the contact ledger and the invitations: the promises of DESIGN.md §2 that
-- this service holds are the named constraints and triggers below, each with a test beside it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Raised as a check violation under the trigger's name, so that it reads like a constraint.
CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;

CREATE TABLE project (
    id                     uuid PRIMARY KEY,
    version                bigint NOT NULL,
    state                  text NOT NULL,
    title                  text NOT NULL,
    nature                 text NOT NULL,
    why                    text NOT NULL,
    stakes                 text NOT NULL,
    objectives             text NOT NULL,
    purpose                text NOT NULL,
    decision_maker_name    text NOT NULL,
    decision_maker_role    text NOT NULL,
    who                    text NOT NULL,
    how                    text NOT NULL,
    compensation_terms     text,
    compensation_reference text,
    recruitment_ends_on    date,
    collection_ends_on     date,
    places                 int,
    -- A column, as after a lock wait a column is fresh and a count(*) is not.
    free_places            int,
    anonymity_floor        int NOT NULL,
    asked                  int,
    joined                 int,
    ended_early_reason     text,
    created_at             timestamptz NOT NULL,
    published_at           timestamptz,
    CONSTRAINT project_state_is_known CHECK (state IN ('draft', 'published', 'open', 'recruited',
        'collected', 'reporting', 'closed', 'abandoned')),
    CONSTRAINT project_mandate_is_complete CHECK (
        (state = 'draft' OR (state = 'abandoned' AND published_at IS NULL)) OR (
        published_at IS NOT NULL AND title ~ '\S' AND nature ~ '\S' AND why ~ '\S' AND stakes ~ '\S' AND objectives ~ '\S'
        AND purpose ~ '\S' AND decision_maker_name ~ '\S' AND decision_maker_role ~ '\S'
        AND who ~ '\S' AND how ~ '\S'
        AND recruitment_ends_on IS NOT NULL AND collection_ends_on IS NOT NULL)),
    CONSTRAINT project_compensation_has_reference CHECK (state IN ('draft', 'abandoned')
        OR compensation_terms IS NULL
        OR (compensation_terms ~ '\S' AND coalesce(compensation_reference, '') ~ '\S')),
    CONSTRAINT project_dates_are_in_order CHECK (state IN ('draft', 'abandoned')
        OR recruitment_ends_on <= collection_ends_on),
    CONSTRAINT project_places_are_not_oversold CHECK ((places IS NULL) = (free_places IS NULL)
        AND places >= 1 AND free_places BETWEEN 0 AND places),
    CONSTRAINT project_anonymity_floor CHECK (anonymity_floor >= 5)
);

CREATE TRIGGER project_transition BEFORE UPDATE OF state ON project FOR EACH ROW
WHEN (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
    'draft>published', 'draft>abandoned', 'published>open', 'published>abandoned',
    'open>recruited', 'recruited>collected', 'collected>reporting', 'reporting>closed',
    'closed>reporting']))
EXECUTE FUNCTION refuse_transition();

CREATE TABLE campaign (
    id          uuid PRIMARY KEY,
    project_id  uuid NOT NULL REFERENCES project,
    title       text NOT NULL,
    audience    jsonb NOT NULL,
    quotas      jsonb,
    wanted      int NOT NULL,
    first_day   date,
    window_days int NOT NULL,
    state       text NOT NULL,
    seed        bytea,
    commitment  text,
    launched_at timestamptz,
    -- The civil day of its last draw: a gap nobody can fill is looked at once a day, not each tick.
    drawn_on    date,
    created_at  timestamptz NOT NULL,
    CONSTRAINT campaign_state_is_known CHECK (state IN ('draft', 'launched')),
    CONSTRAINT campaign_asks_somebody CHECK (wanted >= 1 AND window_days BETWEEN 1 AND 14),
    CONSTRAINT campaign_launch_is_committed CHECK (CASE state
        WHEN 'draft' THEN num_nonnulls(seed, commitment, launched_at) = 0
        ELSE num_nulls(seed, commitment, launched_at) = 0 AND length(seed) = 32
            AND commitment = encode(sha256(seed), 'hex') END)
);
CREATE INDEX ON campaign (project_id);

-- What was committed at launch can no longer be chosen.
CREATE TRIGGER campaign_launch_is_final BEFORE UPDATE ON campaign FOR EACH ROW
WHEN (old.state = 'launched' AND (old.state, old.seed, old.project_id, old.audience, old.quotas,
        old.wanted, old.first_day, old.window_days)
    IS DISTINCT FROM (new.state, new.seed, new.project_id, new.audience, new.quotas, new.wanted,
        new.first_day, new.window_days))
EXECUTE FUNCTION refuse_transition();

-- Members share few combinations of coded attributes: an audience is matched against these, not
-- against millions of people.
CREATE TABLE profile (
    id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attributes jsonb NOT NULL CONSTRAINT profile_once UNIQUE
);

-- Registry's member.state, as far as it is needed here. Who is gone has no profile left.
CREATE TABLE member (
    member_id   uuid PRIMARY KEY,
    version     bigint NOT NULL,
    status      text NOT NULL,
    merged_into uuid,
    zone        text,
    profile_id  int REFERENCES profile,
    not_before  date,
    ends_on     date,
    gone_on     date
);
CREATE INDEX ON member (gone_on) WHERE gone_on IS NOT NULL;
CREATE INDEX ON member (not_before) WHERE status = 'active';

CREATE TABLE collection (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    state      text NOT NULL
);

-- Orders, ledger and invitations are written by the hundred thousand, in one place, with keys that
-- place has just read: foreign keys there would add a third to the cost and hold no promise.
CREATE TABLE send_order (
    order_id        uuid PRIMARY KEY,
    version         bigint NOT NULL,
    state           text NOT NULL,
    class           text NOT NULL,
    kind            text NOT NULL,
    member_id       uuid NOT NULL,
    subject_id      uuid NOT NULL,
    project_id      uuid NOT NULL,
    project_version bigint NOT NULL,
    campaign_id     uuid,
    stratum         text,
    first_day       date NOT NULL,
    last_day        date NOT NULL,
    details         jsonb NOT NULL,
    ordered_at      timestamptz NOT NULL,
    answer          text,
    answer_reason   text,
    answer_day      date,
    answer_version  bigint,
    CONSTRAINT send_order_state_is_known CHECK (state IN ('ordered', 'cancelled')),
    -- The closed list of messages: anything else cannot be ordered.
    CONSTRAINT send_order_kind_is_known CHECK (kind IN ('invitation', 'reminder', 'confirmation',
        'practicalities', 'requested_reminder', 'expiry', 'report')),
    CONSTRAINT send_order_kind_decides_class CHECK (class = CASE
        WHEN kind IN ('invitation', 'reminder') THEN 'solicitation' ELSE 'notice' END),
    CONSTRAINT send_order_solicits_for_a_campaign CHECK (
        (class = 'solicitation') = (campaign_id IS NOT NULL)),
    CONSTRAINT send_order_answer_is_known CHECK (
        answer IN ('sent', 'unknown', 'refused', 'bounced')),
    CONSTRAINT send_order_window CHECK (first_day <= last_day)
);
CREATE INDEX ON send_order (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX ON send_order (member_id);
CREATE INDEX ON send_order (last_day) WHERE answer IS NULL;

-- The contact ledger. It names no project: it says only when a person may be solicited.
CREATE TABLE ledger (
    order_id  uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    first_day date NOT NULL,
    last_day  date NOT NULL,
    state     text NOT NULL,
    CONSTRAINT ledger_state_is_known CHECK (state IN ('reserved', 'consumed', 'released')),
    CONSTRAINT ledger_days CHECK (first_day <= last_day),
    CONSTRAINT ledger_one_solicitation_in_31_days EXCLUDE USING gist (
        member_id WITH =, daterange(first_day, last_day + 31) WITH &&)
        WHERE (state IN ('reserved', 'consumed'))
);
CREATE INDEX ON ledger (last_day) WHERE state IN ('reserved', 'consumed');

-- Consumed and released are final; a reservation is never re-dated, only narrowed when consumed.
CREATE TRIGGER ledger_transition BEFORE UPDATE ON ledger FOR EACH ROW
WHEN (old.state <> 'reserved' OR new.order_id <> old.order_id OR new.member_id <> old.member_id
    OR new.first_day < old.first_day OR new.last_day > old.last_day
    OR (new.state <> 'consumed'
        AND (new.first_day <> old.first_day OR new.last_day <> old.last_day)))
EXECUTE FUNCTION refuse_transition();

CREATE TABLE invitation (
    id          uuid PRIMARY KEY,
    project_id  uuid NOT NULL,
    member_id   uuid NOT NULL,
    campaign_id uuid NOT NULL,
    order_id    uuid NOT NULL,
    state       text NOT NULL,
    answered_at timestamptz,
    -- All that a draw may know of an invitation, beside that it exists.
    may_be_ordered_again boolean NOT NULL GENERATED ALWAYS AS (state = 'not_sent') STORED,
    CONSTRAINT invitation_once_per_project UNIQUE (project_id, member_id),
    CONSTRAINT invitation_state_is_known CHECK (state IN ('ordered', 'sent', 'not_sent',
        'accepted', 'declined', 'expired', 'cancelled')),
    CONSTRAINT invitation_answer_is_dated CHECK (
        (state IN ('accepted', 'declined')) = (answered_at IS NOT NULL))
);
CREATE INDEX ON invitation (member_id);
CREATE INDEX ON invitation (project_id, answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX ON invitation (answered_at) WHERE answered_at IS NOT NULL;

CREATE TRIGGER invitation_transition BEFORE UPDATE OF state ON invitation FOR EACH ROW
WHEN (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
    'ordered>sent', 'ordered>not_sent', 'not_sent>ordered',
    'ordered>accepted', 'ordered>declined', 'ordered>expired', 'ordered>cancelled',
    'sent>accepted', 'sent>declined', 'sent>expired', 'sent>cancelled']))
EXECUTE FUNCTION refuse_transition();

CREATE TABLE participation (
    invitation_id uuid PRIMARY KEY REFERENCES invitation,
    project_id    uuid NOT NULL REFERENCES project,
    member_id     uuid NOT NULL,
    state         text NOT NULL,
    since         timestamptz NOT NULL,
    left_at       timestamptz,
    CONSTRAINT participation_once UNIQUE (project_id, member_id),
    CONSTRAINT participation_state_is_known CHECK (state IN ('joined', 'waitlisted', 'left')),
    CONSTRAINT participation_end_is_dated CHECK ((state = 'left') = (left_at IS NOT NULL))
);
CREATE INDEX ON participation (member_id) WHERE state <> 'left';
CREATE INDEX ON participation (project_id, since, invitation_id) WHERE state = 'waitlisted';

CREATE TRIGGER participation_transition BEFORE UPDATE OF state ON participation FOR EACH ROW
WHEN (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
    'waitlisted>joined', 'joined>left', 'waitlisted>left']))
EXECUTE FUNCTION refuse_transition();

-- Something that must never happen did: kept for a person, never acted upon.
CREATE TABLE incident (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL,
    order_id uuid NOT NULL,
    version  bigint NOT NULL,
    held     text,
    told     text NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT incident_kind_is_known CHECK (
        kind IN ('contradictory_answer', 'unknown_order', 'outside_window')),
    CONSTRAINT incident_once UNIQUE (kind, order_id, version)
);

-- A draw and all that it takes to draw again: seeds, demand, and the best-ranked candidates.
CREATE TABLE draw (
    id       uuid PRIMARY KEY,
    seed     bytea NOT NULL,
    drawn_at timestamptz NOT NULL
);
CREATE TABLE draw_campaign (
    draw_id      uuid NOT NULL REFERENCES draw,
    campaign_id  uuid NOT NULL REFERENCES campaign,
    seed         bytea NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    asked        int NOT NULL,
    not_asked    jsonb NOT NULL,
    PRIMARY KEY (draw_id, campaign_id)
);
CREATE TABLE draw_stratum (
    draw_id     uuid NOT NULL,
    campaign_id uuid NOT NULL,
    stratum     text NOT NULL,
    wanted      int NOT NULL,
    -- SHA-256 over the ids (16 bytes each) of everybody who could be asked, in their order.
    input_digest bytea NOT NULL,
    -- By rank. The rounds never looked further, so drawing from these alone gives the same result.
    candidates  uuid[] NOT NULL,
    chosen      uuid[] NOT NULL,
    PRIMARY KEY (draw_id, campaign_id, stratum),
    FOREIGN KEY (draw_id, campaign_id) REFERENCES draw_campaign
);
-- Random ids do not compress: trying costs more than the draw.
ALTER TABLE draw_stratum ALTER candidates SET STORAGE EXTERNAL, ALTER chosen SET STORAGE EXTERNAL;
