-- reported_project: complete and collected.
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, recruitment_ends_on, collection_ends_on,
    anonymity_floor, created_at, published_at)
VALUES (:project, 5, 'collected', 'A letter', 'a letter', 'it is unclear', 'less calls', 'a clear letter',
    'the next letter', 'M. Bernard', 'director', 'everybody', 'online', :today::date - 60,
    :today::date - 30, 5, :instant, :instant);

-- reported_people: members of the panel who accepted.
WITH invited AS (
    INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
    SELECT gen_random_uuid(), :project, gen_random_uuid(), :project, gen_random_uuid(), 'accepted', :instant
    FROM generate_series(1, :count)
    RETURNING id, member_id
)
INSERT INTO member (member_id, version, status, zone, ends_on)
SELECT member_id, 1, 'active', 'Europe/Paris', :instant::date + 900 FROM invited;

-- reported_credentials: and may have written something.
INSERT INTO credential (invitation_id, request_hash)
SELECT invitation_id, sha256(uuid_send(invitation_id)) FROM participation WHERE project_id = :project;

-- reported_synthesis: known here.
INSERT INTO collection (project_id, version, state) VALUES (:project, 4, 'synthesised');

-- reported_orders: what registry will answer.
SELECT order_id FROM send_order WHERE project_id = :project AND kind = 'report';

-- project_phase: where it stands.
SELECT state FROM project WHERE id = :project;
