-- fill_profiles: 4 ages in 18 regions, 3 habits each.
INSERT INTO profile (attributes)
SELECT jsonb_build_object('age_band', a, 'region', 'r' || r, 'digital', d)
FROM unnest(ARRAY['18-34', '35-49', '50-64', '65+']) a, generate_series(1, 18) r,
    unnest(ARRAY['never', 'sometimes', 'often']) d;

-- fill_members: $1 members, all free to be asked.
INSERT INTO member (member_id, version, status, zone, profile_id, not_before, ends_on)
SELECT gen_random_uuid(), 1, 'active', 'Europe/Paris', 1 + n % 216, $2::date - 40, $2::date + 900
FROM generate_series(1, $1::int) n;

-- may_be_asked: whether a member can be solicited by a project in a window. $1 member $2 project
-- $3 first day
SELECT EXISTS (
    SELECT FROM member m WHERE m.member_id = $1 AND m.status = 'active' AND m.not_before <= $3
        AND m.ends_on > $3::date + 1
        AND NOT EXISTS (SELECT FROM ledger l WHERE l.member_id = m.member_id
            AND l.state IN ('reserved', 'consumed')
            AND daterange(l.first_day, l.last_day + 31) && daterange($3, $3::date + 32))
        AND NOT EXISTS (SELECT FROM invitation i WHERE i.project_id = $2
            AND i.member_id = m.member_id));

-- order_one: $1 order $2 member $3 invitation $4 project $5 campaign $6 first day $7 the instant
INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id, project_id,
    project_version, campaign_id, stratum, first_day, last_day, details, ordered_at)
VALUES ($1, 1, 'ordered', 'solicitation', 'invitation', $2, $3, $4, 1, $5, '', $6, $6::date + 1,
    '{}', $7);

-- reserve_one: $1 order $2 member $3 first day
INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
VALUES ($1, $2, $3, $3::date + 1, 'reserved');

-- invite_one: $1 invitation $2 project $3 member $4 campaign $5 order
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
VALUES ($1, $2, $3, $4, $5, 'ordered');

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
