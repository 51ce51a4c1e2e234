-- Each query judges one promise from campaigns' tables alone: how many rows it looked at, and how
-- many break it. None relies on a constraint; that those still stand is judged apart.

-- ledger_apart: two entries of one person that block each other's days. The latest earlier day is
-- compared, not only the neighbour's, as a long window may reach over a short one.
WITH planned AS (
    SELECT member_id, first_day, max(last_day) OVER (
        PARTITION BY member_id ORDER BY first_day, order_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM ledger WHERE state IN ('reserved', 'consumed')
)
SELECT count(*) AS looked_at, count(*) FILTER (WHERE first_day < before + 31) AS wrong FROM planned;

-- ledger_constraint_stands: the constraint that plans the month is in force, as it was written.
SELECT count(*) FILTER (WHERE c.conname IS NOT NULL) AS looked_at,
    (count(*) FILTER (WHERE c.conname IS NULL))::int AS wrong
FROM (VALUES (1)) one (row) LEFT JOIN pg_constraint c ON c.conrelid = 'ledger'::regclass
    AND c.contype = 'x' AND c.convalidated
    AND pg_get_constraintdef(c.oid) LIKE
        'EXCLUDE USING gist (member_id WITH =, daterange(first_day, (last_day + 31)) WITH &&)%'
    AND pg_get_constraintdef(c.oid) LIKE '%reserved%'
    AND pg_get_constraintdef(c.oid) LIKE '%consumed%';

-- solicitations_planned: every invitation or reminder has its entry in the ledger.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE l.order_id IS NULL) AS wrong
FROM send_order o LEFT JOIN ledger l USING (order_id) WHERE o.kind IN ('invitation', 'reminder');

-- ledger_as_answered: consumed where a message may have left, released only where none did.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE l.state IS DISTINCT FROM CASE WHEN o.answer = 'refused' THEN 'released' ELSE 'consumed' END
    ) AS wrong
FROM send_order o JOIN ledger l USING (order_id) WHERE o.answer IS NOT NULL;

-- orders_answered: an order whose window is over has registry's answer.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE o.answer IS NULL
        AND o.last_day < (:now::timestamptz AT TIME ZONE coalesce(m.zone, 'Etc/GMT+12'))::date
    ) AS wrong
FROM send_order o LEFT JOIN member m USING (member_id);

-- nothing_contradicted: an answer that contradicts a final one opens an incident.
SELECT (SELECT count(*) FROM send_order WHERE answer IS NOT NULL) AS looked_at,
    (SELECT count(*) FROM incident) AS wrong;

-- participations_chosen: nobody takes part in a project without having accepted its invitation.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE i.id IS NULL) AS wrong
FROM participation p LEFT JOIN invitation i ON i.id = p.invitation_id
    AND i.project_id = p.project_id AND i.member_id = p.member_id AND i.state = 'accepted';

-- one_invitation_per_project: nobody is invited twice to one project.
SELECT coalesce(sum(n), 0)::bigint AS looked_at, count(*) FILTER (WHERE n > 1) AS wrong
FROM (SELECT count(*) AS n FROM invitation GROUP BY project_id, member_id) i;

-- declines_unseen: the role that draws cannot read an answer.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE has_column_privilege('panel_draw', a.attrelid, a.attnum, 'SELECT')) AS wrong
FROM pg_attribute a
WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attrelid = 'participation'::regclass
    OR (a.attrelid = 'invitation'::regclass AND a.attname IN ('state', 'answered_at')));

-- mandates_complete: why, what for, who, how, what is at stake, who decides, and until when.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE '' = ANY (ARRAY[btrim(coalesce(title, '')), btrim(coalesce(nature, '')),
            btrim(coalesce(why, '')), btrim(coalesce(stakes, '')), btrim(coalesce(objectives, '')),
            btrim(coalesce(purpose, '')), btrim(coalesce(decision_maker_name, '')),
            btrim(coalesce(decision_maker_role, '')), btrim(coalesce(who, '')),
            btrim(coalesce(how, ''))])
        OR recruitment_ends_on IS NULL OR collection_ends_on IS NULL) AS wrong
FROM project WHERE state NOT IN ('draft', 'abandoned');

-- invited_for_published_projects: nobody is asked for a project that has not said all this.
SELECT count(*) AS looked_at,
    count(*) FILTER (WHERE p.state IN ('draft', 'published', 'abandoned')) AS wrong
FROM invitation i JOIN project p ON p.id = i.project_id;

-- compensations_referenced: participation is unpaid unless the mandate says so, with a reference.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE compensation_terms IS NOT NULL AND btrim(coalesce(compensation_reference, '')) = ''
    ) AS wrong
FROM project WHERE state NOT IN ('draft', 'abandoned');

-- draws_committed: the seed used is the one whose hash was published before anybody was read.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE c.commitment IS DISTINCT FROM encode(sha256(c.seed), 'hex') OR d.seed <> c.seed) AS wrong
FROM draw_campaign d JOIN campaign c ON c.id = d.campaign_id;

-- closed_owe_no_report: a closed project has a report, and owes its newest version to nobody.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE n.newest IS NULL OR EXISTS (SELECT FROM report_duty d
        WHERE d.project_id = p.id AND d.report_version >= n.newest AND d.state = 'owed')) AS wrong
FROM project p
CROSS JOIN LATERAL (SELECT max(version) AS newest FROM report WHERE project_id = p.id) n
WHERE p.state = 'closed';

-- participants_reported: everybody who took part in a closed project (who stayed, and who stopped
-- but had an anonymous credential) was sent its newest report, or could not be, or has left.
WITH took_part AS (
    SELECT a.project_id, a.invitation_id, r.version FROM project p
    JOIN participation a ON a.project_id = p.id
    LEFT JOIN report r ON r.project_id = p.id
    LEFT JOIN credential c ON c.invitation_id = a.invitation_id
    WHERE p.state = 'closed'
        AND (a.state = 'joined' OR (a.state = 'left' AND c.invitation_id IS NOT NULL))
)
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE coalesce(d.state, '') NOT IN ('sent', 'undeliverable', 'exempt')) AS wrong
FROM took_part t LEFT JOIN report_duty d ON d.project_id = t.project_id
    AND d.invitation_id = t.invitation_id AND d.report_version = t.version;

-- reports_as_answered: a duty says sent only where registry said that its message was.
SELECT count(*) AS looked_at,
    count(*) FILTER (WHERE o.answer IS DISTINCT FROM 'sent' OR o.kind <> 'report') AS wrong
FROM report_duty d LEFT JOIN send_order o USING (order_id) WHERE d.state = 'sent';

-- closing_constraint_stands: the trigger that keeps a project open is in force.
SELECT count(*) FILTER (WHERE t.oid IS NOT NULL) AS looked_at,
    (count(*) FILTER (WHERE t.oid IS NULL))::int AS wrong
FROM (VALUES (1)) one (row) LEFT JOIN pg_trigger t ON t.tgrelid = 'project'::regclass
    AND t.tgname = 'project_closes_when_nothing_is_owed' AND t.tgenabled = 'O' AND t.tgdeferrable;

-- ordered: every message that campaigns ordered, and registry's answer.
SELECT order_id, kind, member_id, answer FROM send_order;
