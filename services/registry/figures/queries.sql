-- upsert_months: count each month with messages that is not final yet, and publish a new version
-- where numbers changed. A month is counted until two others are over, as an outcome may come late.
-- Only days before :today count, so that the current month changes once a day at most. No number
-- below five is published.
WITH months AS MATERIALIZED (
    SELECT g.month::date AS month, (g.month + interval '1 month')::date AS next
    FROM generate_series(
        (SELECT date_trunc('month', min(first_day)::timestamp) FROM delivery),
        date_trunc('month', :today::date::timestamp), interval '1 month') AS g (month)
    WHERE g.month >= date_trunc('month', :today::date::timestamp) - interval '2 months'
        OR NOT EXISTS (SELECT FROM figures f WHERE f.month = g.month::date)
), sent AS MATERIALIZED (
    -- What may have left, by the civil day of where the member lives. An erased member is nobody's
    -- other identity any more.
    SELECT coalesce(m.person_id, m.member_id) AS person_id, d.class, d.day
    FROM delivery d JOIN member m USING (member_id)
    WHERE d.state IN ('sent', 'unknown', 'bounced') AND d.day < :today
        AND d.day >= (SELECT min(month) FROM months) - 30
), running AS (
    -- How many solicitations a person had had in the 31 days that end with this one.
    SELECT person_id, day, count(*) OVER (PARTITION BY person_id ORDER BY day
        RANGE BETWEEN interval '30 days' PRECEDING AND CURRENT ROW) AS within
    FROM sent WHERE class = 'solicitation'
), solicited AS (
    SELECT n.month, count(*) AS solicitations, count(DISTINCT a.person_id) AS people,
        max(a.within) AS most
    FROM months n JOIN running a ON a.day >= n.month AND a.day < n.next GROUP BY 1
), carried AS (
    -- Windows that end with the first of the month: the only ones to end in it without a message of
    -- their own that could hold more.
    SELECT month, max(n) AS most FROM (
        SELECT n.month, count(*) AS n FROM months n
        JOIN sent s ON s.class = 'solicitation' AND s.day BETWEEN n.month - 30 AND n.month
        GROUP BY n.month, s.person_id) c GROUP BY 1
), noticed AS (
    SELECT n.month, count(*) AS notices FROM months n
    JOIN sent s ON s.class = 'notice' AND s.day >= n.month AND s.day < n.next GROUP BY 1
), refused AS (
    SELECT month, jsonb_object_agg(reason, orders) AS by_reason FROM (
        SELECT n.month, d.reason, count(*) AS orders FROM months n
        JOIN delivery d ON d.state = 'refused' AND d.first_day < :today
            AND d.first_day >= n.month AND d.first_day < n.next
        GROUP BY 1, 2 HAVING count(*) >= 5) r GROUP BY 1
), counted AS (
    SELECT n.month, CASE WHEN s.people >= 5 THEN jsonb_strip_nulls(jsonb_build_object(
        'month', to_char(n.month, 'YYYY-MM'),
        'solicitations', s.solicitations,
        'people_solicited', s.people,
        'most_for_one_person_in_31_days', greatest(s.most, c.most),
        'notices', CASE WHEN o.notices >= 5 THEN o.notices END,
        'refused_by_reason', coalesce(r.by_reason, '{}'))) END AS body
    FROM months n
    LEFT JOIN solicited s USING (month) LEFT JOIN carried c USING (month)
    LEFT JOIN noticed o USING (month) LEFT JOIN refused r USING (month)
), updated AS (
    INSERT INTO figures AS f (month, version, body)
    SELECT month, CASE WHEN body IS NULL THEN 0 ELSE 1 END, body FROM counted ORDER BY month
    ON CONFLICT (month) DO UPDATE SET version = f.version + 1, body = excluded.body
    WHERE excluded.body IS NOT NULL AND f.body IS DISTINCT FROM excluded.body
    RETURNING month, version, body, figures_body(f)
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, body ->> 'month', version, :kind, :now, figures_body
FROM updated WHERE body IS NOT NULL ORDER BY month;

-- find_max_solicitations: the most solicitations of one person in any 31 days that end in the 31
-- days before :today.
SELECT coalesce(max(within), 0)::int FROM (
    SELECT count(*) OVER (PARTITION BY coalesce(m.person_id, m.member_id) ORDER BY d.day
        RANGE BETWEEN interval '30 days' PRECEDING AND CURRENT ROW) AS within
    FROM delivery d JOIN member m USING (member_id)
    WHERE d.class = 'solicitation' AND d.state IN ('sent', 'unknown', 'bounced')
        AND d.day >= :today::date - 62) solicitations;

-- republish_figures: insert every month into the outbox again. The rows are locked, so that the
-- older of two versions is not published last.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, f.body ->> 'month', f.version, :kind, :now,
    figures_body(f)
FROM figures f WHERE f.body IS NOT NULL ORDER BY f.month FOR NO KEY UPDATE;
