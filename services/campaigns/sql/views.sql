-- project_views: all projects, or one, with their live counts, in one pass per table.
WITH shown AS (
    SELECT * FROM project WHERE $1::uuid IS NULL OR id = $1
), wished AS (
    SELECT project_id, sum(wanted)::bigint AS wanted FROM campaign
    WHERE state = 'launched' AND ($1::uuid IS NULL OR project_id = $1) GROUP BY 1
), asked AS (
    SELECT project_id, count(*) FILTER (WHERE answer IS DISTINCT FROM 'refused')::int AS ordered,
        count(*) FILTER (WHERE answer <> 'refused')::int AS sent
    FROM send_order
    WHERE kind = 'invitation' AND ($1::uuid IS NULL OR project_id = $1) GROUP BY 1
), refused AS (
    SELECT project_id, jsonb_object_agg(answer_reason, n) AS by_reason FROM (
        SELECT project_id, answer_reason, count(*)::int AS n FROM send_order
        WHERE kind = 'invitation' AND answer = 'refused'
            AND ($1::uuid IS NULL OR project_id = $1)
        GROUP BY 1, 2) r GROUP BY 1
), answered AS (
    SELECT project_id, count(*) FILTER (WHERE state = 'accepted')::int AS accepted,
        count(*) FILTER (WHERE state = 'declined')::int AS declined
    FROM invitation
    WHERE answered_at IS NOT NULL AND ($1::uuid IS NULL OR project_id = $1) GROUP BY 1
), taking_part AS (
    SELECT project_id, count(*) FILTER (WHERE state = 'waitlisted')::int AS waitlisted,
        count(*) FILTER (WHERE state = 'left')::int AS left
    FROM participation WHERE $1::uuid IS NULL OR project_id = $1 GROUP BY 1
), duties AS (
    SELECT d.project_id, jsonb_object_agg(d.state, d.n) AS by_state FROM (
        SELECT t.project_id, t.state, count(*)::int AS n FROM report_duty t
        JOIN shown p ON p.id = t.project_id AND p.report_version = t.report_version
        GROUP BY 1, 2) d GROUP BY 1
)
SELECT p.id, p.version, p.state, p.title, p.nature, p.why, p.stakes, p.objectives, p.purpose,
    p.decision_maker_name, p.decision_maker_role, p.decision_maker_account, p.who, p.how, p.compensation_terms,
    p.compensation_reference, p.recruitment_ends_on, p.collection_ends_on, p.places, p.free_places,
    p.anonymity_floor, p.asked, p.joined, p.ended_early_reason, p.credential_key,
    p.credentials_issued, p.report_version, p.report_duties, h.version AS report_held,
    d.by_state AS duties, k.state AS collection, coalesce(w.wanted, 0) AS wanted, coalesce(a.ordered, 0) AS ordered,
    coalesce(a.sent, 0) AS sent, coalesce(n.accepted, 0) AS accepted,
    coalesce(n.declined, 0) AS declined, coalesce(t.waitlisted, 0) AS waitlisted,
    coalesce(t.left, 0) AS "left", coalesce(r.by_reason, '{}') AS refused_by_reason
FROM shown p
LEFT JOIN collection k ON k.project_id = p.id
LEFT JOIN report h ON h.project_id = p.id
LEFT JOIN duties d ON d.project_id = p.id
LEFT JOIN wished w ON w.project_id = p.id
LEFT JOIN asked a ON a.project_id = p.id
LEFT JOIN refused r ON r.project_id = p.id
LEFT JOIN answered n ON n.project_id = p.id
LEFT JOIN taking_part t ON t.project_id = p.id
ORDER BY p.created_at DESC, p.id;

-- campaigns_of: a project's campaigns, oldest first.
SELECT id, project_id, title, state, wanted, audience, quotas, first_day, window_days,
    commitment AS draw_commitment, launched_at
FROM campaign WHERE project_id = $1 ORDER BY created_at, id;

-- campaigns_among: the same for given ids.
SELECT id, project_id, title, state, wanted, audience, quotas, first_day, window_days,
    commitment AS draw_commitment, launched_at
FROM campaign WHERE id = ANY ($1::uuid[]) ORDER BY created_at, id;

-- newest_answers: by pseudonym (of the invitation, not of the member) and coded attributes;
-- newest day first, and in random order within one.
SELECT i.id, substr(encode(sha256(uuid_send(i.id)), 'hex'), 1, 4) || '…' AS pseudonym,
    coalesce(a.state, i.state) AS answer, (coalesce(a.left_at, i.answered_at) AT TIME ZONE 'UTC')::date AS "on",
    coalesce(f.attributes, '{}') AS attributes
FROM invitation i
LEFT JOIN participation a ON a.invitation_id = i.id
LEFT JOIN member m ON m.member_id = i.member_id
LEFT JOIN profile f ON f.id = m.profile_id
WHERE i.project_id = $1 AND i.answered_at IS NOT NULL
ORDER BY coalesce(a.left_at, i.answered_at) DESC, i.id LIMIT 50;

-- accepted_per_day: how many days ago (0 to 23), and how many; of one project or of all. $1 today
SELECT $1::date - (answered_at AT TIME ZONE 'UTC')::date AS days_ago, count(*)::int AS n
FROM invitation
WHERE state = 'accepted' AND answered_at > ($1::date - 24)::timestamp AT TIME ZONE 'UTC'
    AND answered_at <= $1::date::timestamp AT TIME ZONE 'UTC'
    AND ($2::uuid IS NULL OR project_id = $2)
GROUP BY 1;

-- free_from: active members by the first day from $1 on which they can be solicited.
SELECT greatest($1::date, m.not_before, b.free_on) AS day, count(*)::int AS members
FROM member m LEFT JOIN (
    SELECT member_id, max(last_day) + 31 AS free_on FROM ledger
    WHERE state IN ('reserved', 'consumed') AND last_day > $1::date - 31 GROUP BY 1
) b ON b.member_id = m.member_id
WHERE m.status = 'active' AND (m.ends_on IS NULL OR m.ends_on > $1)
GROUP BY 1 ORDER BY 1;

-- today: the day at a glance. $1 today
SELECT
    (SELECT count(*) FROM ledger WHERE state = 'consumed' AND last_day = $1)::int AS asked,
    (SELECT count(*) FROM invitation
        WHERE state = 'accepted' AND answered_at = $1::date::timestamp AT TIME ZONE 'UTC')::int AS opted_in,
    (SELECT count(*) FROM invitation
        WHERE state = 'declined' AND answered_at = $1::date::timestamp AT TIME ZONE 'UTC')::int AS declined,
    (SELECT count(*) FROM member WHERE gone_on = $1 AND status <> 'merged')::int AS left_panel,
    (SELECT count(*) FROM send_order
        WHERE answer IS NULL AND last_day < $1)::int AS orders_unanswered,
    (SELECT count(DISTINCT member_id) FROM (
        SELECT member_id, first_day - lag(last_day) OVER (
            PARTITION BY member_id ORDER BY first_day) AS apart
        FROM ledger WHERE state = 'consumed' AND last_day > $1::date - 62) t
        WHERE apart < 31)::int AS solicited_twice,
    (SELECT count(*) FROM member WHERE status = 'active')::int AS members;
