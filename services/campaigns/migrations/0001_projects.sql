-- The database of campaigns, subject by subject: projects, members and launches. Each constraint or
-- trigger that carries a promise of the charter has a name and its reason; a test drops it and shows
-- that the promise falls with it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Raises a check violation under the trigger's name, so that a trigger reads like a constraint.
CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;

-- Truncates an instant to its civil day in Paris, stored as midnight UTC. Columns that would order
-- people hold days: with the order in which members accepted, took a credential or left, a dump could
-- be matched with any other ordered list. Triggers truncate whatever is written.
CREATE FUNCTION day_of(instant timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_trunc('day', instant AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'UTC'
$$;

--------------------------------------------------------------------------------------------------
-- projects

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
    -- The decision maker's account at the sign-in service: a name can be anybody's, and can be
    -- written in several ways. Empty in a draft only.
    decision_maker_account text NOT NULL DEFAULT '',
    who                    text NOT NULL,
    how                    text NOT NULL,
    compensation_terms     text,
    compensation_reference text,
    recruitment_ends_on    date,
    collection_ends_on     date,
    places                 int,
    -- A column rather than a count: after a lock wait a column is fresh, a count(*) is not.
    free_places            int,
    anonymity_floor        int NOT NULL,
    asked                  int,
    joined                 int,
    ended_early_reason     text,
    -- The public key of the project's credentials (JWK). In this row, so that a transaction that
    -- waited for its lock reads the current one.
    credential_key         jsonb,
    credentials_issued     int,
    -- After a restore nobody knows who took a credential since the backup, and a second credential
    -- would be a second voice: projects that were issuing credentials issue no new ones.
    issuing_stopped        boolean NOT NULL DEFAULT false,
    -- The version of the report that is owed, or was: report duties exist for it.
    report_version         bigint,
    -- Numbers of report duties by state, as last published.
    report_duties          jsonb,
    -- The last day on which the rows of the project's people were put in random order
    -- (projects/shuffles.sql).
    shuffled_on            date,
    created_at             timestamptz NOT NULL,
    published_at           timestamptz,
    CONSTRAINT project_state_is_known CHECK (state IN ('draft', 'published', 'open', 'recruited',
        'collected', 'reporting', 'closed', 'abandoned')),
    -- Charter: members know the whole mandate before they choose.
    CONSTRAINT project_mandate_is_complete CHECK (
        (state = 'draft' OR (state = 'abandoned' AND published_at IS NULL)) OR (
        published_at IS NOT NULL AND title ~ '\S' AND nature ~ '\S' AND why ~ '\S' AND stakes ~ '\S' AND objectives ~ '\S'
        AND purpose ~ '\S' AND decision_maker_name ~ '\S' AND decision_maker_role ~ '\S'
        AND who ~ '\S' AND how ~ '\S'
        AND recruitment_ends_on IS NOT NULL AND collection_ends_on IS NOT NULL)),
    -- Charter: unpaid, unless a text provides for a compensation.
    CONSTRAINT project_compensation_has_reference CHECK (state IN ('draft', 'abandoned')
        OR compensation_terms IS NULL
        OR (compensation_terms ~ '\S' AND coalesce(compensation_reference, '') ~ '\S')),
    CONSTRAINT project_dates_are_in_order CHECK (state IN ('draft', 'abandoned')
        OR recruitment_ends_on <= collection_ends_on),
    -- A member who was given a place keeps it, however many accept at the same moment.
    CONSTRAINT project_places_are_not_oversold CHECK ((places IS NULL) = (free_places IS NULL)
        AND places >= 1 AND free_places BETWEEN 0 AND places),
    -- Results of fewer people could be attributed to one of them.
    CONSTRAINT project_anonymity_floor CHECK (anonymity_floor >= 5),
    CONSTRAINT project_reports_a_version CHECK (
        (state IN ('reporting', 'closed')) = (report_version IS NOT NULL))
);

CREATE TRIGGER project_transition BEFORE UPDATE OF state ON project FOR EACH ROW
WHEN (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
    'draft>published', 'draft>abandoned', 'published>open', 'published>abandoned',
    'open>recruited', 'recruited>collected', 'collected>reporting', 'reporting>closed',
    'closed>reporting']))
EXECUTE FUNCTION refuse_transition();

-- A mandate is published with the account that will sign its report.
CREATE TRIGGER project_is_published_with_an_account BEFORE UPDATE OF state ON project FOR EACH ROW
WHEN (old.state = 'draft' AND new.state = 'published'
    AND new.decision_maker_account !~ '^[0-9a-f]{32}$')
EXECUTE FUNCTION refuse_transition();

-- One key for all participants: a second one would tell them apart.
CREATE TRIGGER project_credential_key_is_final BEFORE UPDATE OF credential_key ON project
FOR EACH ROW
WHEN (old.credential_key IS NOT NULL AND old.credential_key IS DISTINCT FROM new.credential_key)
EXECUTE FUNCTION refuse_transition();

