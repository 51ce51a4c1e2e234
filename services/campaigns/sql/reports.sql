-- know_reports: newer versions only; says of which projects.
INSERT INTO report AS r (project_id, version, collection_version, published_on)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::date[])
    AS n (project_id, version, collection_version, published_on)
ORDER BY n.project_id
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version,
    collection_version = excluded.collection_version, published_on = excluded.published_on
WHERE r.version < excluded.version
RETURNING project_id;

-- lock_reports: projects whose report may move on, of those given or of all, in the order in which
-- everybody locks projects: a newer report is held; nothing is owed any more; or, if none is given,
-- an owed report was refused.
SELECT p.id FROM project p
WHERE p.id IN (
    SELECT q.id FROM project q LEFT JOIN report r ON r.project_id = q.id
    WHERE q.state IN ('collected', 'reporting', 'closed')
        AND ($1::uuid[] IS NULL OR q.id = ANY ($1))
        AND (r.version > coalesce(q.report_version, 0)
            OR (q.state = 'reporting' AND NOT EXISTS (SELECT FROM report_duty d
                WHERE d.project_id = q.id AND d.report_version = q.report_version
                    AND d.state = 'owed'))
            OR ($1 IS NULL AND q.state = 'reporting' AND EXISTS (
                SELECT FROM send_order o JOIN report_duty d ON d.project_id = o.project_id
                    AND d.report_version = o.report_version AND d.invitation_id = o.subject_id
                    AND d.order_id = o.order_id AND d.state = 'owed'
                WHERE o.project_id = q.id AND o.report_version = q.report_version
                    AND o.kind = 'report' AND o.answer = 'refused'))))
ORDER BY p.id FOR NO KEY UPDATE;

-- lock_reported: the projects whose reports these orders send, before anything that is theirs.
SELECT p.id FROM project p
WHERE p.id IN (SELECT o.project_id FROM send_order o
    WHERE o.order_id = ANY ($1::uuid[]) AND o.kind = 'report')
ORDER BY p.id FOR NO KEY UPDATE;

-- due_reports: of locked projects, those that hold a newer report than the one they owe, and the
-- synthesis it answers. Whatever is missing is waited for.
SELECT p.id AS project_id, r.version
FROM project p
JOIN report r ON r.project_id = p.id
JOIN collection c ON c.project_id = p.id
WHERE p.id = ANY ($1::uuid[]) AND p.state IN ('collected', 'reporting', 'closed')
    AND r.version > coalesce(p.report_version, 0)
    AND c.state = 'synthesised' AND c.version >= r.collection_version
ORDER BY p.id;

