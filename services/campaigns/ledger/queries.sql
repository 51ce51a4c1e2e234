-- settle_orders: delivery outcomes, each once: order, ledger entry, invitation and report duty move
-- together. A final entry stays; an outcome that contradicts it is recorded as an incident. All parts
-- of the statement see the state before it. Returns the projects concerned.
WITH news AS (
    SELECT n.*, coalesce((l.state = 'consumed' AND n.outcome = 'refused')
        OR (l.state = 'released' AND n.outcome <> 'refused'), false) AS contradicts
    FROM unnest(:order_ids::uuid[], :versions::bigint[], :outcomes::text[], :days::date[],
            :reasons::text[])
        AS n (order_id, version, outcome, day, reason)
    LEFT JOIN ledger l ON l.order_id = n.order_id
), fresh AS (
    UPDATE send_order o SET answer_version = n.version,
        answer = CASE WHEN n.contradicts THEN o.answer ELSE n.outcome END,
        answer_day = CASE WHEN n.contradicts THEN o.answer_day ELSE n.day END,
        answer_reason = CASE WHEN n.contradicts THEN o.answer_reason ELSE n.reason END
    FROM news n WHERE o.order_id = n.order_id AND coalesce(o.answer_version, 0) < n.version
    RETURNING o.order_id, o.project_id, o.subject_id, o.member_id, o.report_version, o.kind, o.class,
        o.first_day, o.last_day, n.version, n.outcome, n.day, n.reason, n.contradicts
), settled AS (
    UPDATE ledger l SET
        state = CASE f.outcome WHEN 'refused' THEN 'released' ELSE 'consumed' END,
        first_day = CASE WHEN f.day BETWEEN l.first_day AND l.last_day AND f.outcome <> 'refused'
            THEN f.day ELSE l.first_day END,
        last_day = CASE WHEN f.day BETWEEN l.first_day AND l.last_day AND f.outcome <> 'refused'
            THEN f.day ELSE l.last_day END
    FROM fresh f WHERE l.order_id = f.order_id AND l.state = 'reserved'
), invitations AS (
    UPDATE invitation i SET state = CASE f.outcome WHEN 'refused' THEN 'not_sent' ELSE 'sent' END
    FROM fresh f WHERE f.kind = 'invitation' AND i.id = f.subject_id AND i.order_id = f.order_id
        AND i.state = 'ordered'
), duties AS (
    -- An order moves the duty that it was made for, whichever version is owed by now.
    UPDATE report_duty d SET state = t.state,
        reason = duty_reason(t.state, t.outcome, t.reason, t.status)
    FROM (
        SELECT f.*, m.status, duty_after(f.outcome, f.reason, m.status, false) AS state
        FROM fresh f LEFT JOIN member m ON m.member_id = f.member_id WHERE f.kind = 'report'
    ) t
    WHERE d.project_id = t.project_id AND d.report_version = t.report_version
        AND d.invitation_id = t.subject_id AND d.order_id = t.order_id
        AND (d.state = 'owed' OR (d.state = 'sent' AND t.outcome = 'bounced'))
        AND t.state IS NOT NULL
), incidents AS (
    INSERT INTO incident (kind, order_id, version, held, told, at)
    SELECT 'contradictory_answer', f.order_id, f.version, l.state, f.outcome, :at::timestamptz
    FROM fresh f JOIN ledger l ON l.order_id = f.order_id WHERE f.contradicts
    UNION ALL
    SELECT 'outside_window', f.order_id, f.version,
        format('%s/%s', f.first_day, f.last_day), f.day::text, :at
    FROM fresh f WHERE f.class = 'solicitation' AND f.outcome <> 'refused' AND NOT f.contradicts
        AND f.day NOT BETWEEN f.first_day AND f.last_day
    UNION ALL
    SELECT 'unknown_order', n.order_id, n.version, NULL, n.outcome, :at FROM news n
    WHERE NOT EXISTS (SELECT FROM send_order o WHERE o.order_id = n.order_id)
    ON CONFLICT ON CONSTRAINT incident_once DO NOTHING
)
SELECT DISTINCT project_id FROM fresh;

-- count_by_state: entries of the contact ledger.
SELECT state, count(*)::int AS n FROM ledger GROUP BY state;

-- count_incidents: events that must never happen and did, by kind.
SELECT kind, count(*)::int AS n FROM incident GROUP BY kind;

-- count_free_from: active members by the first day from today on which they can be solicited.
SELECT greatest(:today::date, m.not_before, b.free_on) AS day, count(*)::int AS members
FROM member m LEFT JOIN (
    SELECT member_id, max(last_day) + 31 AS free_on FROM ledger
    WHERE state IN ('reserved', 'consumed') AND last_day > :today::date - 31 GROUP BY 1
) b ON b.member_id = m.member_id
WHERE m.status = 'active' AND (m.ends_on IS NULL OR m.ends_on > :today)
GROUP BY 1 ORDER BY 1;
