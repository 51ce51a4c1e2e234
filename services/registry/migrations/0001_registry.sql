-- registry: people and how to reach them, and the messages that are sent to them.

-- -------------------------------------------------------------------------------------------------
-- Members
-- -------------------------------------------------------------------------------------------------

CREATE TABLE member (
    member_id     uuid PRIMARY KEY,
    -- Two identities of one person share it, and with it the contact lock.
    person_id     uuid,
    status        text NOT NULL DEFAULT 'active',
    merged_into   uuid REFERENCES member,
    language      text,
    zone          text,
    attributes    jsonb NOT NULL DEFAULT '{}',
    accepted_on   date,
    ends_on       date,
    consent_on    date,
    consent_proof text,
    version       bigint NOT NULL DEFAULT 1,
    CONSTRAINT member_status_known CHECK (status IN
        ('active', 'paused', 'suspended', 'left', 'expired', 'merged', 'erased')),
    CONSTRAINT member_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT member_merged_says_into_whom CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    -- The charter: membership ends three years after it was accepted, and silence renews nothing.
    CONSTRAINT member_ends_after_three_years
        CHECK (ends_on = (accepted_on + interval '3 years')::date),
    CONSTRAINT member_consent_has_proof CHECK (consent_proof <> ''),
    -- Of an erased member the id and the status remain, so that a restored backup erases them
    -- again. Of everybody else nothing may be missing.
    CONSTRAINT member_erased_keeps_nothing CHECK (
        num_nonnulls(person_id, language, zone, accepted_on, ends_on, consent_on, consent_proof)
            = CASE status WHEN 'erased' THEN 0 ELSE 7 END
        AND (status <> 'erased' OR attributes = '{}'))
);
CREATE INDEX member_person ON member (person_id);
CREATE INDEX member_ends ON member (ends_on) WHERE status IN ('active', 'paused', 'suspended');

CREATE FUNCTION refuse_to_remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an erased member stays erased'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'member_erased_is_final';
END
$$;
CREATE TRIGGER member_erased_is_final BEFORE UPDATE OR DELETE ON member FOR EACH ROW
WHEN (old.status = 'erased') EXECUTE FUNCTION refuse_to_remember();

-- The body of `member.state`. A former member is a status and nothing else.
CREATE FUNCTION member_body(m member, last_day date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'member_id', m.member_id,
        'version', m.version,
        'status', m.status,
        'merged_into', m.merged_into) || CASE
            WHEN m.status IN ('left', 'expired', 'merged', 'erased') THEN '{}'
            ELSE jsonb_build_object(
                'zone', m.zone,
                'attributes', m.attributes,
                'not_before', last_day + 31,
                'ends_on', m.ends_on)
        END)::text
$$;

-- -------------------------------------------------------------------------------------------------
-- Contact details and the suppression list
-- -------------------------------------------------------------------------------------------------

-- Name and address, readable only with a key that is not in the database.
CREATE TABLE contact (
    member_id    uuid PRIMARY KEY REFERENCES member,
    key_id       text NOT NULL,
    -- Nonce, then AES-GCM ciphertext of address and name; the member id is authenticated with it.
    sealed       bytea NOT NULL,
    -- HMAC-SHA256 of the normalised address: finds a person without reading anybody's address.
    email_hash   bytea NOT NULL,
    -- HMAC-SHA256 of the mailbox that the address reaches, whichever way it is spelled.
    mailbox_hash bytea NOT NULL,
    CONSTRAINT contact_one_member_per_address UNIQUE (email_hash),
    -- One mailbox has one member: the contact lock, which is a person's, is the mailbox's as well.
    CONSTRAINT contact_one_member_per_mailbox UNIQUE (mailbox_hash)
);

