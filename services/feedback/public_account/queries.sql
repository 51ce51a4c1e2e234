-- find_mark: it changes in the commit that changes anything public.
SELECT mark FROM public_state;

-- upsert_figures: newer versions replace older ones; returns the months that changed.
INSERT INTO figures AS stored (month, version, body)
SELECT * FROM unnest(:months::text[], :versions::bigint[], :bodies::jsonb[])
ON CONFLICT (month) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE stored.version < excluded.version
RETURNING month;

-- list_projects: those under way, those closed, or all (null), newest first; a page of `limit` after
-- the day and the project that ended the previous one.
SELECT p.project_id, p.state, p.title, p.collection_ends_on, p.decision_maker,
    p.decision_maker_role, p.body -> 'mandate' ->> 'purpose' AS purpose,
    (p.body ->> 'recruitment_ends_on')::date AS recruitment_ends_on,
    (SELECT max(r.published_on) FROM published_report r WHERE r.project_id = p.project_id)
        AS reported_on
FROM project p
WHERE p.state NOT IN ('draft', 'abandoned')
    AND (:under_way::boolean IS NULL OR (p.state <> 'closed') = :under_way)
    AND (:after_day::date IS NULL
        OR (p.collection_ends_on, p.project_id) < (:after_day, :after_id::uuid))
ORDER BY p.collection_ends_on DESC, p.project_id DESC LIMIT :limit;

-- find_project: with the newest events about it, its reports, oldest first, and its outcomes, counted.
SELECT p.project_id, p.state, p.title, p.body, coalesce(c.body, '{}') AS collection,
    coalesce((SELECT jsonb_agg(jsonb_build_object('version', r.version, 'published_on',
            r.published_on) ORDER BY r.version)
        FROM published_report r WHERE r.project_id = p.project_id), '[]') AS reports,
    (SELECT jsonb_object_agg(outcome, decisions) FROM (
        SELECT a.outcome, count(*) AS decisions FROM answer_in_force a
        WHERE a.project_id = p.project_id GROUP BY a.outcome) o) AS outcomes
FROM project p LEFT JOIN collection c USING (project_id)
WHERE p.project_id = :project_id AND p.state <> 'draft';

-- find_report: a version, or the newest (null), and the list of versions.
SELECT p.project_id, p.title, r.version, r.summary, r.method, r.published_on,
    (SELECT jsonb_agg(jsonb_build_object('version', h.version, 'published_on', h.published_on)
            ORDER BY h.version)
        FROM published_report h WHERE h.project_id = r.project_id) AS versions
FROM published_report r JOIN project p USING (project_id)
WHERE r.project_id = :project_id AND (:version::bigint IS NULL OR r.version = :version)
ORDER BY r.version DESC LIMIT 1;

-- list_decision_versions: every published version of the decisions of a project, up to a report
-- version, with the wording of the proposals, in the order of reports: most supported first.
SELECT d.proposal_id, d.version, d.report_version, d.proposal_version, d.outcome, d.reason,
    d.next_step, d.due_on, d.owner, d.decided_by_name, d.decided_by_role, d.decided_on,
    d.published_on, w.title, w.text, w.theme, w.support
FROM published_decision d
JOIN answered_proposal w ON (w.proposal_id, w.version) = (d.proposal_id, d.proposal_version)
WHERE d.project_id = :project_id AND (:up_to::bigint IS NULL OR d.report_version <= :up_to)
ORDER BY w.support DESC, w.title, d.proposal_id, d.version;

-- find_decision: the versions of one decision, oldest first, and its follow-up.
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, w.text, w.theme, w.support,
    a.progress,
    (SELECT jsonb_agg(jsonb_build_object('version', d.version, 'report_version', d.report_version,
            'proposal_version', d.proposal_version, 'outcome', d.outcome, 'reason', d.reason,
            'next_step', d.next_step, 'due_on', d.due_on, 'owner', d.owner,
            'decided_by_name', d.decided_by_name, 'decided_by_role', d.decided_by_role,
            'decided_on', d.decided_on, 'published_on', d.published_on) ORDER BY d.version)
        FROM published_decision d WHERE d.proposal_id = a.proposal_id) AS versions,
    coalesce((SELECT f.steps FROM follow_up_steps f WHERE f.proposal_id = a.proposal_id), '[]')
        AS steps
