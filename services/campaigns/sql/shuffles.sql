-- due_shuffles: projects that recruit or collect whose rows were not put in random order today. $1
-- today
SELECT id FROM project WHERE state IN ('open', 'recruited') AND shuffled_on IS DISTINCT FROM $1
ORDER BY id;

-- shuffle_credentials: written anew in random order, by one transaction: neither the place in the
-- table nor the transaction's number says any more who came when. Where issuing was stopped after a
-- restore the rows stay: they were shuffled by it, and none was added. The project must be locked.
WITH taken AS (
    DELETE FROM credential c USING participation a, project p
    WHERE a.invitation_id = c.invitation_id AND a.project_id = $1 AND p.id = $1
        AND NOT p.issuing_stopped
    RETURNING c.invitation_id, c.request_hash
)
INSERT INTO credential (invitation_id, request_hash)
SELECT invitation_id, request_hash FROM taken ORDER BY gen_random_uuid();

-- shuffle_participations: the same.
WITH taken AS (DELETE FROM participation WHERE project_id = $1 RETURNING *)
INSERT INTO participation (invitation_id, project_id, member_id, state, since, left_at)
SELECT invitation_id, project_id, member_id, state, since, left_at
FROM taken ORDER BY gen_random_uuid();

-- shuffle_answers: of invitations that were answered.
WITH taken AS (
    DELETE FROM invitation WHERE project_id = $1 AND answered_at IS NOT NULL RETURNING *
)
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
SELECT id, project_id, member_id, campaign_id, order_id, state, answered_at
FROM taken ORDER BY gen_random_uuid();

-- shuffled: remembered by the day.
UPDATE project SET shuffled_on = $2 WHERE id = $1;
