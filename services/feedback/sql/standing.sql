-- see_projects: hold newer versions of projects.
INSERT INTO project AS held
    (project_id, version, state, title, decision_maker, collection_ends_on)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::date[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version,
    state = excluded.state,
    title = excluded.title,
    decision_maker = excluded.decision_maker,
    collection_ends_on = excluded.collection_ends_on
WHERE held.version < excluded.version;

-- see_collections: hold newer versions of collections.
INSERT INTO collection AS held (project_id, version, state)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[])
ON CONFLICT (project_id) DO UPDATE
SET version = excluded.version, state = excluded.state
WHERE held.version < excluded.version;

-- standings: every project, those that wait longest for their report first. A collection that is
-- not known yet is simply not there: the two topics come in any order.
SELECT p.project_id, p.title, p.state, p.decision_maker, p.collection_ends_on,
       c.state AS collection
FROM project p LEFT JOIN collection c USING (project_id)
ORDER BY p.collection_ends_on, p.title, p.project_id;

-- count_projects: by state.
SELECT state, count(*) AS projects FROM project GROUP BY state;
