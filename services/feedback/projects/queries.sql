-- standings: every project on its way to a report, or one of them ($1), those that wait longest
-- first. A collection that is not known yet is simply not there: topics come in any order. Nor is one
-- of version 0: its list was not kept, and it is told anew.
SELECT p.project_id, p.title, p.state, p.decision_maker, p.collection_ends_on,
    CASE WHEN c.version > 0 THEN c.state END AS collection, (c.body ->> 'contributions')::int AS contributions,
    (c.body ->> 'unread')::int AS unread,
    CASE WHEN c.version > 0 AND c.state = 'synthesised' THEN n.proposals END AS proposals,
    n.missing, n.awaiting, n.drafted, n.redrafted, n.signed, n.revised,
    s.summary IS NOT NULL AS has_summary,
    coalesce(s.version <> r.draft_version, false) AS summary_changed,
    r.version AS report_version, p.body -> 'report_duties' AS duties
FROM project p
LEFT JOIN collection c USING (project_id)
LEFT JOIN report_draft s USING (project_id)
LEFT JOIN LATERAL (
    SELECT version, draft_version FROM published_report h
    WHERE h.project_id = p.project_id ORDER BY version DESC LIMIT 1
) r ON true
CROSS JOIN LATERAL (
    SELECT count(*)::int AS proposals,
        (count(*) FILTER (WHERE h.proposal_id IS NULL))::int AS missing,
        (count(*) FILTER (WHERE h.proposal_id IS NOT NULL
            AND d.proposal_version IS DISTINCT FROM l.version))::int AS awaiting,
        (count(*) FILTER (WHERE d.state = 'drafted' AND d.proposal_version = l.version
            AND NOT e.answered))::int AS drafted,
        (count(*) FILTER (WHERE d.state = 'drafted' AND d.proposal_version = l.version
            AND e.answered))::int AS redrafted,
        (count(*) FILTER (WHERE d.state <> 'drafted' AND d.proposal_version = l.version))::int
            AS signed,
        (count(*) FILTER (WHERE d.state = 'signed'))::int AS revised
    FROM listed_proposal l
    LEFT JOIN proposal h ON h.proposal_id = l.proposal_id AND h.version = l.version
    LEFT JOIN decision d ON d.proposal_id = l.proposal_id
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM published_decision e
        WHERE e.proposal_id = l.proposal_id AND e.proposal_version = l.version) AS answered) e
    WHERE l.project_id = p.project_id
) n
WHERE $1::uuid IS NULL OR p.project_id = $1
ORDER BY p.collection_ends_on, p.title, p.project_id;

-- bodies: a project and its collection as they were told.
SELECT p.body AS project, coalesce(c.body, '{}') AS collection, coalesce(c.version, 0) AS version
FROM project p LEFT JOIN collection c USING (project_id) WHERE p.project_id = $1;

-- count_projects: by state.
SELECT state, count(*) AS projects FROM project GROUP BY state;

-- count_overdue: proposals without a signed decision, of projects whose collection ended before $1.
-- Of closed ones each has its decision: they need not be looked at, and are most of all.
SELECT count(*)::int FROM project p
JOIN collection c ON c.project_id = p.project_id AND c.state = 'synthesised'
JOIN listed_proposal l ON l.project_id = p.project_id
LEFT JOIN decision d ON d.proposal_id = l.proposal_id AND d.proposal_version = l.version
    AND d.state <> 'drafted'
WHERE p.state IN ('collected', 'reporting') AND p.collection_ends_on < $1
    AND d.proposal_id IS NULL
    AND NOT EXISTS (SELECT FROM published_decision e
        WHERE e.proposal_id = l.proposal_id AND e.proposal_version = l.version);
