-- upsert_projects: newer versions replace older ones; returns the projects that changed.
INSERT INTO project AS stored (project_id, version, state, title, decision_maker,
    decision_maker_role, decision_maker_account, collection_ends_on, body)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :states::text[], :titles::text[],
    :decision_makers::text[], :decision_maker_roles::text[], :decision_maker_accounts::text[],
    :collection_ends_on::date[], :bodies::jsonb[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version,
    state = excluded.state,
    title = excluded.title,
    decision_maker = excluded.decision_maker,
    decision_maker_role = excluded.decision_maker_role,
    decision_maker_account = excluded.decision_maker_account,
    collection_ends_on = excluded.collection_ends_on,
    body = excluded.body
WHERE stored.version < excluded.version
RETURNING project_id;

-- upsert_collections: newer versions replace older ones; returns the projects that changed.
INSERT INTO collection AS stored (project_id, version, state, body)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :states::text[], :bodies::jsonb[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version, state = excluded.state, body = excluded.body
WHERE stored.version < excluded.version
RETURNING project_id;

-- list_proposals: replaces the proposals that the syntheses of these projects list.
WITH listed AS (
    SELECT c.project_id, (l.proposal ->> 'id')::uuid AS proposal_id,
        (l.proposal ->> 'version')::bigint AS version
    FROM collection c
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(c.body -> 'proposals', '[]')) AS l (proposal)
    WHERE c.project_id = ANY (:project_ids::uuid[])
), removed AS (
    DELETE FROM listed_proposal stored WHERE stored.project_id = ANY (:project_ids::uuid[])
        AND NOT EXISTS (SELECT FROM listed l
            WHERE (l.project_id, l.proposal_id) = (stored.project_id, stored.proposal_id))
)
INSERT INTO listed_proposal AS stored (project_id, proposal_id, version)
SELECT project_id, proposal_id, version FROM listed
ON CONFLICT ON CONSTRAINT listed_once DO UPDATE SET version = excluded.version
WHERE stored.version <> excluded.version;

-- upsert_proposals: newer versions replace older ones; returns the projects that changed.
INSERT INTO proposal AS stored
    (proposal_id, version, project_id, title, text, theme, support, merged_ids)
SELECT p.proposal_id, p.version, p.project_id, p.title, p.text, p.theme, p.support,
    p.merged_ids::uuid[]
FROM unnest(:proposal_ids::uuid[], :versions::bigint[], :project_ids::uuid[], :titles::text[],
        :texts::text[], :themes::text[], :supports::int[], :merged_ids::text[])
    AS p (proposal_id, version, project_id, title, text, theme, support, merged_ids)
ON CONFLICT (proposal_id) DO UPDATE
SET version = excluded.version,
    project_id = excluded.project_id,
    title = excluded.title,
    text = excluded.text,
    theme = excluded.theme,
    support = excluded.support,
    merged_ids = excluded.merged_ids
WHERE stored.version < excluded.version
RETURNING project_id;

-- list_projects: every project, or one (`project_id`), longest waiting first, with the counts of its
-- listed proposals by the state of their decisions. The collection may be missing, as topics are
-- consumed in any order. A synthesis without its list of proposals counts as none.
SELECT p.project_id, p.title, p.state, p.decision_maker, p.collection_ends_on,
    c.state AS collection, (c.body ->> 'contributions')::int AS contributions,
    (c.body ->> 'unread')::int AS unread,
    CASE WHEN c.state = 'synthesised' AND jsonb_typeof(c.body -> 'proposals') = 'array'
        THEN n.proposals END AS proposals,
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
WHERE :project_id::uuid IS NULL OR p.project_id = :project_id
ORDER BY p.collection_ends_on, p.title, p.project_id;

-- find_source_events: the newest events about a project and its collection.
SELECT p.body AS project, coalesce(c.body, '{}') AS collection,
    coalesce(c.version, 0) AS collection_version
FROM project p LEFT JOIN collection c USING (project_id) WHERE p.project_id = :project_id;

-- count_projects: by state.
SELECT state, count(*) AS projects FROM project GROUP BY state;

-- count_overdue: proposals without a signed decision, of projects whose collection ended before a day.
-- Closed projects, most of all, are left out: each of their proposals has its decision.
SELECT count(*)::int FROM project p
JOIN collection c ON c.project_id = p.project_id AND c.state = 'synthesised'
JOIN listed_proposal l ON l.project_id = p.project_id
LEFT JOIN decision d ON d.proposal_id = l.proposal_id AND d.proposal_version = l.version
    AND d.state <> 'drafted'
WHERE p.state IN ('collected', 'reporting') AND p.collection_ends_on < :ended_before
    AND d.proposal_id IS NULL
    AND NOT EXISTS (SELECT FROM published_decision e
        WHERE e.proposal_id = l.proposal_id AND e.proposal_version = l.version);