-- Addresses of people who left or were erased: only a consent that they gave later lets them in
-- again, as the same person. The list only grows.
CREATE TABLE suppression (
    email_hash   bytea PRIMARY KEY,
    person_id    uuid NOT NULL,
    since        date NOT NULL,
    -- The day on which the contact lock of an erased person may be deleted; null where it stays.
    until        date,
    mailbox_hash bytea NOT NULL
);
CREATE INDEX suppression_mailbox ON suppression (mailbox_hash);

CREATE FUNCTION refuse_suppression_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER suppression_is_kept BEFORE DELETE ON suppression
FOR EACH ROW EXECUTE FUNCTION refuse_suppression_change();
CREATE TRIGGER suppression_only_grows BEFORE UPDATE ON suppression FOR EACH ROW
WHEN (new.email_hash <> old.email_hash OR new.since < old.since)
EXECUTE FUNCTION refuse_suppression_change();

-- A consent must be newer than the departure, for every spelling of a mailbox that left. By
-- statement, as an import writes hundreds of thousands of addresses in one. An address that is
-- changed later is compared by its own hash.
CREATE FUNCTION refuse_older_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN suppression s USING (email_hash)
            JOIN member m USING (member_id) WHERE (m.consent_on > s.since) IS NOT TRUE)
        OR (TG_OP = 'INSERT' AND EXISTS (SELECT FROM written w
            JOIN suppression s USING (mailbox_hash) JOIN member m USING (member_id)
            WHERE (m.consent_on > s.since) IS NOT TRUE))
    THEN
        RAISE EXCEPTION 'a suppressed address needs a newer consent'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER contact_needs_newer_consent AFTER INSERT ON contact
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_older_consent();
CREATE TRIGGER contact_still_needs_newer_consent AFTER UPDATE ON contact
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_older_consent();

CREATE TABLE erasure (
    member_id       uuid PRIMARY KEY REFERENCES member,
    erased_on       date NOT NULL,
    -- The day on which campaigns confirmed that it has erased the member too.
    acknowledged_on date
);

-- -------------------------------------------------------------------------------------------------
-- Projects and reports, as messages speak of them
-- -------------------------------------------------------------------------------------------------

CREATE TABLE project (
    project_id          uuid PRIMARY KEY,
    version             bigint NOT NULL,
    state               text NOT NULL,
    mandate             jsonb NOT NULL,
    recruitment_ends_on date NOT NULL,
    collection_ends_on  date NOT NULL
);

CREATE TABLE report (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    url        text NOT NULL,
    summary    text NOT NULL
);

-- -------------------------------------------------------------------------------------------------
-- Deliveries
-- -------------------------------------------------------------------------------------------------

