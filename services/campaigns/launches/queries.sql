-- insert_campaign: a campaign being prepared.
INSERT INTO campaign (id, project_id, title, audience, quotas, wanted, first_day, window_days,
    state, created_at)
VALUES (:id, :project_id, :title, :audience, :quotas, :wanted, :first_day, :window_days, :state,
    :created_at);

-- list_campaigns: the one row shape of a campaign, for these ids or, without ids, for a project.
SELECT id, project_id, title, audience, quotas, wanted, first_day, window_days, state, seed,
    commitment, launched_at
FROM campaign WHERE id = ANY (:ids::uuid[]) OR project_id = :project_id
ORDER BY created_at, id;

-- lock_campaigns: always in this order, so that two launches cannot wait for each other. Read with
-- list_campaigns afterwards.
SELECT id FROM campaign WHERE id = ANY (:ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- update_launch: the seed and its hash, before eligibility is read.
UPDATE campaign SET state = :state, seed = :seed, commitment = :commitment,
    launched_at = :launched_at
WHERE id = :id;

-- list_supply: members who fit, by stratum and reason; `later` counts those who can be asked up to the
-- day :until although they cannot now.
SELECT stratum, reason, count(*)::int AS members,
    (count(*) FILTER (WHERE reason = 'asked_recently' AND free_on <= :until))::int AS later
FROM fitting_members(:project_id, :audience, :stratum_attribute, :first_day, :last_day)
GROUP BY 1, 2;

-- list_member_codes: every code that a combination of attributes has.
SELECT DISTINCT e.key AS attribute, e.value AS code
FROM profile p CROSS JOIN LATERAL jsonb_each_text(p.attributes) e;
