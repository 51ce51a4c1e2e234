-- fill_profiles: 4 ages in 18 regions, 3 habits each.
INSERT INTO profile (attributes)
SELECT jsonb_build_object('age_band', a, 'region', 'r' || r, 'digital', d)
FROM unnest(ARRAY['18-34', '35-49', '50-64', '65+']) a, generate_series(1, 18) r,
    unnest(ARRAY['never', 'sometimes', 'often']) d;

-- fill_members: `count` members, all free to be asked.
INSERT INTO member (member_id, version, status, zone, profile_id, not_before, ends_on)
SELECT gen_random_uuid(), 1, 'active', 'Europe/Paris', 1 + n % 216, :today::date - 40, :today::date + 900
FROM generate_series(1, :count::int) n;

-- may_be_asked: whether a member can be solicited by a project in a window.
SELECT EXISTS (
    SELECT FROM member m WHERE m.member_id = :member AND m.status = 'active' AND m.not_before <= :today
        AND m.ends_on > :today::date + 1
        AND NOT EXISTS (SELECT FROM ledger l WHERE l.member_id = m.member_id
            AND l.state IN ('reserved', 'consumed')
            AND daterange(l.first_day, l.last_day + 31) && daterange(:today, :today::date + 32))
        AND NOT EXISTS (SELECT FROM invitation i WHERE i.project_id = :project
            AND i.member_id = m.member_id));

-- order_one: a send order for an invitation
INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id, project_id,
    project_version, campaign_id, stratum, first_day, last_day, details, ordered_at)
VALUES (:order, 1, 'ordered', 'solicitation', 'invitation', :member, :invitation, :project, 1, :campaign, '', :today, :today::date + 1,
    '{}', :instant);

-- reserve_one: the order's entry in the ledger.
INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
VALUES (:order, :member, :today, :today::date + 1, 'reserved');

-- invite_one: the invitation of the order.
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
VALUES (:invitation, :project, :member, :campaign, :order, 'ordered');

-- unasked: some members that no campaign asks.
SELECT m.member_id FROM member m
WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.member_id = m.member_id) LIMIT :count;

-- checkpoint: bulk loading is not what is measured.
CHECKPOINT;

-- analyze: nor is a server that knows nothing of a table just filled.
VACUUM ANALYZE;

-- open_project: complete, published and open.
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, recruitment_ends_on, collection_ends_on,
    anonymity_floor, created_at, published_at)
VALUES (:project, 1, 'open', 'A letter', 'a letter', 'it is unclear', 'less calls', 'a clear letter',
    'the next letter', 'M. Bernard', 'director', 'everybody', 'online', :today::date + 60,
    :today::date + 90, 5, :instant, :instant);

-- launch_campaign: a wave with a known seed.
INSERT INTO campaign (id, project_id, title, audience, wanted, window_days, state, seed, commitment,
    launched_at, created_at)
VALUES (:campaign, :project, 'First wave', '{"digital": ["never", "sometimes"]}', :places, 2, 'launched', :seed,
    encode(sha256(:seed::bytea), 'hex'), :instant, :instant);
