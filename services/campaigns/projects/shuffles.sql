-- list_due_shuffles: projects that recruit or collect and whose rows were not put in random order
-- today.
SELECT id FROM project WHERE state IN ('open', 'recruited') AND shuffled_on IS DISTINCT FROM :today
ORDER BY id;

-- shuffle_credentials: rewrites the rows in random order in one transaction: neither the place in the
-- table nor the transaction's number reveals the order of arrival any more. Where issuing was stopped
-- after a restore the rows stay: the restore shuffled them, and none was added. The project must be
-- locked.
WITH removed AS (
    DELETE FROM credential c USING participation a, project p
    WHERE a.invitation_id = c.invitation_id AND a.project_id = :project_id AND p.id = :project_id
        AND NOT p.issuing_stopped
    RETURNING c.invitation_id, c.request_hash
)
INSERT INTO credential (invitation_id, request_hash)
SELECT invitation_id, request_hash FROM removed ORDER BY gen_random_uuid();

-- shuffle_participations: likewise.
WITH removed AS (DELETE FROM participation WHERE project_id = :project_id RETURNING *)
INSERT INTO participation (invitation_id, project_id, member_id, state, since, left_at)
SELECT invitation_id, project_id, member_id, state, since, left_at
FROM removed ORDER BY gen_random_uuid();

-- shuffle_invitations: those that were accepted or declined.
WITH removed AS (
    DELETE FROM invitation WHERE project_id = :project_id AND answered_at IS NOT NULL RETURNING *
)
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
SELECT id, project_id, member_id, campaign_id, order_id, state, answered_at
FROM removed ORDER BY gen_random_uuid();

-- update_shuffled_on: the civil day of the last shuffle.
UPDATE project SET shuffled_on = :today WHERE id = :project_id;