FROM answer_in_force a
JOIN answered_proposal w ON (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p USING (project_id)
WHERE a.proposal_id = :proposal_id;

-- list_decisions: in force, newest first; a page of `limit` after the day and the proposal that ended
-- the previous one.
SELECT * FROM public_answer a
WHERE :after_day::date IS NULL OR (a.published_on, a.proposal_id) < (:after_day, :after_id::uuid)
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT :limit;

-- list_decisions_by_outcome: the same, of one outcome.
SELECT * FROM public_answer a
WHERE a.outcome = :outcome AND (:after_day::date IS NULL
    OR (a.published_on, a.proposal_id) < (:after_day, :after_id::uuid))
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT :limit;

-- list_decisions_by_progress: the same, of retained proposals; of one outcome, or both (null).
SELECT * FROM public_answer a
WHERE a.outcome <> 'not' AND a.progress = :progress
    AND (:outcome::text IS NULL OR a.outcome = :outcome)
    AND (:after_day::date IS NULL
        OR (a.published_on, a.proposal_id) < (:after_day, :after_id::uuid))
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT :limit;

-- list_overdue_decisions: due before today and neither done nor given up, oldest promise first; of
-- one outcome, or both (null).
SELECT * FROM public_answer a
WHERE a.outcome <> 'not' AND a.progress NOT IN ('done', 'given_up') AND a.due_on < :today
    AND (:outcome::text IS NULL OR a.outcome = :outcome)
    AND (:after_day::date IS NULL OR (a.due_on, a.proposal_id) > (:after_day, :after_id::uuid))
ORDER BY a.due_on, a.proposal_id LIMIT :limit;

-- list_latest_steps: newest first, with their proposals.
SELECT f.proposal_id, f.number, f.progress, f.note, f.recorded_on, a.title, a.project, a.project_id
FROM (SELECT * FROM follow_up
    ORDER BY recorded_on DESC, proposal_id DESC, number DESC LIMIT :limit) f
JOIN public_answer a USING (proposal_id)
ORDER BY f.recorded_on DESC, f.proposal_id DESC, f.number DESC;

-- list_latest_reports: newest first.
SELECT r.project_id, r.version, p.title, r.summary, r.published_on
FROM published_report r JOIN project p USING (project_id)
ORDER BY r.published_on DESC, r.project_id DESC, r.version DESC LIMIT :limit;

-- count_decisions: in force, by outcome and progress.
SELECT outcome, progress, count(*)::int AS decisions,
    (count(*) FILTER (WHERE due_on < :today AND progress NOT IN ('done', 'given_up')
        AND outcome <> 'not'))::int AS overdue
FROM answer_in_force GROUP BY outcome, progress;

-- find_charter_figures: the charter's measurable promises, over all projects.
SELECT (SELECT max((f.body ->> 'most_for_one_person_in_31_days')::int) FROM figures f)
        AS most_for_one_person,
    read.contributions, read.contributions_read,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY r.published_on - p.collection_ends_on)
        FROM published_report r JOIN project p USING (project_id) WHERE r.version = 1)
        AS median_report_days,
    (SELECT count(*) FROM published_report WHERE version = 1)::int AS reports
FROM (
    SELECT coalesce(sum((c.body ->> 'contributions')::int), 0)::int AS contributions,
        -- The event leaves out a number of unread contributions below five: four are assumed.
        coalesce(sum((c.body ->> 'contributions')::int
            - coalesce((c.body ->> 'unread')::int, least(4, (c.body ->> 'contributions')::int))),
            0)::int AS contributions_read
    FROM collection c WHERE c.body ->> 'contributions' IS NOT NULL
) read;

-- list_months: registry's monthly figures, newest first.
SELECT body FROM figures ORDER BY month DESC;

-- list_open_projects: a page of the open data.
SELECT p.project_id, p.version, p.state, p.body, coalesce(c.body, '{}') AS collection
FROM project p LEFT JOIN collection c USING (project_id)
WHERE p.project_id > :after_id AND p.state <> 'draft'
ORDER BY p.project_id LIMIT :limit;

-- list_open_reports: a page of the open data, with every version.
SELECT r.project_id, r.version, p.title AS project, r.summary, r.method,
    r.published_on,
    (SELECT count(DISTINCT d.proposal_id)::int FROM published_decision d
        WHERE d.project_id = r.project_id AND d.report_version <= r.version) AS decisions
FROM published_report r JOIN project p USING (project_id)
WHERE (r.project_id, r.version) > (:after_id, :after_version)
ORDER BY r.project_id, r.version LIMIT :limit;

-- list_open_decisions: a page of the open data, of decisions in force. The lower bound is repeated
-- for each table, or a merge join would begin each page at the first row of all.
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, w.text, w.theme, w.support,
    a.proposal_version, a.version, d.report_version, d.outcome, d.reason, d.next_step, d.due_on,
    d.owner, d.decided_by_name, d.decided_by_role, d.decided_on, d.published_on, a.progress,
    a.followed_on
FROM (SELECT * FROM answer_in_force WHERE proposal_id > :after_id
    ORDER BY proposal_id LIMIT :limit) a
JOIN published_decision d ON d.proposal_id > :after_id
    AND (d.proposal_id, d.version) = (a.proposal_id, a.version)
JOIN answered_proposal w ON w.proposal_id > :after_id
    AND (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p ON p.project_id = a.project_id
ORDER BY a.proposal_id;

-- list_open_steps: a page of the open data.
SELECT f.proposal_id, f.number, a.project_id, f.progress, f.note, f.recorded_on
FROM (SELECT * FROM follow_up WHERE (proposal_id, number) > (:after_id, :after_number)
    ORDER BY proposal_id, number LIMIT :limit) f
JOIN answer_in_force a ON a.proposal_id >= :after_id AND a.proposal_id = f.proposal_id
ORDER BY f.proposal_id, f.number;

-- list_project_addresses: for the sitemap.
SELECT p.project_id, EXISTS (SELECT FROM published_report r WHERE r.project_id = p.project_id)
    AS reported
FROM project p WHERE p.state NOT IN ('draft', 'abandoned')
ORDER BY p.project_id;

-- list_decision_addresses: for the sitemap, from `first` on and below `end` (null: all the rest).
SELECT proposal_id FROM answer_in_force
WHERE proposal_id >= :first AND (:end::uuid IS NULL OR proposal_id < :end) ORDER BY proposal_id;
