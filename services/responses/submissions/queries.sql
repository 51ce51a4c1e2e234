-- share_collection: the states of a collection, which stay as they are while responses are being
-- written. FOR KEY SHARE conflicts with lock_collection only; after a wait the columns are fresh.
SELECT project_state, state FROM collection WHERE project_id = :project_id FOR KEY SHARE;

-- insert_spent_credentials: those that are not spent yet; returns their hashes. They are inserted in
-- their own order and not by arrival, so that two replicas that get the same ones wait for each other
-- instead of deadlocking.
INSERT INTO spent_credential (project_id, token_hash)
SELECT :project_id, token_hash FROM unnest(:token_hashes::bytea[]) AS sent (token_hash)
ORDER BY token_hash
ON CONFLICT ON CONSTRAINT credential_spent_once DO NOTHING
RETURNING token_hash;

-- is_spent: whether a credential was spent whose hash is in this range.
SELECT EXISTS (SELECT FROM spent_credential
               WHERE project_id = :project_id AND token_hash BETWEEN :first_hash AND :last_hash);

-- list_projects_to_open: collections to open and to end, as nobody can obtain a credential of their
-- project any more.
SELECT c.project_id FROM collection c
WHERE c.state = 'ready' AND c.project_state IN ('collected', 'reporting', 'closed')
ORDER BY c.project_id;

-- list_sealed_responses: the caller has locked the collection, so no more can come.
SELECT key_id, box FROM sealed WHERE project_id = :project_id;

-- delete_sealed_responses: they are opened.
DELETE FROM sealed WHERE project_id = :project_id;

-- insert_contributions: in the given order, which is not the order of arrival.
INSERT INTO contribution
    (id, project_id, questionnaire_version, answers, words, on_day, echo)
SELECT id, :project_id, version, answers, words, :opened_on, echo
FROM unnest(:ids::uuid[], :versions::int[], :answers::jsonb[], :words::text[], :echoes::bytea[])
    WITH ORDINALITY AS c (id, version, answers, words, echo, place)
ORDER BY place;

-- list_echoes: of a project's contributions, by echo, which is random; what became of each.
SELECT c.echo, CASE WHEN count(*) FILTER (WHERE r.mark = 'personal_case') > 0 THEN 'personal_cases'
                    WHEN count(r.reader) > 0 THEN 'read' ELSE 'counted' END AS outcome
FROM contribution c LEFT JOIN reading r ON r.contribution_id = c.id
WHERE c.project_id = :project_id AND c.echo IS NOT NULL
GROUP BY c.id, c.echo ORDER BY c.echo;
