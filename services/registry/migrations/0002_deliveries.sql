-- Messages: what was ordered, what became of it, and the projects that messages speak of.

CREATE TABLE project (
    project_id          uuid PRIMARY KEY,
    version             bigint NOT NULL,
    state               text NOT NULL,
    mandate             jsonb NOT NULL,
    recruitment_ends_on date NOT NULL,
    collection_ends_on  date NOT NULL
);

CREATE TABLE delivery (
    order_id        uuid,
    version         bigint NOT NULL DEFAULT 1,
    state           text NOT NULL DEFAULT 'pending',
    class           text NOT NULL,
    kind            text NOT NULL,
    -- No foreign key: an order may name a member that this registry never knew, and is answered.
    member_id       uuid NOT NULL,
    subject_id      uuid NOT NULL,
    project_id      uuid,
    project_version bigint,
    report_version  bigint,
    first_day       date NOT NULL,
    last_day        date NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    -- Asked for while an attempt was running: heeded if that attempt definitely failed.
    cancelled       boolean NOT NULL DEFAULT false,
    -- Counts attempts; an outcome names the attempt it belongs to.
    attempt         int NOT NULL DEFAULT 0,
    -- How often a notice was tried again though nobody knows whether it had left.
    unknowns        int NOT NULL DEFAULT 0,
    retry_at        timestamptz,
    -- Civil day of the attempt, in the member's zone.
    day             date,
    reason          text,
    -- Whose contact lock this attempt took, and what the lock said before.
    locked_person   uuid,
    lock_before_day date,
    lock_before_order uuid,
    CONSTRAINT delivery_once PRIMARY KEY (order_id),
    CONSTRAINT delivery_state_known CHECK (state IN
        ('pending', 'attempting', 'sent', 'unknown', 'refused', 'bounced')),
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
    CONSTRAINT delivery_notice_retries CHECK (unknowns <= 3 AND (class = 'notice' OR unknowns = 0))
);
CREATE INDEX delivery_pending ON delivery (order_id) WHERE state = 'pending';
CREATE INDEX delivery_pending_of_member ON delivery (member_id) WHERE state = 'pending';
CREATE INDEX delivery_attempting ON delivery (order_id) WHERE state = 'attempting';

-- The state machine of DESIGN.md §5, held here against any code: what is not listed is refused.
CREATE FUNCTION delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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

CREATE FUNCTION delivery_body(d delivery) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'order_id', d.order_id,
        'version', d.version,
        'state', d.state,
        'day', d.day,
        'reason', d.reason))::text
$$;
