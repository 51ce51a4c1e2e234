-- see_projects: hold newer versions of projects; returns the collections that are new.
INSERT INTO collection AS held (project_id, project_version, project_state, title)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
ON CONFLICT (project_id) DO UPDATE
SET project_version = excluded.project_version,
    project_state = excluded.project_state,
    title = excluded.title
WHERE held.project_version < excluded.project_version
RETURNING project_id, version, state, (xmax = 0) AS is_new;

-- lock_collection: before it changes.
SELECT project_id, version, title, state, project_state, questionnaire
FROM collection WHERE project_id = $1 FOR UPDATE;

-- save_questionnaire: with the state and version that follow from it.
UPDATE collection SET questionnaire = $2, state = $3, version = $4 WHERE project_id = $1;

-- collections: all, by title.
SELECT project_id, version, title, state, project_state, questionnaire
FROM collection ORDER BY title, project_id;

-- count_collections: by state.
SELECT state, count(*) AS collections FROM collection GROUP BY state;
