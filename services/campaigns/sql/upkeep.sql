-- send_unanswered_again: order.state of every order without an answer, as it stands. $1 topic,
-- $2 the instant
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, order_id::text, version, 'order.state', $2, json_strip_nulls(json_build_object(
    'version', version, 'order_id', order_id, 'state', state, 'class', class,
    'kind', kind, 'member_id', member_id, 'subject_id', subject_id,
    'project_id', project_id, 'project_version', project_version,
    'report_version', report_version,
    'first_day', first_day, 'last_day', last_day, 'details', details))::text
FROM send_order WHERE answer IS NULL ORDER BY ordered_at, order_id;

-- ledger_states: entries of the contact ledger.
SELECT state, count(*)::int AS n FROM ledger GROUP BY state;

-- invitation_states: invitations of all projects.
SELECT state, count(*)::int AS n FROM invitation GROUP BY state;

-- incident_kinds: what must never happen, and did.
SELECT kind, count(*)::int AS n FROM incident GROUP BY kind;

-- unanswered_orders: whose window is over; registry owes an answer to each.
SELECT count(*)::int FROM send_order WHERE answer IS NULL AND last_day < $1;

-- reports_owed: participants who wait for the latest version of their project's report, though its
-- day has come: a revised one is due 31 days after the one before. $1 today
SELECT count(*)::int FROM report_duty d JOIN project p ON p.id = d.project_id
    AND p.report_version = d.report_version
LEFT JOIN send_order o ON o.order_id = d.order_id
WHERE d.state = 'owed' AND coalesce(o.first_day <= $1::date, true);

-- erased: whom this service has forgotten, and since when: if it never knew them, since $1, today.
SELECT member_id, version, coalesce(gone_on, $1::date) AS gone_on FROM member WHERE status = 'erased' ORDER BY member_id;
