-- mark: changes whenever anything public does.
SELECT mark FROM public_state;

-- A project of version 0 was heard of before its mandate was kept: it is shown once it is told anew.

-- public_projects: those under way ($1), those closed, or all (null), newest first. A page of $4,
-- after the day and the project of the last one shown ($2, $3).
SELECT p.project_id, p.state, p.title, p.collection_ends_on, p.decision_maker,
    p.decision_maker_role, p.body -> 'mandate' ->> 'purpose' AS purpose,
    (p.body ->> 'recruitment_ends_on')::date AS recruitment_ends_on,
    (SELECT max(r.published_on) FROM published_report r WHERE r.project_id = p.project_id)
        AS reported_on
FROM project p
WHERE p.state NOT IN ('draft', 'abandoned') AND p.version > 0
    AND ($1::boolean IS NULL OR (p.state <> 'closed') = $1)
    AND ($2::date IS NULL OR (p.collection_ends_on, p.project_id) < ($2, $3::uuid))
ORDER BY p.collection_ends_on DESC, p.project_id DESC LIMIT $4;

-- public_project: one, as it was told, with its collection, and its reports, oldest first.
SELECT p.project_id, p.state, p.title, p.body, coalesce(c.body, '{}') AS collection,
    coalesce((SELECT jsonb_agg(jsonb_build_object('version', r.version, 'published_on',
            r.published_on) ORDER BY r.version)
        FROM published_report r WHERE r.project_id = p.project_id), '[]') AS reports,
    (SELECT jsonb_object_agg(outcome, answers) FROM (
        SELECT a.outcome, count(*) AS answers FROM answer_in_force a
        WHERE a.project_id = p.project_id GROUP BY a.outcome) o) AS outcomes
FROM project p LEFT JOIN collection c USING (project_id)
WHERE p.project_id = $1 AND p.state <> 'draft' AND p.version > 0;

-- public_report: a version ($2), or the newest (null), and the versions there are.
SELECT p.project_id, p.title, r.version, r.summary, r.method, r.published_on,
    (SELECT jsonb_agg(jsonb_build_object('version', h.version, 'published_on', h.published_on)
            ORDER BY h.version)
        FROM published_report h WHERE h.project_id = r.project_id) AS versions
FROM published_report r JOIN project p USING (project_id)
WHERE r.project_id = $1 AND ($2::bigint IS NULL OR r.version = $2)
ORDER BY r.version DESC LIMIT 1;

-- versions_of_project: every published version of the decisions of a project up to a report ($2),
-- each with the words it answers, in the order of reports: proposals with most support first.
SELECT d.proposal_id, d.version, d.report_version, d.proposal_version, d.outcome, d.reason,
    d.next_step, d.due_on, d.owner, d.decided_by_name, d.decided_by_role, d.decided_on,
    d.published_on, w.title, w.text, w.theme, w.support
FROM published_decision d
JOIN answered_proposal w ON (w.proposal_id, w.version) = (d.proposal_id, d.proposal_version)
WHERE d.project_id = $1 AND ($2::bigint IS NULL OR d.report_version <= $2)
ORDER BY w.support DESC, w.title, d.proposal_id, d.version;

-- public_decision: the versions of one answer, oldest first, and what became of it.
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, w.text, w.theme, w.support,
    a.progress,
    (SELECT jsonb_agg(jsonb_build_object('version', d.version, 'report_version', d.report_version,
            'proposal_version', d.proposal_version, 'outcome', d.outcome, 'reason', d.reason,
            'next_step', d.next_step, 'due_on', d.due_on, 'owner', d.owner,
            'decided_by_name', d.decided_by_name, 'decided_by_role', d.decided_by_role,
            'decided_on', d.decided_on, 'published_on', d.published_on) ORDER BY d.version)
        FROM published_decision d WHERE d.proposal_id = a.proposal_id) AS versions,
    coalesce((SELECT jsonb_agg(jsonb_build_object('progress', f.progress, 'note', f.note,
            'on', f.recorded_on) ORDER BY f.number)
        FROM follow_up f WHERE f.proposal_id = a.proposal_id), '[]') AS steps
