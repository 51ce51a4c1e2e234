-- fill_profiles: 4 ages in 18 regions, 3 habits each.
INSERT INTO profile (attributes)
SELECT jsonb_build_object('age_band', a, 'region', 'r' || r, 'digital', d)
FROM unnest(ARRAY['18-34', '35-49', '50-64', '65+']) a, generate_series(1, 18) r,
    unnest(ARRAY['never', 'sometimes', 'often']) d;

-- fill_members: $1 members, all free to be asked.
INSERT INTO member (member_id, version, status, zone, profile_id, not_before, ends_on)
SELECT gen_random_uuid(), 1, 'active', 'Europe/Paris', 1 + n % 216, $2::date - 40, $2::date + 900
FROM generate_series(1, $1::int) n;

-- one_by_one: what one allocation writes for a member, as a statement of its own: ledger, order,
-- invitation, event. $1 member $2 campaign $3 project $4 first day $5 the instant $6 topic
WITH ids AS (
    SELECT gen_random_uuid() AS order_id, gen_random_uuid() AS invitation_id
), ordered AS (
    INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, campaign_id, stratum, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'solicitation', 'invitation', $1, invitation_id, $3, 1, $2, '',
        $4, $4::date + 1, '{}', $5 FROM ids
), reserved AS (
    INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
    SELECT order_id, $1, $4, $4::date + 1, 'reserved' FROM ids
), invited AS (
    INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
    SELECT invitation_id, $3, $1, $2, order_id, 'ordered' FROM ids
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $6, order_id::text, 1, 'order.state', $5, json_build_object('version', 1,
    'order_id', order_id, 'state', 'ordered', 'class', 'solicitation', 'kind', 'invitation',
    'member_id', $1::uuid, 'subject_id', invitation_id, 'project_id', $3::uuid,
    'project_version', 1, 'first_day', $4::date, 'last_day', $4::date + 1,
    'details', json_build_object())::text
FROM ids;

-- unasked: some members that no campaign asks.
SELECT m.member_id FROM member m
WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.member_id = m.member_id) LIMIT $1;

-- checkpoint: bulk loading is not what is measured.
CHECKPOINT;

-- analyze: nor is a server that knows nothing of a table just filled.
VACUUM ANALYZE;

-- open_project: complete, published and open.
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, recruitment_ends_on, collection_ends_on,
    anonymity_floor, created_at, published_at)
VALUES ($1, 1, 'open', 'A letter', 'a letter', 'it is unclear', 'less calls', 'a clear letter',
    'the next letter', 'M. Bernard', 'director', 'everybody', 'online', $2::date + 60,
    $2::date + 90, 5, $3, $3);

-- launch_campaign: $1 campaign $2 project $3 wanted $4 seed $5 the instant
INSERT INTO campaign (id, project_id, title, audience, wanted, window_days, state, seed, commitment,
    launched_at, created_at)
VALUES ($1, $2, 'First wave', '{"digital": ["never", "sometimes"]}', $3, 2, 'launched', $4,
    encode(sha256($4::bytea), 'hex'), $5, $5);
