-- hold_open: the collection's state, held for as long as answers are being written. FOR KEY SHARE
-- conflicts with hold_collection only; after a wait the columns are fresh.
SELECT project_state, state FROM collection WHERE project_id = $1 FOR KEY SHARE;

-- keep_answers: spend the credentials that are not spent yet and keep their answers, sealed, in the
-- order given and not by arrival; returns the hashes spent by this. Hashes go in by their own
-- order, so that two replicas that get the same ones wait for each other instead of deadlocking.
WITH sent AS (
    SELECT * FROM unnest($3::bytea[], $4::bytea[]) WITH ORDINALITY AS s (token_hash, box, place)
), fresh AS (
    INSERT INTO spent_credential (project_id, token_hash)
    SELECT $1, token_hash FROM sent ORDER BY token_hash
    ON CONFLICT ON CONSTRAINT credential_spent_once DO NOTHING
    RETURNING token_hash
), kept AS (
    INSERT INTO sealed (project_id, key_id, box)
    SELECT $1, $2, sent.box FROM sent JOIN fresh USING (token_hash) ORDER BY sent.place
)
SELECT token_hash FROM fresh;

-- is_counted: whether a credential whose hash is in this range was spent.
SELECT EXISTS (SELECT FROM spent_credential
               WHERE project_id = $1 AND token_hash BETWEEN $2 AND $3);

-- waiting: collections that may have something to open or to end.
SELECT c.project_id FROM collection c
WHERE c.state = 'ready' AND (
    c.project_state IN ('collected', 'reporting', 'closed')
    OR (SELECT count(*) FROM (SELECT FROM sealed s WHERE s.project_id = c.project_id LIMIT $1) s)
       >= $1)
ORDER BY c.project_id;

-- sealed_answers: all that wait; the collection is held, so none can come.
SELECT key_id, box FROM sealed WHERE project_id = $1;

-- forget_sealed: they are open now.
DELETE FROM sealed WHERE project_id = $1;

-- add_contributions: in the order given, which is no order of arrival.
INSERT INTO contribution (id, project_id, questionnaire_version, language, answers, words, on_day)
SELECT id, $1, version, language, answers, words, $7
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::text[])
    WITH ORDINALITY AS c (id, version, language, answers, words, place)
ORDER BY place;
