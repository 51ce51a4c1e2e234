-- participants: insert them; the ids of their invitations and their own.
WITH invited AS (
    INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
    SELECT gen_random_uuid(), :project, gen_random_uuid(), :project, gen_random_uuid(), 'accepted', :instant
    FROM generate_series(1, :count)
    RETURNING id, member_id
)
SELECT id, member_id FROM invited;

-- take_part: all who accepted.
INSERT INTO participation (invitation_id, project_id, member_id, state, since)
SELECT id, project_id, member_id, 'joined', answered_at FROM invitation WHERE project_id = :project;
