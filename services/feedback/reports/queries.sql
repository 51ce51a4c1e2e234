-- find_report_draft: version 0 and an empty summary before the first draft.
SELECT coalesce(s.version, 0) AS version, coalesce(s.summary, '') AS summary
FROM (SELECT 1) single LEFT JOIN report_draft s ON s.project_id = :project_id;

-- lock_report_draft: none before the first draft.
SELECT version, summary FROM report_draft WHERE project_id = :project_id FOR UPDATE;

-- upsert_report_draft: nothing if another first draft was inserted at the same moment.
INSERT INTO report_draft AS stored (project_id, version, summary, written_by)
VALUES (:project_id, :version, :summary, :author)
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version, summary = excluded.summary, written_by = excluded.written_by
WHERE stored.version + 1 = excluded.version RETURNING 1;

-- lock_synthesis: neither the project nor the list of its synthesis changes until the transaction
-- ends; nor does any of its decisions, as drafting and signing lock that list as well.
SELECT c.version FROM project p JOIN collection c USING (project_id)
WHERE p.project_id = :project_id
FOR SHARE OF p FOR NO KEY UPDATE OF c;

-- insert_published_report: the next version.
INSERT INTO published_report (project_id, version, collection_version, draft_version, summary,
    method, published_by, published_on)
VALUES (:project_id, :version, :collection_version, :draft_version, :summary, :method,
    :published_by, :published_on);

-- list_published_reports: the newest version of each project, or of one (`project_id`).
SELECT DISTINCT ON (r.project_id) r.project_id, r.version, r.collection_version, r.draft_version,
    r.summary, r.method, r.published_on
FROM published_report r WHERE :project_id::uuid IS NULL OR r.project_id = :project_id
ORDER BY r.project_id, r.version DESC;

-- list_decided_proposals: the version of each proposal that the newest reports of projects decide.
SELECT DISTINCT ON (e.project_id, e.proposal_id) e.project_id, e.proposal_id, e.proposal_version
FROM published_decision e WHERE e.project_id = ANY (:project_ids::uuid[])
ORDER BY e.project_id, e.proposal_id, e.version DESC;

-- lock_all_report_drafts: no report is published while all are republished.
SELECT 1 FROM report_draft ORDER BY project_id FOR NO KEY UPDATE;

-- find_version_before_restore: of a report that only its topic knows after a restore, else 0.
SELECT coalesce((SELECT version FROM told WHERE topic = :topic AND key = :project_id), 0);