-- create_duties: one for everybody who took part and has none, with its order and event, in one
-- statement. Who left the panel is exempt; who was merged is written to under the identity they go
-- by now. A person has one report of a project in 31 days: a revised one waits for its day, and gives
-- way to a newer one meanwhile. format() as no value needs escaping. $1 project, $2 report version,
-- $3 project version, $4 and $5 the window, $6 the instant, $7 topic
WITH before AS MATERIALIZED (
    SELECT subject_id AS invitation_id, max(answer_day) + 31 AS free_on FROM send_order
    WHERE project_id = $1 AND kind = 'report' AND answer IN ('sent', 'unknown', 'bounced')
    GROUP BY subject_id
), people AS MATERIALIZED (
    SELECT t.invitation_id, t.member_id, gen_random_uuid() AS order_id,
        greatest($4::date, b.free_on) AS first_day,
        greatest($4::date, b.free_on) + ($5::date - $4::date) AS last_day,
        CASE WHEN m.status IN ('left', 'erased') THEN m.status END AS gone
    FROM (
        SELECT o.invitation_id,
            CASE WHEN s.status = 'merged' THEN survivor_of(o.member_id) ELSE o.member_id END
                AS member_id
        FROM (
            -- A difference of sets: a join would read again and again what is being written here.
            SELECT invitation_id, member_id FROM owed_a_report($1)
            EXCEPT
            SELECT p.invitation_id, p.member_id
            FROM report_duty d JOIN participation p ON p.invitation_id = d.invitation_id
            WHERE d.project_id = $1 AND d.report_version = $2
        ) o LEFT JOIN member s ON s.member_id = o.member_id
    ) t LEFT JOIN member m ON m.member_id = t.member_id
    LEFT JOIN before b ON b.invitation_id = t.invitation_id
), ordered AS (
    INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, report_version, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'notice', 'report', member_id, invitation_id, $1, $3, $2,
        first_day, last_day, '{}', $6
    FROM people WHERE gone IS NULL
), told AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT $7, order_id::text, 1, 'order.state', $6, format(
        '{"version":1,"order_id":"%s","state":"ordered","class":"notice","kind":"report",'
        '"member_id":"%s","subject_id":"%s","project_id":"%s","project_version":%s,'
        '"report_version":%s,"first_day":"%s","last_day":"%s","details":{}}',
        order_id, member_id, invitation_id, $1, $3, $2,
        to_char(first_day, 'YYYY-MM-DD'), to_char(last_day, 'YYYY-MM-DD'))
    FROM people WHERE gone IS NULL
), duties AS (
    INSERT INTO report_duty (project_id, report_version, invitation_id, state, order_id, reason)
    SELECT $1, $2, invitation_id, CASE WHEN gone IS NULL THEN 'owed' ELSE 'exempt' END,
        CASE WHEN gone IS NULL THEN order_id END, gone
    FROM people
    RETURNING state
)
SELECT (count(*) FILTER (WHERE state = 'owed'))::int AS owed,
    (count(*) FILTER (WHERE state = 'exempt'))::int AS exempt
FROM duties;

-- stop_older: ask registry not to send what is still under way of older versions: the new one says
-- it all, and nobody needs two messages. $1 project, $2 report version, $3 the instant, $4 topic
WITH stopped AS (
    UPDATE send_order o SET state = 'cancelled', version = o.version + 1
    FROM report_duty d
    WHERE d.project_id = $1 AND d.report_version < $2 AND d.state = 'owed'
        AND o.order_id = d.order_id AND o.state = 'ordered' AND o.answer IS NULL
    RETURNING o.*
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $4, order_id::text, version, 'order.state', $3, format(
    '{"version":%s,"order_id":"%s","state":"cancelled","class":"notice","kind":"report",'
    '"member_id":"%s","subject_id":"%s","project_id":"%s","project_version":%s,'
    '"report_version":%s,"first_day":"%s","last_day":"%s","details":{}}',
    version, order_id, member_id, subject_id, project_id, project_version, report_version,
    to_char(first_day, 'YYYY-MM-DD'), to_char(last_day, 'YYYY-MM-DD'))
FROM stopped;

-- look_again: at owed reports of locked projects whose order was refused. Some were never owed to
-- somebody who can be written to; the others get a new order, to the identity the person goes by
-- now. Nothing is ever re-dated. A report that came too soon after another waits 31 days from that
-- one, or a week where registry alone knows of it. $1 projects, $2 and $3 the window, $4 the instant,
-- $5 topic, $6 today
WITH before AS MATERIALIZED (
    SELECT project_id, subject_id AS invitation_id, max(answer_day) + 31 AS free_on FROM send_order
    WHERE project_id = ANY ($1::uuid[]) AND kind = 'report'
        AND answer IN ('sent', 'unknown', 'bounced')
    GROUP BY project_id, subject_id
), refused AS MATERIALIZED (
    SELECT d.project_id, d.report_version, d.invitation_id, o.answer, o.answer_reason, p.version,
        s.member_id, s.member_id <> o.member_id AS merged, m.status,
        duty_after(o.answer, o.answer_reason, m.status,
            s.member_id = o.member_id AND o.last_day < $6::date) AS state,
        CASE WHEN o.answer_reason = 'too_soon' THEN o.last_day + 7 END AS a_week_later
    FROM project p
    JOIN send_order o ON o.project_id = p.id AND o.report_version = p.report_version
        AND o.kind = 'report' AND o.answer = 'refused'
    JOIN report_duty d ON d.project_id = o.project_id AND d.report_version = o.report_version
        AND d.invitation_id = o.subject_id AND d.order_id = o.order_id AND d.state = 'owed'
    JOIN invitation i ON i.id = d.invitation_id
    CROSS JOIN LATERAL (SELECT survivor_of(i.member_id) AS member_id) s
    LEFT JOIN member m ON m.member_id = s.member_id
    WHERE p.id = ANY ($1::uuid[]) AND p.state = 'reporting'
), again AS MATERIALIZED (
    SELECT *, first_day + ($3::date - $2::date) AS last_day FROM (
        SELECT r.*, gen_random_uuid() AS order_id,
            greatest($2::date, coalesce(b.free_on, r.a_week_later)) AS first_day
        FROM refused r LEFT JOIN before b USING (project_id, invitation_id)
        WHERE r.state IS NULL AND (r.merged OR r.answer_reason IN ('window_over', 'too_soon'))
    ) owed
), ordered AS (
    INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, report_version, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'notice', 'report', member_id, invitation_id, project_id,
        version, report_version, first_day, last_day, '{}', $4
    FROM again
), told AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT $5, order_id::text, 1, 'order.state', $4, format(
        '{"version":1,"order_id":"%s","state":"ordered","class":"notice","kind":"report",'
        '"member_id":"%s","subject_id":"%s","project_id":"%s","project_version":%s,'
        '"report_version":%s,"first_day":"%s","last_day":"%s","details":{}}',
        order_id, member_id, invitation_id, project_id, version, report_version,
        to_char(first_day, 'YYYY-MM-DD'), to_char(last_day, 'YYYY-MM-DD'))
    FROM again
), moved AS (
    UPDATE report_duty d SET state = coalesce(r.state, d.state),
        reason = duty_reason(r.state, r.answer, r.answer_reason, r.status),
        order_id = coalesce(a.order_id, d.order_id)
    FROM refused r LEFT JOIN again a USING (project_id, report_version, invitation_id)
    WHERE d.project_id = r.project_id AND d.report_version = r.report_version
        AND d.invitation_id = r.invitation_id AND (r.state IS NOT NULL OR a.order_id IS NOT NULL)
)
SELECT count(*)::int FROM again;

