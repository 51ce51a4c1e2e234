-- The database of campaigns, continued: send orders, the ledger, invitations, participations,
-- credentials, draws and report duties.

--------------------------------------------------------------------------------------------------
-- orders

-- Send orders. Orders, ledger and invitations are written by the hundred thousand, in one place, with
-- keys that this place has just read: foreign keys would add a third to the cost and hold no promise.
-- The columns answer… hold registry's delivery outcome.
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
    report_version  bigint,
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
    -- Charter: the closed list of messages. No other message can be ordered.
    CONSTRAINT send_order_kind_is_known CHECK (kind IN ('invitation', 'reminder', 'confirmation',
        'practicalities', 'requested_reminder', 'expiry', 'report')),
    -- A message that asks something of a member cannot pass for a notice.
    CONSTRAINT send_order_kind_decides_class CHECK (class = CASE
        WHEN kind IN ('invitation', 'reminder') THEN 'solicitation' ELSE 'notice' END),
    CONSTRAINT send_order_solicits_for_a_campaign CHECK (
        (class = 'solicitation') = (campaign_id IS NOT NULL)),
    CONSTRAINT send_order_answer_is_known CHECK (
        answer IN ('sent', 'unknown', 'refused', 'bounced')),
    CONSTRAINT send_order_window CHECK (first_day <= last_day),
    CONSTRAINT send_order_reports_a_version CHECK (
        (kind = 'report') = (report_version IS NOT NULL))
);
CREATE INDEX ON send_order (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX ON send_order (member_id);
CREATE INDEX ON send_order (last_day) WHERE answer IS NULL;
CREATE INDEX ON send_order (project_id, report_version) WHERE kind = 'report' AND answer = 'refused';

-- A notice follows an act of the member: its instant is the member's. Solicitations leave by the wave.
CREATE FUNCTION keep_day_of_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ordered_at := day_of(NEW.ordered_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER notice_is_ordered_on_a_day BEFORE INSERT ON send_order FOR EACH ROW
WHEN (new.class = 'notice' AND new.ordered_at <> day_of(new.ordered_at))
EXECUTE FUNCTION keep_day_of_notice();

-- The body of order.state, as services.contracts.events.campaigns.OrderState defines it: the one place
-- that builds it. format(), as no value needs escaping and json_build_object() takes three times as
-- long. A plain SQL function, so that the planner inlines it.
CREATE FUNCTION order_state_body(o send_order) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format(
        '{"version":%s,"order_id":"%s","state":"%s","class":"%s","kind":"%s","member_id":"%s",'
        '"subject_id":"%s","project_id":"%s","project_version":%s,%s'
        '"first_day":"%s","last_day":"%s","details":%s}',
        o.version, o.order_id, o.state, o.class, o.kind, o.member_id,
        o.subject_id, o.project_id, o.project_version,
        '"report_version":' || o.report_version || ',',
        to_char(o.first_day, 'YYYY-MM-DD'), to_char(o.last_day, 'YYYY-MM-DD'), o.details)
$$;

--------------------------------------------------------------------------------------------------
-- ledger

-- The contact ledger: when each member may be solicited. It names no project.
CREATE TABLE ledger (
    order_id  uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    first_day date NOT NULL,
    last_day  date NOT NULL,
    state     text NOT NULL,
    CONSTRAINT ledger_state_is_known CHECK (state IN ('reserved', 'consumed', 'released')),
    CONSTRAINT ledger_days CHECK (first_day <= last_day),
    -- Charter: at most one solicitation a month, whichever projects ask at the same moment.
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

-- Events that must never happen and did: recorded for a person to look into, never acted upon.
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
    -- An outcome that is delivered again records its incident once.
    CONSTRAINT incident_once UNIQUE (kind, order_id, version)
);

--------------------------------------------------------------------------------------------------
-- invitations

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
    -- A member who declined, or did not reply, is not asked again for the same project.
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

CREATE FUNCTION keep_day_of_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.answered_at := day_of(NEW.answered_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER invitation_answer_is_a_day BEFORE INSERT OR UPDATE OF answered_at ON invitation
FOR EACH ROW WHEN (new.answered_at <> day_of(new.answered_at)) EXECUTE FUNCTION keep_day_of_answer();

--------------------------------------------------------------------------------------------------
-- participations

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

CREATE FUNCTION keep_days_of_participation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.since := day_of(NEW.since);
    NEW.left_at := day_of(NEW.left_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER participation_has_days BEFORE INSERT OR UPDATE OF since, left_at ON participation
FOR EACH ROW WHEN (new.since <> day_of(new.since) OR new.left_at <> day_of(new.left_at))
EXECUTE FUNCTION keep_days_of_participation();

--------------------------------------------------------------------------------------------------
-- credentials

-- One anonymous credential per participation, signed with the project's own key. Nothing in this table
-- is dated: the moment at which a credential was taken would help to match it with a response.
CREATE TABLE credential (
    invitation_id uuid REFERENCES participation,
    -- SHA-256 of the blinded request, which reveals nothing about the credential made from it.
    request_hash  bytea NOT NULL,
    CONSTRAINT credential_once PRIMARY KEY (invitation_id),
    CONSTRAINT credential_request_is_hashed CHECK (length(request_hash) = 32)
);

-- Another request in its place would be a second credential.
CREATE TRIGGER credential_is_final BEFORE UPDATE ON credential FOR EACH ROW
WHEN (old IS DISTINCT FROM new) EXECUTE FUNCTION refuse_transition();

CREATE FUNCTION refuse_credential_after_restore() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM participation a JOIN project p ON p.id = a.project_id
        WHERE a.invitation_id = new.invitation_id AND p.issuing_stopped)
        AND NOT EXISTS (SELECT FROM credential c WHERE c.invitation_id = new.invitation_id) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER credential_known_to_be_the_only_one BEFORE INSERT ON credential
FOR EACH ROW EXECUTE FUNCTION refuse_credential_after_restore();

--------------------------------------------------------------------------------------------------
-- draws

-- A draw and everything needed to repeat it: seeds, demand, and the best-ranked candidates.
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
    -- SHA-256 over the ids (16 bytes each) of everybody who could be asked, in the order of the ids.
    input_digest bytea NOT NULL,
    -- By rank. The rounds went no further, so a draw among these alone gives the same result.
    candidates  uuid[] NOT NULL,
    chosen      uuid[] NOT NULL,
    PRIMARY KEY (draw_id, campaign_id, stratum),
    FOREIGN KEY (draw_id, campaign_id) REFERENCES draw_campaign
);
-- Random ids do not compress: the attempt costs more than the draw.
ALTER TABLE draw_stratum ALTER candidates SET STORAGE EXTERNAL, ALTER chosen SET STORAGE EXTERNAL;

-- The role of a draw. Declining must never lower later odds, so a draw runs as a role that cannot read
-- any reply: of an invitation it sees the member and whether the message never left.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'panel_draw') THEN
        BEGIN
            CREATE ROLE panel_draw NOLOGIN;
        EXCEPTION
            -- Another database of this server created it at the same moment.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'this user may not create the role panel_draw: ask an administrator'
                    ' to run CREATE ROLE panel_draw NOLOGIN; GRANT panel_draw TO %', current_user;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'panel_draw', 'SET') THEN
        EXECUTE format('GRANT panel_draw TO %I WITH INHERIT TRUE, SET TRUE', current_user);
    END IF;
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO panel_draw', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO panel_draw;
GRANT SELECT ON profile, member, ledger TO panel_draw;
GRANT SELECT (order_id, campaign_id, stratum) ON send_order TO panel_draw;
GRANT SELECT (project_id, member_id, may_be_ordered_again) ON invitation TO panel_draw;