-- Details of a message have closed keys and closed forms: free text would reach every participant.
CREATE FUNCTION details_are_closed(kind text, details jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'confirmation' THEN details - 'participation' = '{}'
            AND coalesce(details ->> 'participation' IN ('joined', 'waitlisted', 'promoted'), true)
        WHEN 'practicalities' THEN details - ARRAY['day', 'starts_at', 'ends_at'] = '{}'
            AND coalesce(details ->> 'day' ~ '^\d{4}-\d{2}-\d{2}$', true)
            AND coalesce(details ->> 'starts_at' ~ '^\d{2}:\d{2}$', true)
            AND coalesce(details ->> 'ends_at' ~ '^\d{2}:\d{2}$', true)
        ELSE details = '{}'
    END
$$;

-- One send order and the outcome of its delivery.
CREATE TABLE delivery (
    order_id        uuid,
    version         bigint NOT NULL DEFAULT 1,
    state           text NOT NULL DEFAULT 'pending',
    class           text NOT NULL,
    kind            text NOT NULL,
    -- No foreign key: an order may name a member that this registry never knew, and gets its
    -- outcome.
    member_id       uuid NOT NULL,
    subject_id      uuid NOT NULL,
    project_id      uuid,
    project_version bigint,
    report_version  bigint,
    first_day       date NOT NULL,
    last_day        date NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    -- Requested while an attempt was running: heeded if that attempt definitely failed.
    cancelled       boolean NOT NULL DEFAULT false,
    -- Counts attempts; an outcome names the attempt it belongs to.
    attempt         int NOT NULL DEFAULT 0,
    -- How often a notice was tried again though nobody knows whether it had left.
    unknowns        int NOT NULL DEFAULT 0,
    retry_at        timestamptz,
    -- Civil day of the attempt, in the member's zone.
    day             date,
    reason          text,
    -- The person whose lock this attempt took, and the content of the lock before.
    locked_person   uuid,
    lock_before_day date,
    lock_before_order uuid,
    -- The mail server's text on a refusal, without anything that names a person.
    reply           text,
    -- How often a content was refused after its handover: the server may have delivered it all the
    -- same.
    handovers       int NOT NULL DEFAULT 0,
    -- A rewound or repeated topic inserts no order a second time.
    CONSTRAINT delivery_once PRIMARY KEY (order_id),
    CONSTRAINT delivery_state_known CHECK (state IN
        ('pending', 'attempting', 'sent', 'unknown', 'refused', 'bounced')),
    -- The closed list of messages: any other kind has no class, and is refused.
    CONSTRAINT delivery_class_of_kind CHECK (class = CASE
        WHEN kind IN ('invitation', 'reminder') THEN 'solicitation'
        WHEN kind IN ('confirmation', 'practicalities', 'requested_reminder', 'expiry', 'report')
            THEN 'notice' END),
    CONSTRAINT delivery_window CHECK (first_day <= last_day),
    CONSTRAINT delivery_refusal_has_reason CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CONSTRAINT delivery_reason_known CHECK (reason IN ('cancelled', 'window_over', 'too_soon',
        'not_active', 'merged', 'no_address', 'rejected')),
    CONSTRAINT delivery_attempt_has_day CHECK (
        state NOT IN ('attempting', 'sent', 'unknown', 'bounced') OR day IS NOT NULL),
    -- A solicitation leaves at most once; a notice of unknown fate is repeated three times at most.
    CONSTRAINT delivery_notice_retries CHECK (unknowns <= 3 AND (class = 'notice' OR unknowns = 0)),
    -- No address, no link, no second line: a mail server's reply may quote all of them.
    CONSTRAINT delivery_reply_names_nobody CHECK (reply !~ '@|://|[[:cntrl:]]'),
    CONSTRAINT delivery_reply_is_short CHECK (length(reply) <= 200),
    CONSTRAINT delivery_details_are_closed CHECK (details_are_closed(kind, details))
);
CREATE INDEX delivery_pending ON delivery (order_id) WHERE state = 'pending';
CREATE INDEX delivery_pending_of_member ON delivery (member_id) WHERE state = 'pending';
CREATE INDEX delivery_attempting ON delivery (order_id) WHERE state = 'attempting';
CREATE INDEX delivery_replied ON delivery (reply) WHERE reply IS NOT NULL;
CREATE INDEX delivery_reports ON delivery (member_id, project_id, report_version)
    WHERE kind = 'report';

-- The state machine of docs/design.md (Delivery), held here against any code: a transition
-- that is not listed is refused. While registry catches up after a restore nothing is sent, and the
-- outcomes that it had published overrule the backup, whatever the way from one to the other was.
CREATE FUNCTION delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF recovering() THEN
        IF NEW.state = 'attempting' THEN
            RAISE EXCEPTION 'nothing is sent before the registry has caught up on its backup'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'delivery_waits_for_recovery';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('pending', 'attempting'), ('pending', 'refused'),
        ('attempting', 'sent'), ('attempting', 'pending'), ('attempting', 'refused'),
        ('attempting', 'unknown'),
        ('unknown', 'pending'),
        ('sent', 'bounced'))
        OR ((OLD.state, NEW.state) = ('unknown', 'pending') AND OLD.class <> 'notice')
    THEN
        RAISE EXCEPTION 'a delivery cannot go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'delivery_moves_as_listed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER delivery_moves_as_listed BEFORE UPDATE OF state ON delivery
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION delivery_moves();

