-- upsert_reports: newer versions only; returns the projects concerned.
INSERT INTO report AS r (project_id, version, collection_version, published_on)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :collection_versions::bigint[],
        :published_on::date[])
    AS n (project_id, version, collection_version, published_on)
ORDER BY n.project_id
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version,
    collection_version = excluded.collection_version, published_on = excluded.published_on
WHERE r.version < excluded.version
RETURNING project_id;

-- lock_advancing_projects: of these projects, or of all (null), those whose report may advance, in the
-- order in which every transaction locks projects: a newer report is known; no duty is owed any more;
-- or, of all, an owed report was refused.
SELECT p.id FROM project p
WHERE p.id IN (
    SELECT q.id FROM project q LEFT JOIN report r ON r.project_id = q.id
    WHERE q.state IN ('collected', 'reporting', 'closed')
        AND (:project_ids::uuid[] IS NULL OR q.id = ANY (:project_ids))
        AND (r.version > coalesce(q.report_version, 0)
            OR (q.state = 'reporting' AND NOT EXISTS (SELECT FROM report_duty d
                WHERE d.project_id = q.id AND d.report_version = q.report_version
                    AND d.state = 'owed'))
            OR (:project_ids IS NULL AND q.state = 'reporting' AND EXISTS (
                SELECT FROM send_order o JOIN report_duty d ON d.project_id = o.project_id
                    AND d.report_version = o.report_version AND d.invitation_id = o.subject_id
                    AND d.order_id = o.order_id AND d.state = 'owed'
                WHERE o.project_id = q.id AND o.report_version = q.report_version
                    AND o.kind = 'report' AND o.answer = 'refused'))))
ORDER BY p.id FOR NO KEY UPDATE;

-- lock_reported_projects: the projects whose reports these orders send, before any of their rows.
SELECT p.id FROM project p
WHERE p.id IN (SELECT o.project_id FROM send_order o
    WHERE o.order_id = ANY (:order_ids::uuid[]) AND o.kind = 'report')
ORDER BY p.id FOR NO KEY UPDATE;

-- list_due_reports: of locked projects, those with a newer report than the one they owe, whose
-- synthesis is known here too. A part that is missing is waited for.
SELECT p.id AS project_id, r.version
FROM project p
JOIN report r ON r.project_id = p.id
JOIN collection c ON c.project_id = p.id
WHERE p.id = ANY (:project_ids::uuid[]) AND p.state IN ('collected', 'reporting', 'closed')
    AND r.version > coalesce(p.report_version, 0)
    AND c.state = 'synthesised' AND c.version >= r.collection_version
ORDER BY p.id;

-- insert_duties: one for each participant without one, with its order and event, in one statement. Members
-- who left the panel are exempt; merged members are written to under the identity they go by now. A
-- person receives one report of a project in 31 days: a revised one waits for its day, and is replaced
-- by a newer one meanwhile. Returns the numbers owed and exempt.
WITH earlier AS MATERIALIZED (
    SELECT subject_id AS invitation_id, max(answer_day) + 31 AS free_on FROM send_order
    WHERE project_id = :project_id AND kind = 'report' AND answer IN ('sent', 'unknown', 'bounced')
    GROUP BY subject_id
), people AS MATERIALIZED (
    SELECT t.invitation_id, t.member_id, gen_random_uuid() AS order_id,
        greatest(:first_day::date, e.free_on) AS first_day,
        greatest(:first_day::date, e.free_on) + (:last_day::date - :first_day::date) AS last_day,
        CASE WHEN m.status IN ('left', 'erased') THEN m.status END AS departure
    FROM (
        SELECT o.invitation_id,
            CASE WHEN s.status = 'merged' THEN survivor_of(o.member_id) ELSE o.member_id END
                AS member_id
        FROM (
            -- A difference of sets: a join would read again and again what this statement writes.
            SELECT invitation_id, member_id FROM owed_a_report(:project_id)
            EXCEPT
            SELECT p.invitation_id, p.member_id
            FROM report_duty d JOIN participation p ON p.invitation_id = d.invitation_id
            WHERE d.project_id = :project_id AND d.report_version = :report_version
        ) o LEFT JOIN member s ON s.member_id = o.member_id
    ) t LEFT JOIN member m ON m.member_id = t.member_id
    LEFT JOIN earlier e ON e.invitation_id = t.invitation_id
), ordered AS (
    INSERT INTO send_order AS o (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, report_version, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'notice', 'report', member_id, invitation_id, :project_id,
        :project_version, :report_version, first_day, last_day, '{}', :at
    FROM people WHERE departure IS NULL
    RETURNING o.order_id, order_state_body(o) AS body
), published AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT :topic, order_id::text, 1, 'order.state', :at, body FROM ordered
), duties AS (
    INSERT INTO report_duty (project_id, report_version, invitation_id, state, order_id, reason)
    SELECT :project_id, :report_version, invitation_id,
        CASE WHEN departure IS NULL THEN 'owed' ELSE 'exempt' END,
        CASE WHEN departure IS NULL THEN order_id END, departure
    FROM people
    RETURNING state
)
SELECT (count(*) FILTER (WHERE state = 'owed'))::int AS owed,
    (count(*) FILTER (WHERE state = 'exempt'))::int AS exempt
FROM duties;