CREATE TRIGGER project_issuing_stays_stopped BEFORE UPDATE OF issuing_stopped ON project
FOR EACH ROW WHEN (old.issuing_stopped AND NOT new.issuing_stopped)
EXECUTE FUNCTION refuse_transition();

CREATE TRIGGER project_report_only_grows BEFORE UPDATE OF report_version ON project FOR EACH ROW
WHEN (old.report_version > coalesce(new.report_version, 0))
EXECUTE FUNCTION refuse_transition();

-- A project's private key, encrypted with a key that is not in the database.
CREATE TABLE project_key (
    project_id uuid REFERENCES project,
    key_id     text NOT NULL,
    sealed     bytea NOT NULL,
    CONSTRAINT project_key_once PRIMARY KEY (project_id)
);

-- Changes of decision maker: who decided before, who decides now, why, and who recorded the change.
-- Permanent, as members accepted the mandate under that name.
CREATE TABLE mandate_change (
    project_id     uuid NOT NULL REFERENCES project,
    version        bigint NOT NULL,
    name_before    text NOT NULL,
    role_before    text NOT NULL,
    account_before text NOT NULL DEFAULT '',
    name           text NOT NULL,
    role           text NOT NULL,
    account        text NOT NULL DEFAULT '',
    reason         text NOT NULL,
    changed_by     text NOT NULL,
    changed_at     timestamptz NOT NULL,
    CONSTRAINT mandate_change_once PRIMARY KEY (project_id, version),
    CONSTRAINT mandate_change_has_reason CHECK (reason ~ '\S')
);
CREATE TRIGGER mandate_change_is_final BEFORE UPDATE OR DELETE ON mandate_change
FOR EACH ROW EXECUTE FUNCTION refuse_transition();

-- The person who signs is the person whom the mandate names: once published, its decision maker
-- changes with a mandate_change and in no other way. Checked at the end of the transaction, which
-- writes both.
CREATE FUNCTION refuse_silent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mandate_change
        WHERE project_id = new.id AND version = new.version
            AND (name, role) = (new.decision_maker_name, new.decision_maker_role)) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER decision_maker_change_is_told
AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (old.state <> 'draft' AND (old.decision_maker_name, old.decision_maker_role)
    IS DISTINCT FROM (new.decision_maker_name, new.decision_maker_role))
EXECUTE FUNCTION refuse_silent_change();

CREATE FUNCTION refuse_silent_change_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mandate_change
        WHERE project_id = new.id AND version = new.version
            AND account = new.decision_maker_account) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER decision_maker_account_change_is_told
AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (old.state <> 'draft' AND old.decision_maker_account <> new.decision_maker_account)
EXECUTE FUNCTION refuse_silent_change_of_account();

-- The part of responses' collection.state that matters here.
CREATE TABLE collection (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    state      text NOT NULL
);

--------------------------------------------------------------------------------------------------
-- members

-- Members share few combinations of coded attributes: an audience is matched against these instead
-- of against millions of people.
CREATE TABLE profile (
    id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attributes jsonb NOT NULL CONSTRAINT profile_once UNIQUE
);

-- The part of registry's member.state that matters here. A member who left has no profile.
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

-- The identity that a merged member goes by now; members who were not merged are their own.
CREATE FUNCTION survivor_of(merged uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT merged AS member_id, 0 AS place
        UNION ALL
        SELECT m.merged_into, c.place + 1 FROM chain c JOIN member m ON m.member_id = c.member_id
        WHERE m.status = 'merged' AND c.place < 100
    )
    SELECT member_id FROM chain ORDER BY place DESC LIMIT 1
$$;

--------------------------------------------------------------------------------------------------
-- launches

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
    -- The civil day of its last draw: a gap that nobody can fill is drawn for once a day, not at each
    -- tick of the job.
    drawn_on    date,
    created_at  timestamptz NOT NULL,
    CONSTRAINT campaign_state_is_known CHECK (state IN ('draft', 'launched')),
    CONSTRAINT campaign_asks_somebody CHECK (wanted >= 1 AND window_days BETWEEN 1 AND 14),
    -- The hash is published before eligibility is read: nobody chooses a draw by its outcome.
    CONSTRAINT campaign_launch_is_committed CHECK (CASE state
        WHEN 'draft' THEN num_nonnulls(seed, commitment, launched_at) = 0
        ELSE num_nulls(seed, commitment, launched_at) = 0 AND length(seed) = 32
            AND commitment = encode(sha256(seed), 'hex') END)
);
CREATE INDEX ON campaign (project_id);

-- Whatever decides a draw is fixed at the launch.
CREATE TRIGGER campaign_launch_is_final BEFORE UPDATE ON campaign FOR EACH ROW
WHEN (old.state = 'launched' AND (old.state, old.seed, old.project_id, old.audience, old.quotas,
        old.wanted, old.first_day, old.window_days)
    IS DISTINCT FROM (new.state, new.seed, new.project_id, new.audience, new.quotas, new.wanted,
        new.first_day, new.window_days))
EXECUTE FUNCTION refuse_transition();