-- The body of `delivery.state`.
CREATE FUNCTION delivery_body(d delivery) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'order_id', d.order_id,
        'version', d.version,
        'state', d.state,
        'day', d.day,
        'reason', d.reason))::text
$$;

-- -------------------------------------------------------------------------------------------------
-- Contact locks: 31 civil days between two solicitations of one person
-- -------------------------------------------------------------------------------------------------

-- The proof that a person's last solicitation is a month old. Nobody can override it.
CREATE TABLE contact_lock (
    person_id uuid,
    last_day  date NOT NULL,
    -- Null: contacted before this panel kept track, as the import said or assumed.
    order_id  uuid,
    CONSTRAINT contact_lock_one_per_person PRIMARY KEY (person_id)
);

-- The lock of a solicitation whose content was handed over is never put back, whatever the reply
-- was. The lock of an erased person, who is nobody's member any more, goes once the month is over.
CREATE FUNCTION refuse_put_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM delivery d WHERE d.order_id = old.order_id
            AND (d.handovers > 0 OR d.state IN ('sent', 'unknown', 'bounced')))
        AND (TG_OP = 'UPDATE' OR EXISTS (SELECT FROM member m WHERE m.person_id = old.person_id))
    THEN
        RAISE EXCEPTION 'a lock stays once its message was handed over'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(new, old);
END
$$;
CREATE TRIGGER contact_lock_stays_after_handover BEFORE UPDATE ON contact_lock FOR EACH ROW
WHEN (new.last_day < old.last_day
    OR (new.last_day = old.last_day AND new.order_id IS DISTINCT FROM old.order_id))
EXECUTE FUNCTION refuse_put_back();
CREATE TRIGGER contact_lock_is_kept_after_handover BEFORE DELETE ON contact_lock
FOR EACH ROW EXECUTE FUNCTION refuse_put_back();

-- -------------------------------------------------------------------------------------------------
-- Notice locks: one per person, kind and project, and at most three notices a day in all
-- -------------------------------------------------------------------------------------------------

-- Civil days between two notices of one kind to one person about one project.
CREATE FUNCTION notice_spacing(kind text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'report' THEN 31
        WHEN 'expiry' THEN 31
        WHEN 'practicalities' THEN 7
        WHEN 'requested_reminder' THEN 7
        ELSE 1
    END
$$;

CREATE TABLE notice_lock (
    person_id uuid,
    kind      text,
    -- The project; of a notice about none, such as an expiry, the nil UUID.
    about     uuid,
    last_day  date NOT NULL,
    order_id  uuid NOT NULL,
    CONSTRAINT notice_lock_one_per_kind PRIMARY KEY (person_id, kind, about)
);
CREATE INDEX notice_lock_over ON notice_lock (last_day);

-- A person's day has three places for notices, whatever their kind.
CREATE TABLE notice_place (
    person_id uuid,
    day       date,
    place     int,
    order_id  uuid NOT NULL,
    CONSTRAINT notice_place_taken_once PRIMARY KEY (person_id, day, place),
    CONSTRAINT notice_place_within_the_cap CHECK (place BETWEEN 1 AND 3)
);
CREATE INDEX notice_place_over ON notice_place (day);

CREATE FUNCTION keep_notices_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF recovering() OR new.order_id = old.order_id
        OR new.last_day >= old.last_day + notice_spacing(old.kind)
        -- Put back, as nothing of it was handed over.
        OR (new.last_day < old.last_day AND NOT EXISTS (SELECT FROM delivery d
            WHERE d.order_id = old.order_id
                AND (d.handovers > 0 OR d.state IN ('sent', 'unknown', 'bounced'))))
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'a notice of this kind was sent not long ago'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER notice_lock_keeps_apart BEFORE UPDATE ON notice_lock
FOR EACH ROW EXECUTE FUNCTION keep_notices_apart();

-- No notice is attempted without its lock and a place of the day.
CREATE FUNCTION refuse_unlocked_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM notice_lock l JOIN notice_place p USING (person_id, order_id)
        WHERE l.order_id = new.order_id AND l.person_id = new.locked_person AND l.kind = new.kind
            AND l.about = coalesce(new.project_id, '00000000-0000-0000-0000-000000000000')
            AND l.last_day = new.day AND p.day = new.day) THEN
        RAISE EXCEPTION 'a notice needs its lock and a place of the day'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER delivery_notice_is_locked BEFORE UPDATE OF state ON delivery FOR EACH ROW
