-- Notices have locks of their own: one per person, kind and project, and at most three a day in all.
-- Senders of the version before take no lock: theirs wait until they are replaced.

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

-- A day of a person has so many places for notices, whatever their kind.
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

-- No notice is attempted without both locks.
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
UPDATE delivery SET details = '{}' WHERE NOT details_are_closed(kind, details);
ALTER TABLE delivery ADD CONSTRAINT delivery_details_are_closed
    CHECK (details_are_closed(kind, details));

-- Notices that were sent before count.
INSERT INTO notice_lock (person_id, kind, about, last_day, order_id)
SELECT DISTINCT ON (1, 2, 3) m.person_id, d.kind,
    coalesce(d.project_id, '00000000-0000-0000-0000-000000000000'), d.day, d.order_id
FROM delivery d JOIN member m USING (member_id)
WHERE d.class = 'notice' AND d.state IN ('sent', 'unknown', 'bounced') AND m.person_id IS NOT NULL
ORDER BY 1, 2, 3, d.day DESC, d.order_id;

CREATE INDEX delivery_reports ON delivery (member_id, project_id, report_version)
    WHERE kind = 'report';

-- As before, with the locks of notices; and an older report gives way to a newer one.
CREATE OR REPLACE FUNCTION order_refusals(at timestamptz)
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
