-- insert_profiles: combinations of coded attributes that are new.
INSERT INTO profile (attributes)
SELECT DISTINCT a::jsonb FROM unnest(:attributes::text[]) AS a
ON CONFLICT ON CONSTRAINT profile_once DO NOTHING;

-- upsert_members: newer versions only; returns the members who leave the panel with them. An erasure is
-- final, whatever a registry that was restored from a backup publishes of the member: the member is then
-- returned as erased again, so that registry receives it.
WITH news AS (
    SELECT n.*, p.id AS profile_id
    FROM unnest(:member_ids::uuid[], :versions::bigint[], :statuses::text[], :merged_into::uuid[],
            :zones::text[], :attributes::text[], :not_before::date[], :ends_on::date[])
        AS n (member_id, version, status, merged_into, zone, attributes, not_before, ends_on)
    LEFT JOIN profile p ON p.attributes = n.attributes::jsonb
    ORDER BY n.member_id
), still_erased AS (
    UPDATE member m SET version = n.version FROM news n
    WHERE m.member_id = n.member_id AND m.version < n.version
        AND m.status = 'erased' AND n.status <> 'erased'
    RETURNING m.member_id, m.version, m.status
), stored AS (
    INSERT INTO member AS m (member_id, version, status, merged_into, zone, profile_id, not_before,
        ends_on)
    SELECT member_id, version, status, merged_into, zone, profile_id, not_before, ends_on
    FROM news n
    WHERE n.status = 'erased' OR NOT EXISTS (SELECT FROM member e
        WHERE e.member_id = n.member_id AND e.status = 'erased')
    ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, status = excluded.status,
        merged_into = excluded.merged_into, zone = excluded.zone,
        profile_id = excluded.profile_id, not_before = excluded.not_before,
        ends_on = excluded.ends_on,
        -- Only of members who were stored before: a rebuilt view must not make everybody leave today.
        gone_on = CASE WHEN excluded.status IN ('left', 'expired', 'erased', 'merged')
            THEN coalesce(m.gone_on, :today) END
    WHERE m.version < excluded.version
    RETURNING m.member_id, m.version, m.status, m.merged_into
)
SELECT s.member_id, s.version, s.status, s.merged_into FROM stored s
WHERE s.status IN ('left', 'expired', 'merged', 'erased')
UNION ALL
SELECT member_id, version, status, NULL FROM still_erased;

-- list_erased_members: with the day of the erasure; today for members who were never stored before.
SELECT member_id, version, coalesce(gone_on, :today::date) AS gone_on FROM member
WHERE status = 'erased' ORDER BY member_id;

-- find_day_figures: the day at a glance.
SELECT
    (SELECT count(*) FROM ledger WHERE state = 'consumed' AND last_day = :today)::int AS asked,
    (SELECT count(*) FROM invitation WHERE state = 'accepted'
        AND answered_at = :today::date::timestamp AT TIME ZONE 'UTC')::int AS opted_in,
    (SELECT count(*) FROM invitation WHERE state = 'declined'
        AND answered_at = :today::date::timestamp AT TIME ZONE 'UTC')::int AS declined,
    (SELECT count(*) FROM member WHERE gone_on = :today AND status <> 'merged')::int AS left_panel,
    (SELECT count(*) FROM send_order
        WHERE answer IS NULL AND last_day < :today)::int AS orders_unanswered,
    (SELECT count(DISTINCT member_id) FROM (
        SELECT member_id, first_day - lag(last_day) OVER (
            PARTITION BY member_id ORDER BY first_day) AS days_between
        FROM ledger WHERE state = 'consumed' AND last_day > :today::date - 62) t
        WHERE days_between < 31)::int AS solicited_twice,
    (SELECT count(*) FROM member WHERE status = 'active')::int AS members;
