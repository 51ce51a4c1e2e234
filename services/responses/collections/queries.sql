-- upsert_projects: store newer versions of projects; returns the rows that changed. The credential key
-- is kept as it first came: another one later would be a signer's trick or an accident.
INSERT INTO collection AS stored (project_id, project_version, project_state, title, mandate,
    recruitment_ends_on, collection_ends_on, credential_key, credentials_issued, anonymity_floor,
    floor_reached)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :states::text[], :titles::text[],
    :mandates::jsonb[], :recruitment_ends::date[], :collection_ends::date[],
    :credential_keys::jsonb[], :credentials_issued::int[], :anonymity_floors::int[],
    :floors_reached::boolean[])
ON CONFLICT (project_id) DO UPDATE
SET project_version = excluded.project_version,
    project_state = excluded.project_state,
    title = excluded.title,
    mandate = excluded.mandate,
    recruitment_ends_on = excluded.recruitment_ends_on,
    collection_ends_on = excluded.collection_ends_on,
    credential_key = coalesce(stored.credential_key, excluded.credential_key),
    credentials_issued = excluded.credentials_issued,
    anonymity_floor = excluded.anonymity_floor,
    floor_reached = excluded.floor_reached
WHERE stored.project_version < excluded.project_version
RETURNING project_id, (xmax = 0) AS is_new;

-- list_collections: by title, with the questionnaire of each; only that of a project or of a preview
-- address, where one is given.
SELECT c.project_id, c.version, c.title, c.state, c.project_state, c.mandate,
       c.recruitment_ends_on, c.collection_ends_on, c.credential_key, c.credentials_issued,
       c.anonymity_floor, c.floor_reached, c.preview_id, c.opened_on, c.questionnaire_version,
       c.readings_wanted, c.synthesised_by, c.synthesised_on,
       q.body AS questionnaire
FROM collection c
LEFT JOIN questionnaire q ON q.project_id = c.project_id AND q.version = c.questionnaire_version
WHERE :project_or_preview_id::uuid IS NULL
    OR :project_or_preview_id IN (c.project_id, c.preview_id)
ORDER BY c.title, c.project_id;

-- share_collection_state: keeps the state as it is while somebody reads or drafts. FOR SHARE conflicts
-- with lock_collection only, so readers do not wait for each other.
SELECT state FROM collection WHERE project_id = :project_id FOR SHARE;

-- lock_collection: before it changes; waits for responses that are being written, and keeps new ones
-- waiting. Its columns must be read after the wait, by list_collections.
SELECT FROM collection WHERE project_id = :project_id FOR UPDATE;

-- update_collection: the columns that this service owns.
UPDATE collection SET state = :state, version = :version,
    questionnaire_version = :questionnaire_version, opened_on = :opened_on,
    readings_wanted = :readings_wanted, synthesised_by = :synthesised_by,
    synthesised_on = :synthesised_on
WHERE project_id = :project_id;

-- count_collections: by state.
SELECT state, count(*) AS collections FROM collection GROUP BY state;

-- digest_responses: over everything that each response says, in the order of ids. Ids are random, so
-- nobody can check a guess at a response against the digest. Session notes, which may still be added,
-- are left out.
SELECT encode(sha256(convert_to(coalesce(string_agg(
    id::text || encode(sha256(convert_to(answers::text || words, 'UTF8')), 'hex'), '' ORDER BY id),
    ''), 'UTF8')), 'hex')
FROM contribution WHERE project_id = :project_id AND origin = 'answer';

-- count_responses: received, still sealed, and opened, for each project.
SELECT c.project_id,
       (SELECT count(*) FROM spent_credential s WHERE s.project_id = c.project_id) AS received,
       (SELECT count(*) FROM sealed s WHERE s.project_id = c.project_id) AS sealed,
       (SELECT count(*) FROM contribution o WHERE o.project_id = c.project_id) AS opened
FROM collection c WHERE c.project_id = ANY (:project_ids::uuid[]);

-- count_unread: contributions that lack readings, for each project that has contributions.
SELECT c.project_id, count(*) FILTER (WHERE coalesce(r.readings, 0) < k.readings_wanted)::int
    AS unread
FROM contribution c
JOIN collection k USING (project_id)
LEFT JOIN (
    SELECT contribution_id, count(*) AS readings
    FROM reading WHERE project_id = ANY (:project_ids::uuid[]) GROUP BY contribution_id
) r ON r.contribution_id = c.id
WHERE c.project_id = ANY (:project_ids::uuid[])
GROUP BY c.project_id;