-- The one definition of who fits and who can be asked, for previews and for draws. `reason` is null
-- for members who can be asked; `free_on` is the day on which members who were asked recently can be
-- asked again. A plain SQL function, so that the planner inlines it.
CREATE FUNCTION fitting_members(
    project uuid, audience jsonb, stratum_attribute text, window_first date, window_last date
) RETURNS TABLE (member_id uuid, stratum text, reason text, free_on date)
LANGUAGE sql STABLE AS $$
    SELECT m.member_id, f.stratum,
        CASE WHEN m.status <> 'active' THEN 'paused'
             WHEN i.member_id IS NOT NULL THEN 'already_invited'
             WHEN m.not_before > window_first OR b.member_id IS NOT NULL THEN 'asked_recently'
             WHEN m.ends_on <= window_last THEN 'membership_ending' END,
        greatest(m.not_before, b.free_on)
    FROM (
        SELECT p.id, coalesce(p.attributes ->> stratum_attribute, '') AS stratum FROM profile p
        WHERE NOT EXISTS (SELECT FROM jsonb_each(audience) a
            WHERE NOT coalesce(a.value ? (p.attributes ->> a.key), false))
    ) f
    JOIN member m ON m.profile_id = f.id
    LEFT JOIN (
        SELECT l.member_id, max(l.last_day) + 31 AS free_on FROM ledger l
        WHERE l.state IN ('reserved', 'consumed')
            AND l.last_day > window_first - 31 AND l.first_day < window_last + 31
        GROUP BY l.member_id
    ) b ON b.member_id = m.member_id
    LEFT JOIN invitation i ON i.project_id = project AND i.member_id = m.member_id
        AND NOT i.may_be_ordered_again
$$;

