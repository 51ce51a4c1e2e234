-- know_profiles: combinations of coded attributes not seen before.
INSERT INTO profile (attributes)
SELECT DISTINCT a::jsonb FROM unnest($1::text[]) AS a
ON CONFLICT ON CONSTRAINT profile_once DO NOTHING;

-- know_members: newer versions only; says who left the panel with this. Who was erased stays so,
-- whatever a registry that was put back from a backup says of them: and is said to be gone again, so
-- that it hears of it. $9 today
WITH news AS (
    SELECT n.*, p.id AS profile_id
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::text[],
        $7::date[], $8::date[])
        AS n (member_id, version, status, merged_into, zone, attributes, not_before, ends_on)
    LEFT JOIN profile p ON p.attributes = n.attributes::jsonb
    ORDER BY n.member_id
), kept_erased AS (
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
        -- Only for who was here before: a rebuilt view does not make everybody leave today.
        gone_on = CASE WHEN excluded.status IN ('left', 'expired', 'erased', 'merged')
            THEN coalesce(m.gone_on, $9) END
    WHERE m.version < excluded.version
    RETURNING m.member_id, m.version, m.status, m.merged_into
)
SELECT s.member_id, s.version, s.status, s.merged_into FROM stored s
WHERE s.status IN ('left', 'expired', 'merged', 'erased')
UNION ALL
SELECT member_id, version, status, NULL FROM kept_erased;

-- lock_projects_of: of everybody who is gone, before their invitations, always in this order.
SELECT p.id FROM project p
WHERE p.id IN (SELECT project_id FROM invitation WHERE member_id = ANY ($1::uuid[]))
ORDER BY p.id FOR NO KEY UPDATE;

-- move_invitations: to the survivor of a merge, unless that one has its own for the project.
WITH merged AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS m (member_id, survivor)
), moved AS (
    UPDATE invitation i SET member_id = m.survivor FROM merged m
    WHERE i.member_id = m.member_id AND i.id IN (
        SELECT DISTINCT ON (o.project_id, n.survivor) o.id
        FROM invitation o JOIN merged n ON n.member_id = o.member_id
        WHERE NOT EXISTS (SELECT FROM invitation s
            WHERE s.project_id = o.project_id AND s.member_id = n.survivor)
        ORDER BY o.project_id, n.survivor, o.id)
    RETURNING i.id, i.member_id
)
UPDATE participation a SET member_id = m.member_id FROM moved m WHERE a.invitation_id = m.id;

-- close_invitations: of who is gone; the end of a membership expires them, a departure cancels.
UPDATE invitation i SET state = CASE g.status WHEN 'expired' THEN 'expired' ELSE 'cancelled' END
FROM unnest($1::uuid[], $2::text[]) AS g (member_id, status)
WHERE i.member_id = g.member_id AND i.state IN ('ordered', 'sent');

-- end_participations: of who is gone, on a day; says how many places of each project this frees.
WITH ended AS (
    UPDATE participation a SET state = 'left', left_at = $2::date::timestamp AT TIME ZONE 'UTC'
    FROM (SELECT invitation_id, state FROM participation
        WHERE member_id = ANY ($1::uuid[]) AND state <> 'left') before
    WHERE a.invitation_id = before.invitation_id RETURNING a.project_id, before.state
)
SELECT project_id, (count(*) FILTER (WHERE state = 'joined'))::int AS places
FROM ended GROUP BY project_id;

-- cancel_orders: ask registry not to send what it has not answered yet.
UPDATE send_order SET state = 'cancelled', version = version + 1
WHERE member_id = ANY ($1::uuid[]) AND state = 'ordered' AND answer IS NULL
RETURNING order_id, version, state, class AS order_class, kind, member_id, subject_id, project_id,
    project_version, report_version, first_day, last_day, details;

-- cancel_solicitations: of a project that ends early; whom they invite could not answer any more.
UPDATE send_order SET state = 'cancelled', version = version + 1
WHERE project_id = $1 AND class = 'solicitation' AND state = 'ordered' AND answer IS NULL
RETURNING order_id, version, state, class AS order_class, kind, member_id, subject_id, project_id,
    project_version, report_version, first_day, last_day, details;

