-- see_projects: hold newer versions of projects; says which.
INSERT INTO project AS held (project_id, version, state, title, decision_maker,
    decision_maker_role, decision_maker_account, collection_ends_on, body)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::date[], $9::jsonb[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version,
    state = excluded.state,
    title = excluded.title,
    decision_maker = excluded.decision_maker,
    decision_maker_role = excluded.decision_maker_role,
    decision_maker_account = excluded.decision_maker_account,
    collection_ends_on = excluded.collection_ends_on,
    body = excluded.body
WHERE held.version < excluded.version
RETURNING project_id;

-- see_collections: hold newer versions of collections; says which.
INSERT INTO collection AS held (project_id, version, state, body)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::jsonb[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version, state = excluded.state, body = excluded.body
WHERE held.version < excluded.version
RETURNING project_id;

-- list_proposals: the lists of these collections, in place of those heard before.
WITH lists AS (
    SELECT c.project_id, (l.one ->> 'id')::uuid AS proposal_id, (l.one ->> 'version')::bigint AS version
    FROM collection c
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(c.body -> 'proposals', '[]')) AS l (one)
    WHERE c.project_id = ANY ($1::uuid[])
), gone AS (
    DELETE FROM listed_proposal h WHERE h.project_id = ANY ($1::uuid[])
        AND NOT EXISTS (SELECT FROM lists l
            WHERE (l.project_id, l.proposal_id) = (h.project_id, h.proposal_id))
)
INSERT INTO listed_proposal AS held (project_id, proposal_id, version)
SELECT project_id, proposal_id, version FROM lists
ON CONFLICT ON CONSTRAINT listed_once DO UPDATE SET version = excluded.version
WHERE held.version <> excluded.version;

-- see_proposals: hold newer versions of proposals; says whose.
INSERT INTO proposal AS held
    (proposal_id, version, project_id, title, text, theme, support, merged_ids)
SELECT p.proposal_id, p.version, p.project_id, p.title, p.text, p.theme, p.support,
    p.merged_ids::uuid[]
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[],
    $8::text[]) AS p (proposal_id, version, project_id, title, text, theme, support, merged_ids)
ON CONFLICT (proposal_id) DO UPDATE
SET version = excluded.version,
    project_id = excluded.project_id,
    title = excluded.title,
    text = excluded.text,
    theme = excluded.theme,
    support = excluded.support,
    merged_ids = excluded.merged_ids
WHERE held.version < excluded.version
RETURNING project_id;

-- see_figures: hold newer versions of registry's months.
INSERT INTO figures AS held (month, version, body)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[])
ON CONFLICT (month) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE held.version < excluded.version
RETURNING month;
