-- report_draft: the summary being written; the draft that was published last, and when.
SELECT coalesce(s.version, 0) AS version, coalesce(s.summary, '') AS summary
FROM (SELECT 1) one LEFT JOIN report_draft s ON s.project_id = $1;

-- lock_report_draft: the same, for a change.
SELECT version, summary FROM report_draft WHERE project_id = $1 FOR UPDATE;

-- save_report_draft: none if somebody else wrote the first one at the same moment.
INSERT INTO report_draft AS held (project_id, version, summary, written_by)
VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version, summary = excluded.summary, written_by = excluded.written_by
WHERE held.version + 1 = excluded.version RETURNING 1;

-- hold_synthesis: neither the project nor the list of its synthesis changes until the transaction
-- ends; nor does any of its decisions, as whoever drafts or signs one holds that list as well.
SELECT c.version FROM project p JOIN collection c USING (project_id) WHERE p.project_id = $1
FOR SHARE OF p FOR NO KEY UPDATE OF c;

-- publish_report: the next version.
INSERT INTO published_report (project_id, version, collection_version, draft_version, summary,
    method, published_by, published_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- published_reports: the newest of each project, or of one ($1), as everybody reads them.
SELECT DISTINCT ON (r.project_id) r.project_id, r.version, r.collection_version, r.draft_version,
    r.summary, r.method, r.published_on
FROM published_report r WHERE $1::uuid IS NULL OR r.project_id = $1
ORDER BY r.project_id, r.version DESC;

-- decided_proposals: which version of each proposal the newest report of these projects answers.
SELECT DISTINCT ON (e.project_id, e.proposal_id) e.project_id, e.proposal_id, e.proposal_version
FROM published_decision e WHERE e.project_id = ANY ($1::uuid[])
ORDER BY e.project_id, e.proposal_id, e.version DESC;

-- lock_all_reports: so that what is republished is not older than what is told meanwhile.
SELECT 1 FROM report_draft ORDER BY project_id FOR NO KEY UPDATE;

-- told_version: of what this database does not know any more, else 0. $1 topic, $2 key
SELECT coalesce((SELECT version FROM told WHERE topic = $1 AND key = $2), 0);