FROM answer_in_force a
JOIN answered_proposal w ON (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p USING (project_id)
WHERE a.proposal_id = $1;

-- public_answers: a page of $1 answers in force, newest first, after the day and the proposal of
-- the last one shown ($2, $3).
SELECT * FROM public_answer a
WHERE $2::date IS NULL OR (a.published_on, a.proposal_id) < ($2, $3::uuid)
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT $1;

-- answers_by_outcome: the same, of one outcome ($4).
SELECT * FROM public_answer a
WHERE a.outcome = $4 AND ($2::date IS NULL OR (a.published_on, a.proposal_id) < ($2, $3::uuid))
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT $1;

-- answers_by_progress: the same, of what was kept and has come so far ($4); of an outcome, or both
-- ($5).
SELECT * FROM public_answer a
WHERE a.outcome <> 'not' AND a.progress = $4 AND ($5::text IS NULL OR a.outcome = $5)
    AND ($2::date IS NULL OR (a.published_on, a.proposal_id) < ($2, $3::uuid))
ORDER BY a.published_on DESC, a.proposal_id DESC LIMIT $1;

-- overdue_promises: what was to be done before today ($4), the oldest promise first, after the day
-- and the proposal of the last one shown ($2, $3). A page of $1; of an outcome, or both ($5).
SELECT * FROM public_answer a
WHERE a.outcome <> 'not' AND a.progress NOT IN ('done', 'given_up') AND a.due_on < $4
    AND ($5::text IS NULL OR a.outcome = $5)
    AND ($2::date IS NULL OR (a.due_on, a.proposal_id) > ($2, $3::uuid))
ORDER BY a.due_on, a.proposal_id LIMIT $1;

-- latest_steps: what was done last, on what.
SELECT f.proposal_id, f.number, f.progress, f.note, f.recorded_on, a.title, a.project, a.project_id
FROM (SELECT * FROM follow_up ORDER BY recorded_on DESC, proposal_id DESC, number DESC LIMIT $1) f
JOIN public_answer a USING (proposal_id)
ORDER BY f.recorded_on DESC, f.proposal_id DESC, f.number DESC;

-- latest_reports: newest first.
SELECT r.project_id, r.version, p.title, r.summary, r.published_on
FROM published_report r JOIN project p USING (project_id)
ORDER BY r.published_on DESC, r.project_id DESC, r.version DESC LIMIT $1;

-- count_answers: in force, by outcome and by what became of them.
SELECT outcome, progress, count(*)::int AS answers,
    (count(*) FILTER (WHERE due_on < $1 AND progress NOT IN ('done', 'given_up')
        AND outcome <> 'not'))::int AS overdue
FROM answer_in_force GROUP BY outcome, progress;

-- charter_figures: what the charter promises, measured over all projects.
SELECT (SELECT max((f.body ->> 'most_for_one_person_in_31_days')::int) FROM figures f)
        AS most_for_one_person,
    read.contributions, read.read,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY r.published_on - p.collection_ends_on)
        FROM published_report r JOIN project p USING (project_id) WHERE r.version = 1)
        AS median_report_days,
    (SELECT count(*) FROM published_report WHERE version = 1)::int AS reports,
    (SELECT count(*) FROM project WHERE state NOT IN ('draft', 'abandoned'))::int AS projects
FROM (
    SELECT coalesce(sum((c.body ->> 'contributions')::int), 0)::int AS contributions,
        -- Up to four that wait for a reading are not told.
        coalesce(sum((c.body ->> 'contributions')::int
            - coalesce((c.body ->> 'unread')::int, least(4, (c.body ->> 'contributions')::int))),
            0)::int AS read
    FROM collection c WHERE c.body ->> 'contributions' IS NOT NULL
) read;

-- months: registry's figures, newest first.
SELECT body FROM figures ORDER BY month DESC;

-- open_projects: for the open data, a page of $2 after $1.
SELECT p.project_id, p.version, p.state, p.body, coalesce(c.body, '{}') AS collection
FROM project p LEFT JOIN collection c USING (project_id)
WHERE p.project_id > $1 AND p.state <> 'draft' AND p.version > 0
ORDER BY p.project_id LIMIT $2;

-- open_reports: every version, a page of $3 after $1, $2.
SELECT r.project_id, r.version, p.title AS project, r.summary, r.method,
    r.published_on,
    (SELECT count(DISTINCT d.proposal_id)::int FROM published_decision d
        WHERE d.project_id = r.project_id AND d.report_version <= r.version) AS decisions
FROM published_report r JOIN project p USING (project_id)
WHERE (r.project_id, r.version) > ($1, $2) ORDER BY r.project_id, r.version LIMIT $3;

-- open_decisions: those in force, a page of $2 after $1. The bounds are said of each table, or a
-- merge would begin each page at the first row of all.
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, w.text, w.theme, w.support,
    a.proposal_version, a.version, d.report_version, d.outcome, d.reason, d.next_step, d.due_on,
    d.owner, d.decided_by_name, d.decided_by_role, d.decided_on, d.published_on, a.progress,
    a.followed_on
FROM (SELECT * FROM answer_in_force WHERE proposal_id > $1 ORDER BY proposal_id LIMIT $2) a
JOIN published_decision d ON d.proposal_id > $1
    AND (d.proposal_id, d.version) = (a.proposal_id, a.version)
JOIN answered_proposal w ON w.proposal_id > $1
    AND (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p ON p.project_id = a.project_id
ORDER BY a.proposal_id;

-- open_steps: of what was kept, a page of $3 after $1, $2.
SELECT f.proposal_id, f.number, a.project_id, f.progress, f.note, f.recorded_on
FROM (SELECT * FROM follow_up WHERE (proposal_id, number) > ($1, $2)
    ORDER BY proposal_id, number LIMIT $3) f
JOIN answer_in_force a ON a.proposal_id >= $1 AND a.proposal_id = f.proposal_id
ORDER BY f.proposal_id, f.number;

-- addresses_of_projects: for the sitemap.
SELECT p.project_id, EXISTS (SELECT FROM published_report r WHERE r.project_id = p.project_id)
    AS reported
FROM project p WHERE p.state NOT IN ('draft', 'abandoned') AND p.version > 0
ORDER BY p.project_id;

-- addresses_of_decisions: from $1 on, below $2 (null: to the end).
SELECT proposal_id FROM answer_in_force
WHERE proposal_id >= $1 AND ($2::uuid IS NULL OR proposal_id < $2) ORDER BY proposal_id;
