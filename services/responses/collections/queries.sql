-- see_projects: hold newer versions of projects; returns the collections that are new. The key of
-- credentials is kept as first seen: another one later would be a signer's trick or an accident.
INSERT INTO collection AS held (project_id, project_version, project_state, title, mandate,
    recruitment_ends_on, collection_ends_on, credential_key, credentials_issued, anonymity_floor,
    floor_reached)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::jsonb[],
    $6::date[], $7::date[], $8::jsonb[], $9::int[], $10::int[], $11::boolean[])
ON CONFLICT (project_id) DO UPDATE
SET project_version = excluded.project_version,
    project_state = excluded.project_state,
    title = excluded.title,
    mandate = excluded.mandate,
    recruitment_ends_on = excluded.recruitment_ends_on,
    collection_ends_on = excluded.collection_ends_on,
    credential_key = coalesce(held.credential_key, excluded.credential_key),
    credentials_issued = excluded.credentials_issued,
    anonymity_floor = excluded.anonymity_floor,
    floor_reached = excluded.floor_reached
WHERE held.project_version < excluded.project_version
RETURNING project_id, version, state, (xmax = 0) AS is_new;

-- collections: all, by title.
SELECT c.project_id, c.version, c.title, c.state, c.project_state, c.mandate,
       c.recruitment_ends_on, c.collection_ends_on, c.credential_key, c.credentials_issued,
       c.anonymity_floor, c.floor_reached, c.preview_id, c.opened_on, c.questionnaire_version,
       c.readings_wanted, c.synthesised_by, c.synthesised_on,
       q.body AS questionnaire
FROM collection c
LEFT JOIN questionnaire q ON q.project_id = c.project_id AND q.version = c.questionnaire_version
ORDER BY c.title, c.project_id;

-- collection: one, by its project or by the address of its preview.
SELECT c.project_id, c.version, c.title, c.state, c.project_state, c.mandate,
       c.recruitment_ends_on, c.collection_ends_on, c.credential_key, c.credentials_issued,
       c.anonymity_floor, c.floor_reached, c.preview_id, c.opened_on, c.questionnaire_version,
       c.readings_wanted, c.synthesised_by, c.synthesised_on,
       q.body AS questionnaire
FROM collection c
LEFT JOIN questionnaire q ON q.project_id = c.project_id AND q.version = c.questionnaire_version
WHERE c.project_id = $1 OR c.preview_id = $1;

-- hold_reading: the collection's state, held while something is read or drafted; conflicts with
-- hold_collection only, so that readers do not wait for each other.
SELECT state FROM collection WHERE project_id = $1 FOR SHARE;

-- hold_collection: before it changes; waits for answers that are being written, and keeps new ones
-- waiting. The columns are read after the wait, by `collection`.
SELECT FROM collection WHERE project_id = $1 FOR UPDATE;

-- save_collection: what changes by our own doing.
UPDATE collection SET state = $2, version = $3, questionnaire_version = $4, opened_on = $5,
    readings_wanted = $6, synthesised_by = $7, synthesised_on = $8
WHERE project_id = $1;

-- save_questionnaire: a version more.
INSERT INTO questionnaire (project_id, version, body) VALUES ($1, $2, $3);

-- count_collections: by state.
SELECT state, count(*) AS collections FROM collection GROUP BY state;

-- digest_answers: over everything that each answer says, in the order of ids. Ids are random: whoever
-- guesses an answer cannot try the guess on the digest. Notes of sessions may still be added.
SELECT encode(sha256(convert_to(coalesce(string_agg(
    id::text || encode(sha256(convert_to(answers::text || words, 'UTF8')), 'hex'), '' ORDER BY id),
    ''), 'UTF8')), 'hex')
FROM contribution WHERE project_id = $1 AND origin = 'answer';

-- count_answers: received, still sealed, and open, for each project.
SELECT c.project_id,
       (SELECT count(*) FROM spent_credential s WHERE s.project_id = c.project_id) AS received,
       (SELECT count(*) FROM sealed s WHERE s.project_id = c.project_id) AS sealed,
       (SELECT count(*) FROM contribution o WHERE o.project_id = c.project_id) AS open
FROM collection c WHERE c.project_id = ANY ($1::uuid[]);
