-- Why a pending order can no longer be sent, or null: one set of rules for one order or for all.
-- A function, as the rules need the clock; simple enough for the planner to see through it.
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
    END
    FROM delivery d
    LEFT JOIN member m ON m.member_id = d.member_id
    LEFT JOIN contact c ON c.member_id = d.member_id
    LEFT JOIN contact_lock l ON l.person_id = m.person_id
    WHERE d.state = 'pending'
$$;
