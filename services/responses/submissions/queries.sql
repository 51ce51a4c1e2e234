-- hold_open: the collection's state, held for as long as answers are being written. FOR KEY SHARE
-- conflicts with hold_collection only; after a wait the columns are fresh.
SELECT project_state, state FROM collection WHERE project_id = $1 FOR KEY SHARE;

-- spend_credentials: those that are not spent yet; returns their hashes. They go in by their own
-- order and not by arrival, so that two replicas that get the same ones wait for each other instead
-- of deadlocking.
INSERT INTO spent_credential (project_id, token_hash)
SELECT $1, token_hash FROM unnest($2::bytea[]) AS sent (token_hash) ORDER BY token_hash
ON CONFLICT ON CONSTRAINT credential_spent_once DO NOTHING
RETURNING token_hash;

-- is_counted: whether a credential whose hash is in this range was spent.
SELECT EXISTS (SELECT FROM spent_credential
               WHERE project_id = $1 AND token_hash BETWEEN $2 AND $3);

-- waiting: collections to open and to end: nobody can obtain a credential of their project any more.
SELECT c.project_id FROM collection c
WHERE c.state = 'ready' AND c.project_state IN ('collected', 'reporting', 'closed')
ORDER BY c.project_id;

-- sealed_answers: all that wait; the collection is held, so none can come.
SELECT key_id, box FROM sealed WHERE project_id = $1;

-- forget_sealed: they are open now.
DELETE FROM sealed WHERE project_id = $1;

-- add_contributions: in the order given, which is no order of arrival.
INSERT INTO contribution
    (id, project_id, questionnaire_version, answers, words, on_day, echo)
SELECT id, $1, version, answers, words, $6, echo
FROM unnest($2::uuid[], $3::int[], $4::jsonb[], $5::text[], $7::bytea[])
    WITH ORDINALITY AS c (id, version, answers, words, echo, place)
ORDER BY place;

-- echoes: of a project's open contributions, by echo, which is random; what became of each.
SELECT c.echo, CASE WHEN count(*) FILTER (WHERE r.mark = 'personal_case') > 0 THEN 'personal_cases'
                    WHEN count(r.reader) > 0 THEN 'read' ELSE 'counted' END AS fate
FROM contribution c LEFT JOIN reading r ON r.contribution_id = c.id
WHERE c.project_id = $1 AND c.echo IS NOT NULL
GROUP BY c.id, c.echo ORDER BY c.echo;