WHEN (new.class = 'notice' AND new.state = 'attempting')
EXECUTE FUNCTION refuse_unlocked_notice();

-- -------------------------------------------------------------------------------------------------
-- Refusals of pending orders
-- -------------------------------------------------------------------------------------------------

-- The reason for which a pending order can no longer be sent, or null: one set of rules for one
-- order or for all. A function, as the rules need the clock; simple enough for the planner to
-- inline.
CREATE FUNCTION order_refusals(at timestamptz)
RETURNS TABLE (order_id uuid, member_id uuid, reason text) LANGUAGE sql STABLE AS $$
    SELECT d.order_id, d.member_id, CASE
        WHEN d.cancelled THEN 'cancelled'
        WHEN m.status = 'merged' THEN 'merged'
        WHEN m.status IS DISTINCT FROM 'active' THEN 'not_active'
        WHEN m.ends_on <= (at AT TIME ZONE m.zone)::date THEN 'not_active'
        WHEN c.member_id IS NULL THEN 'no_address'
        WHEN d.last_day < (at AT TIME ZONE m.zone)::date THEN 'window_over'
        WHEN d.class = 'solicitation' AND l.last_day + 31 > d.last_day
            AND l.order_id IS DISTINCT FROM d.order_id THEN 'too_soon'
        WHEN d.class = 'notice' AND n.last_day + notice_spacing(d.kind) > d.last_day
            AND n.order_id <> d.order_id THEN 'too_soon'
        -- An older report gives way to a newer one.
        WHEN d.kind = 'report' AND EXISTS (SELECT FROM delivery newer
            WHERE newer.kind = 'report' AND newer.member_id = d.member_id
                AND newer.project_id = d.project_id AND newer.report_version > d.report_version
                AND newer.state = 'pending' AND NOT newer.cancelled) THEN 'cancelled'
    END
    FROM delivery d
    LEFT JOIN member m ON m.member_id = d.member_id
    LEFT JOIN contact c ON c.member_id = d.member_id
    LEFT JOIN contact_lock l ON l.person_id = m.person_id
    LEFT JOIN notice_lock n ON d.class = 'notice' AND n.person_id = m.person_id
        AND n.kind = d.kind
        AND n.about = coalesce(d.project_id, '00000000-0000-0000-0000-000000000000')
    WHERE d.state = 'pending'
$$;

-- -------------------------------------------------------------------------------------------------
-- Figures
-- -------------------------------------------------------------------------------------------------

-- Months in numbers, as they were last published. Without a body: too few people were solicited.
CREATE TABLE figures (
    month   date PRIMARY KEY,
    version bigint NOT NULL,
    body    jsonb,
    CONSTRAINT figures_are_by_month CHECK (month = date_trunc('month', month)::date),
    CONSTRAINT figures_told_have_a_version CHECK ((version > 0) = (body IS NOT NULL)),
    -- No cell below five: fewer people might be recognised.
    CONSTRAINT figures_of_five_at_least CHECK (
        (body -> 'people_solicited')::int >= 5 AND coalesce((body -> 'notices')::int, 5) >= 5
        AND NOT jsonb_path_exists(body, '$.refused_by_reason.* ? (@ < 5)'))
);

-- The body of `figures.state`.
CREATE FUNCTION figures_body(f figures) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT (f.body || jsonb_build_object('version', f.version))::text
$$;
