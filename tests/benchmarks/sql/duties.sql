-- reported_project: complete and collected. $1 project $2 today $3 the instant
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, recruitment_ends_on, collection_ends_on,
    anonymity_floor, created_at, published_at)
VALUES ($1, 5, 'collected', 'A letter', 'a letter', 'it is unclear', 'less calls', 'a clear letter',
    'the next letter', 'M. Bernard', 'director', 'everybody', 'online', $2::date - 60,
    $2::date - 30, 5, $3, $3);

-- reported_people: members of the panel who accepted. $1 project $2 how many $3 the instant
WITH invited AS (
    INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
    SELECT gen_random_uuid(), $1, gen_random_uuid(), $1, gen_random_uuid(), 'accepted', $3
    FROM generate_series(1, $2)
    RETURNING id, member_id
)
INSERT INTO member (member_id, version, status, zone, ends_on)
SELECT member_id, 1, 'active', 'Europe/Paris', $3::date + 900 FROM invited;

-- reported_credentials: and may have written something.
INSERT INTO credential (invitation_id, request_hash)
SELECT invitation_id, sha256(uuid_send(invitation_id)) FROM participation WHERE project_id = $1;

-- reported_synthesis: known here.
INSERT INTO collection (project_id, version, state) VALUES ($1, 4, 'synthesised');

-- reported_orders: what registry will answer.
SELECT order_id FROM send_order WHERE project_id = $1 AND kind = 'report';

-- project_phase: where it stands.
SELECT state FROM project WHERE id = $1;