-- The first 52 bits of a hash as a number strictly between 0 and 1.
CREATE FUNCTION unit_interval(hash bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (('x' || substr(encode(hash, 'hex'), 1, 13))::bit(52)::bigint + 0.5::double precision)
        / 4503599627370496::double precision
$$;

--------------------------------------------------------------------------------------------------
-- reports

-- The part of feedback's report.state that matters here. It may arrive before anything else is known.
CREATE TABLE report (
    project_id         uuid PRIMARY KEY,
    version            bigint NOT NULL,
    collection_version bigint NOT NULL,
    published_on       date NOT NULL
);

-- Charter: every participant receives the report. One duty for each of them and for each version.
CREATE TABLE report_duty (
    project_id     uuid NOT NULL,
    report_version bigint NOT NULL,
    invitation_id  uuid NOT NULL,
    state          text NOT NULL,
    -- The latest order to send it: a retry is a new order.
    order_id       uuid,
    reason         text,
    CONSTRAINT report_duty_once PRIMARY KEY (project_id, report_version, invitation_id),
    CONSTRAINT report_duty_state_is_known CHECK (
        state IN ('owed', 'sent', 'undeliverable', 'exempt')),
    CONSTRAINT report_duty_is_ordered CHECK (state = 'exempt' OR order_id IS NOT NULL),
    -- A report that was not sent is recorded with its reason.
    CONSTRAINT report_duty_end_has_reason CHECK (coalesce(CASE state
        WHEN 'undeliverable' THEN
            reason IN ('no_address', 'rejected', 'not_active', 'unknown', 'bounced')
        WHEN 'exempt' THEN reason IN ('left', 'erased')
        ELSE reason IS NULL END, false))
);
CREATE INDEX ON report_duty (project_id, report_version) WHERE state = 'owed';
CREATE INDEX ON report_duty (invitation_id) WHERE state = 'owed';

CREATE TRIGGER report_duty_transition BEFORE UPDATE ON report_duty FOR EACH ROW
WHEN ((old.project_id, old.report_version, old.invitation_id)
        IS DISTINCT FROM (new.project_id, new.report_version, new.invitation_id)
    OR (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
        'owed>sent', 'owed>undeliverable', 'owed>exempt', 'sent>undeliverable'])))
EXECUTE FUNCTION refuse_transition();

CREATE TRIGGER report_duty_is_kept BEFORE DELETE ON report_duty
FOR EACH ROW EXECUTE FUNCTION refuse_transition();

-- A closed project owes nothing: a transaction that makes it owe anew opens it first, and waits for
-- one that is closing it at this moment, so that neither overlooks the other. By statement, as one
-- statement writes a hundred thousand duties.
CREATE FUNCTION refuse_duty_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM project WHERE id IN (SELECT project_id FROM written WHERE state = 'owed')
    ORDER BY id FOR SHARE;
    IF EXISTS (SELECT FROM written w JOIN project p ON p.id = w.project_id
        WHERE w.state = 'owed' AND p.state = 'closed'
            AND w.report_version >= p.report_version) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER closed_project_owes_nothing AFTER INSERT ON report_duty
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_duty_of_closed();
CREATE TRIGGER closed_project_owes_nothing_again AFTER UPDATE ON report_duty
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_duty_of_closed();

-- The people to whom a project owes its report: everybody who takes part, and those who stopped but
-- had taken a credential, hence may have contributed.
CREATE FUNCTION owed_a_report(project uuid) RETURNS TABLE (invitation_id uuid, member_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT a.invitation_id, a.member_id FROM participation a
    WHERE a.project_id = project AND (a.state = 'joined' OR (a.state = 'left'
        AND EXISTS (SELECT FROM credential c WHERE c.invitation_id = a.invitation_id)))
$$;

-- A project closes on the latest report known here, once no participant is owed it any more. Checked
-- at the end of the transaction, against what is committed by then.
CREATE FUNCTION refuse_early_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM project p LEFT JOIN report r ON r.project_id = p.id
        WHERE p.id = new.id AND p.state = 'closed' AND (
            r.version IS DISTINCT FROM p.report_version
            OR EXISTS (SELECT FROM report_duty d WHERE d.project_id = p.id
                AND d.report_version = p.report_version AND d.state = 'owed')
            OR EXISTS (SELECT invitation_id FROM owed_a_report(p.id)
                EXCEPT SELECT d.invitation_id FROM report_duty d
                WHERE d.project_id = p.id AND d.report_version = p.report_version))) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER project_closes_when_nothing_is_owed
AFTER INSERT OR UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (new.state = 'closed') EXECUTE FUNCTION refuse_early_closing();

-- The state of a report duty after registry's delivery outcome, or null while it stays owed: then the
-- report is ordered anew, or the member's own state has yet to explain the refusal. Where no such
-- state ever arrives (`waited`), the member could not be reached.
CREATE FUNCTION duty_after(answer text, reason text, member_status text, waited boolean)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN answer = 'sent' THEN 'sent'
        WHEN answer IN ('unknown', 'bounced') THEN 'undeliverable'
        WHEN member_status IN ('left', 'erased') THEN 'exempt'
        WHEN reason IN ('no_address', 'rejected') THEN 'undeliverable'
        WHEN reason IN ('not_active', 'cancelled')
            AND (member_status IN ('expired', 'paused', 'suspended') OR waited) THEN 'undeliverable'
    END
$$;

-- The reason that is recorded with a duty in that state.
CREATE FUNCTION duty_reason(duty text, answer text, reason text, member_status text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE duty
        WHEN 'exempt' THEN member_status
        WHEN 'undeliverable' THEN CASE
            WHEN answer IN ('unknown', 'bounced') THEN answer
            WHEN reason = 'cancelled' THEN 'not_active'
            ELSE reason END
    END
$$;