-- cancel_older_reports: ask registry not to send older versions that are still under way: the new one
-- replaces them, and nobody needs two messages.
WITH cancelled AS (
    UPDATE send_order o SET state = 'cancelled', version = o.version + 1
    FROM report_duty d
    WHERE d.project_id = :project_id AND d.report_version < :report_version AND d.state = 'owed'
        AND o.order_id = d.order_id AND o.state = 'ordered' AND o.answer IS NULL
    RETURNING o.order_id, o.version, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, version, 'order.state', :at, body FROM cancelled;

-- reorder_refused: owed reports of locked projects whose order was refused. Some turn out not to be
-- deliverable; the others get a new order, to the identity the person goes by now. No order is
-- re-dated. A report that came too soon after another waits 31 days from that one, or a week where
-- registry alone knows of it. Returns the number of new orders.
WITH earlier AS MATERIALIZED (
    SELECT project_id, subject_id AS invitation_id, max(answer_day) + 31 AS free_on FROM send_order
    WHERE project_id = ANY (:project_ids::uuid[]) AND kind = 'report'
        AND answer IN ('sent', 'unknown', 'bounced')
    GROUP BY project_id, subject_id
), refused AS MATERIALIZED (
    SELECT d.project_id, d.report_version, d.invitation_id, o.answer, o.answer_reason, p.version,
        s.member_id, s.member_id <> o.member_id AS merged, m.status,
        duty_after(o.answer, o.answer_reason, m.status,
            s.member_id = o.member_id AND o.last_day < :today::date) AS state,
        CASE WHEN o.answer_reason = 'too_soon' THEN o.last_day + 7 END AS a_week_later
    FROM project p
    JOIN send_order o ON o.project_id = p.id AND o.report_version = p.report_version
        AND o.kind = 'report' AND o.answer = 'refused'
    JOIN report_duty d ON d.project_id = o.project_id AND d.report_version = o.report_version
        AND d.invitation_id = o.subject_id AND d.order_id = o.order_id AND d.state = 'owed'
    JOIN invitation i ON i.id = d.invitation_id
    CROSS JOIN LATERAL (SELECT survivor_of(i.member_id) AS member_id) s
    LEFT JOIN member m ON m.member_id = s.member_id
    WHERE p.id = ANY (:project_ids::uuid[]) AND p.state = 'reporting'
), again AS MATERIALIZED (
    SELECT *, first_day + (:last_day::date - :first_day::date) AS last_day FROM (
        SELECT r.*, gen_random_uuid() AS order_id,
            greatest(:first_day::date, coalesce(e.free_on, r.a_week_later)) AS first_day
        FROM refused r LEFT JOIN earlier e USING (project_id, invitation_id)
        WHERE r.state IS NULL AND (r.merged OR r.answer_reason IN ('window_over', 'too_soon'))
    ) owed
), ordered AS (
    INSERT INTO send_order AS o (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, report_version, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'notice', 'report', member_id, invitation_id, project_id,
        version, report_version, first_day, last_day, '{}', :at
    FROM again
    RETURNING o.order_id, order_state_body(o) AS body
), published AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT :topic, order_id::text, 1, 'order.state', :at, body FROM ordered
), moved AS (
    UPDATE report_duty d SET state = coalesce(r.state, d.state),
        reason = duty_reason(r.state, r.answer, r.answer_reason, r.status),
        order_id = coalesce(a.order_id, d.order_id)
    FROM refused r LEFT JOIN again a USING (project_id, report_version, invitation_id)
    WHERE d.project_id = r.project_id AND d.report_version = r.report_version
        AND d.invitation_id = r.invitation_id AND (r.state IS NOT NULL OR a.order_id IS NOT NULL)
)
SELECT count(*)::int FROM again;

-- exempt_former_members: members who left the panel or were erased are owed no report any more: by the
-- invitation, or by the order that was to reach them.
UPDATE report_duty d SET state = 'exempt', reason = g.status
FROM (
    SELECT i.id AS invitation_id, n.status FROM invitation i
    JOIN unnest(:member_ids::uuid[], :statuses::text[]) AS n (member_id, status)
        ON n.member_id = i.member_id
    UNION
    SELECT o.subject_id, n.status FROM send_order o
    JOIN unnest(:member_ids::uuid[], :statuses::text[]) AS n (member_id, status)
        ON n.member_id = o.member_id
    JOIN report_duty t ON t.project_id = o.project_id AND t.report_version = o.report_version
        AND t.invitation_id = o.subject_id AND t.order_id = o.order_id
    WHERE o.kind = 'report'
) g
WHERE d.invitation_id = g.invitation_id AND d.state = 'owed' AND g.status IN ('left', 'erased');

-- close_projects: the one statement that closes a project. The projects are locked, so it sees all
-- their duties; the constraint trigger checks again. Returns the closed projects.
UPDATE project p SET state = 'closed', version = p.version + 1, report_duties = (
    SELECT jsonb_build_object('report_version', p.report_version,
        'owed', 0, 'sent', count(*) FILTER (WHERE d.state = 'sent'),
        'undeliverable', count(*) FILTER (WHERE d.state = 'undeliverable'),
        'exempt', count(*) FILTER (WHERE d.state = 'exempt'))
    FROM report_duty d WHERE d.project_id = p.id AND d.report_version = p.report_version)
WHERE p.id = ANY (:project_ids::uuid[]) AND p.state = 'reporting'
    AND NOT EXISTS (SELECT FROM report_duty d WHERE d.project_id = p.id
        AND d.report_version = p.report_version AND d.state = 'owed')
    AND EXISTS (SELECT FROM report r WHERE r.project_id = p.id AND r.version = p.report_version)
RETURNING p.id;

-- count_overdue_reports: participants who wait for the latest version of their project's report although
-- its day has come: a revised one is due 31 days after the one before.
SELECT count(*)::int FROM report_duty d JOIN project p ON p.id = d.project_id
    AND p.report_version = d.report_version
LEFT JOIN send_order o ON o.order_id = d.order_id
WHERE d.state = 'owed' AND coalesce(o.first_day <= :today::date, true);