-- know_collections: newer versions only; says which.
INSERT INTO collection AS c (project_id, version, state)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (project_id, version, state)
ORDER BY n.project_id
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, state = excluded.state
WHERE c.version < excluded.version
RETURNING project_id;

-- settle_orders: registry's answers, each once: order, ledger, invitation and report duty move
-- together. What is
-- final stays; an answer that contradicts it is an incident. Every part sees the state before.
-- $6 the instant
WITH news AS (
    SELECT n.*, coalesce((l.state = 'consumed' AND n.answer = 'refused')
        OR (l.state = 'released' AND n.answer <> 'refused'), false) AS contradicts
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::date[], $5::text[])
        AS n (order_id, version, answer, day, reason)
    LEFT JOIN ledger l ON l.order_id = n.order_id
), fresh AS (
    UPDATE send_order o SET answer_version = n.version,
        answer = CASE WHEN n.contradicts THEN o.answer ELSE n.answer END,
        answer_day = CASE WHEN n.contradicts THEN o.answer_day ELSE n.day END,
        answer_reason = CASE WHEN n.contradicts THEN o.answer_reason ELSE n.reason END
    FROM news n WHERE o.order_id = n.order_id AND coalesce(o.answer_version, 0) < n.version
    RETURNING o.order_id, o.project_id, o.subject_id, o.member_id, o.report_version, o.kind, o.class,
        o.first_day, o.last_day, n.version, n.answer, n.day, n.reason, n.contradicts
), settled AS (
    UPDATE ledger l SET
        state = CASE f.answer WHEN 'refused' THEN 'released' ELSE 'consumed' END,
        first_day = CASE WHEN f.day BETWEEN l.first_day AND l.last_day AND f.answer <> 'refused'
            THEN f.day ELSE l.first_day END,
        last_day = CASE WHEN f.day BETWEEN l.first_day AND l.last_day AND f.answer <> 'refused'
            THEN f.day ELSE l.last_day END
    FROM fresh f WHERE l.order_id = f.order_id AND l.state = 'reserved'
), moved AS (
    UPDATE invitation i SET state = CASE f.answer WHEN 'refused' THEN 'not_sent' ELSE 'sent' END
    FROM fresh f WHERE f.kind = 'invitation' AND i.id = f.subject_id AND i.order_id = f.order_id
        AND i.state = 'ordered'
), duties AS (
    -- An order moves the duty it was made for, whatever is owed by now.
    UPDATE report_duty d SET state = t.state,
        reason = duty_reason(t.state, t.answer, t.reason, t.status)
    FROM (
        SELECT f.*, m.status, duty_after(f.answer, f.reason, m.status, false) AS state
        FROM fresh f LEFT JOIN member m ON m.member_id = f.member_id WHERE f.kind = 'report'
    ) t
    WHERE d.project_id = t.project_id AND d.report_version = t.report_version
        AND d.invitation_id = t.subject_id AND d.order_id = t.order_id
        AND (d.state = 'owed' OR (d.state = 'sent' AND t.answer = 'bounced'))
        AND t.state IS NOT NULL
), incidents AS (
    INSERT INTO incident (kind, order_id, version, held, told, at)
    SELECT 'contradictory_answer', f.order_id, f.version, l.state, f.answer, $6::timestamptz
    FROM fresh f JOIN ledger l ON l.order_id = f.order_id WHERE f.contradicts
    UNION ALL
    SELECT 'outside_window', f.order_id, f.version,
        format('%s/%s', f.first_day, f.last_day), f.day::text, $6
    FROM fresh f WHERE f.class = 'solicitation' AND f.answer <> 'refused' AND NOT f.contradicts
        AND f.day NOT BETWEEN f.first_day AND f.last_day
    UNION ALL
    SELECT 'unknown_order', n.order_id, n.version, NULL, n.answer, $6 FROM news n
    WHERE NOT EXISTS (SELECT FROM send_order o WHERE o.order_id = n.order_id)
    ON CONFLICT ON CONSTRAINT incident_once DO NOTHING
)
SELECT DISTINCT project_id FROM fresh;