-- exempt_gone: who left the panel or was erased is owed nothing any more: by the invitation, or by
-- the order that was to reach them.
UPDATE report_duty d SET state = 'exempt', reason = g.status
FROM (
    SELECT i.id AS invitation_id, n.status FROM invitation i
    JOIN unnest($1::uuid[], $2::text[]) AS n (member_id, status) ON n.member_id = i.member_id
    UNION
    SELECT o.subject_id, n.status FROM send_order o
    JOIN unnest($1::uuid[], $2::text[]) AS n (member_id, status) ON n.member_id = o.member_id
    JOIN report_duty t ON t.project_id = o.project_id AND t.report_version = o.report_version
        AND t.invitation_id = o.subject_id AND t.order_id = o.order_id
    WHERE o.kind = 'report'
) g
WHERE d.invitation_id = g.invitation_id AND d.state = 'owed' AND g.status IN ('left', 'erased');

-- close_projects: the one place where a project closes. They are locked, so what this sees is what
-- there is; the constraint trigger looks again.
UPDATE project p SET state = 'closed', version = p.version + 1, report_duties = (
    SELECT jsonb_build_object('report_version', p.report_version,
        'owed', 0, 'sent', count(*) FILTER (WHERE d.state = 'sent'),
        'undeliverable', count(*) FILTER (WHERE d.state = 'undeliverable'),
        'exempt', count(*) FILTER (WHERE d.state = 'exempt'))
    FROM report_duty d WHERE d.project_id = p.id AND d.report_version = p.report_version)
WHERE p.id = ANY ($1::uuid[]) AND p.state = 'reporting'
    AND NOT EXISTS (SELECT FROM report_duty d WHERE d.project_id = p.id
        AND d.report_version = p.report_version AND d.state = 'owed')
    AND EXISTS (SELECT FROM report r WHERE r.project_id = p.id AND r.version = p.report_version)
RETURNING p.id;
