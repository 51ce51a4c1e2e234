-- allocation_lock: one allocation (or sweep) at a time; released with the transaction.
SELECT pg_advisory_xact_lock($1);

-- due_campaigns: launched, still recruiting, and not drawn yet today.
SELECT c.id, c.project_id, c.title, c.audience, c.quotas, c.wanted, c.first_day, c.window_days,
    c.state, c.seed, c.commitment, c.launched_at, p.recruitment_ends_on
FROM campaign c JOIN project p ON p.id = c.project_id
WHERE c.state = 'launched' AND p.state = 'open' AND p.ended_early_reason IS NULL AND p.recruitment_ends_on >= $1
    AND c.drawn_on IS DISTINCT FROM $1
ORDER BY c.id;

-- asked_so_far: reserved or consumed entries of each campaign and stratum. Released ones reopen the
-- gap; answers do not.
SELECT o.campaign_id, coalesce(o.stratum, '') AS stratum, count(*)::int AS asked
FROM send_order o JOIN ledger l ON l.order_id = o.order_id
WHERE o.campaign_id = ANY ($1::uuid[]) AND l.state IN ('reserved', 'consumed')
    AND o.kind = 'invitation'
GROUP BY 1, 2;

-- mark_drawn: not again today.
UPDATE campaign SET drawn_on = $2 WHERE id = ANY ($1::uuid[]);

-- become_draw: from here to the end of the draw, no answer can be read.
SET LOCAL ROLE panel_draw;

-- become_service: back, to write what was drawn.
RESET ROLE;

-- plan_each_time: the temporary tables change size between two runs of the same statement.
SET LOCAL plan_cache_mode = force_custom_plan;

-- plan_once: as the checks of foreign keys are plans too, one for each row.
SET LOCAL plan_cache_mode = auto;

-- sort_in_memory: a draw is one statement at a time under a lock, so it may use more memory.
SET LOCAL work_mem = '128MB';

-- make_demand: what is missing, per stratum; `depth` is how far its candidates were looked at.
CREATE TEMPORARY TABLE demand (
    entry int PRIMARY KEY, campaign_id uuid NOT NULL, stratum text NOT NULL, wanted int NOT NULL,
    first_day date NOT NULL, last_day date NOT NULL, depth bytea NOT NULL DEFAULT ''
) ON COMMIT DROP;

-- make_candidate: everybody who fits, ranked; with a reason, who cannot be asked.
CREATE TEMPORARY TABLE candidate (
    entry int NOT NULL, member_id uuid NOT NULL, rank bytea NOT NULL, reason text
) ON COMMIT DROP;

-- make_chosen: a member is drawn once, whatever the number of campaigns.
CREATE TEMPORARY TABLE chosen (
    member_id uuid PRIMARY KEY, entry int NOT NULL
) ON COMMIT DROP;

-- demand_is: the strata with a gap.
INSERT INTO demand (entry, campaign_id, stratum, wanted, first_day, last_day)
SELECT * FROM unnest($1::int[], $2::uuid[], $3::text[], $4::int[], $5::date[], $6::date[]);

-- enter_draw: rank who fits one campaign; the rank was fixed when the seed was committed.
-- $1 campaign, $2 seed, $3 project, $4 audience, $5 attribute of the strata, $6 and $7 the window
INSERT INTO candidate (entry, member_id, rank, reason)
SELECT d.entry, f.member_id, sha256($2::bytea || uuid_send(f.member_id)), f.reason
FROM fitting_members($3, $4, $5, $6, $7) f
JOIN demand d ON d.campaign_id = $1 AND d.stratum = f.stratum;

-- index_candidates: by rank, after the load; a single stratum is faster without.
CREATE INDEX ON candidate (entry, rank, member_id) WHERE reason IS NULL;

-- analyze_candidates: the planner knows nothing of a new table.
ANALYZE candidate, demand;

-- draw_round: every stratum with a gap looks at its best-ranked free candidates; who is wanted by
-- several goes to one of them by a lottery weighted against large supplies; then ranks decide.
-- Written again in domain/draw.py, which must agree. $1 seed, $2 round, $3 reach beyond the gap
WITH gap AS (
    SELECT d.entry, d.campaign_id, d.wanted - count(c.member_id)::int AS open
    FROM demand d LEFT JOIN chosen c ON c.entry = d.entry
    GROUP BY d.entry HAVING d.wanted > count(c.member_id)
), free AS (
    SELECT gap.entry, gap.campaign_id, e.member_id, e.rank,
        count(*) OVER (PARTITION BY gap.entry) AS supply
    FROM gap CROSS JOIN LATERAL (
        SELECT c.member_id, c.rank FROM candidate c
        WHERE c.entry = gap.entry AND c.reason IS NULL
            AND NOT EXISTS (SELECT FROM chosen t WHERE t.member_id = c.member_id)
        ORDER BY c.rank, c.member_id LIMIT $3::int * gap.open
    ) e
), pick AS (
    SELECT DISTINCT ON (member_id) entry, member_id, rank FROM free
    ORDER BY member_id, CASE WHEN $3::int = 1 THEN 0 ELSE -ln(unit_interval(sha256(
        $1::bytea || int4send($2) || uuid_send(member_id) || uuid_send(campaign_id)))) * supply END,
        entry
), looked AS (
    UPDATE demand d SET depth = greatest(d.depth, f.depth)
    FROM (SELECT DISTINCT ON (entry) entry, rank AS depth FROM free ORDER BY entry, rank DESC) f
    WHERE f.entry = d.entry
), ranked AS (
    SELECT member_id, entry, row_number() OVER (
        PARTITION BY entry ORDER BY rank, member_id) AS turn
    FROM pick
)
INSERT INTO chosen (member_id, entry)
SELECT r.member_id, r.entry FROM ranked r JOIN gap g USING (entry) WHERE r.turn <= g.open;

-- analyze_chosen: after each round, as it grows from nothing.
ANALYZE chosen;

-- fitting: who entered, by reason why not; null for who could be asked.
SELECT d.campaign_id, c.reason, count(*)::int AS members
FROM candidate c JOIN demand d ON d.entry = c.entry GROUP BY 1, 2;

-- keep_draw: the draw itself.
INSERT INTO draw (id, seed, drawn_at) VALUES ($1, $2, $3);

-- keep_draw_campaigns: one row for each campaign that entered.
INSERT INTO draw_campaign (draw_id, campaign_id, seed, first_day, last_day, asked, not_asked)
SELECT $1, e.campaign_id, c.seed, e.first_day, e.last_day, e.asked, e.not_asked::jsonb
FROM unnest($2::uuid[], $3::date[], $4::date[], $5::int[], $6::text[])
    AS e (campaign_id, first_day, last_day, asked, not_asked)
JOIN campaign c ON c.id = e.campaign_id;

-- keep_draw_strata: the digest of everybody who could be asked, so that leaving somebody out would
-- show; the candidates that the rounds looked at and who was chosen, both by rank.
INSERT INTO draw_stratum (draw_id, campaign_id, stratum, wanted, input_digest, candidates, chosen)
SELECT $1, d.campaign_id, d.stratum, d.wanted, coalesce(i.digest, sha256('')),
    coalesce(e.candidates, '{}'), coalesce(e.chosen, '{}')
FROM demand d
LEFT JOIN LATERAL (
    SELECT sha256(string_agg(uuid_send(c.member_id), ''::bytea ORDER BY c.member_id)) AS digest
    FROM candidate c WHERE c.entry = d.entry AND c.reason IS NULL
) i ON true
LEFT JOIN LATERAL (
    SELECT array_agg(c.member_id ORDER BY c.rank, c.member_id) AS candidates,
        array_agg(c.member_id ORDER BY c.rank, c.member_id)
            FILTER (WHERE t.member_id IS NOT NULL) AS chosen
    FROM candidate c LEFT JOIN chosen t ON t.member_id = c.member_id AND t.entry = c.entry
    WHERE c.entry = d.entry AND c.reason IS NULL AND c.rank <= d.depth
) e ON true;

-- make_asked: one row for each message to order.
CREATE TEMPORARY TABLE asked (
    order_id uuid NOT NULL, invitation_id uuid NOT NULL, again boolean NOT NULL,
    member_id uuid NOT NULL, project_id uuid NOT NULL, project_version bigint NOT NULL,
    campaign_id uuid NOT NULL, stratum text NOT NULL, first_day date NOT NULL,
    last_day date NOT NULL
) ON COMMIT DROP;

-- ask_chosen: an invitation that never left is ordered again under its own id. Not sorted: a GiST
-- index takes members in a random order a quarter faster than in their own.
INSERT INTO asked
SELECT gen_random_uuid(), coalesce(i.id, gen_random_uuid()), i.id IS NOT NULL, t.member_id,
    k.project_id, p.version, d.campaign_id, d.stratum, d.first_day, d.last_day
FROM chosen t
JOIN demand d ON d.entry = t.entry
JOIN campaign k ON k.id = d.campaign_id
JOIN project p ON p.id = k.project_id
LEFT JOIN invitation i ON i.project_id = k.project_id AND i.member_id = t.member_id;

-- order_asked: the send orders. $1 the instant
INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id, project_id,
    project_version, campaign_id, stratum, first_day, last_day, details, ordered_at)
SELECT order_id, 1, 'ordered', 'solicitation', 'invitation', member_id, invitation_id, project_id,
    project_version, campaign_id, stratum, first_day, last_day, '{}', $1
FROM asked;

-- reserve_asked: their days in the contact ledger; the exclusion constraint is the judge.
INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
SELECT order_id, member_id, first_day, last_day, 'reserved' FROM asked;

-- invite_asked: the new invitations.
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
SELECT invitation_id, project_id, member_id, campaign_id, order_id, 'ordered'
FROM asked WHERE NOT again;

-- invite_again: those that never left.
UPDATE invitation i SET state = 'ordered', order_id = a.order_id, campaign_id = a.campaign_id
FROM asked a WHERE a.again AND i.id = a.invitation_id;

-- send_asked: order.state for each, as services.contracts.events.campaigns.OrderState has it.
-- format() as no value needs escaping, and json_build_object() takes three times as long.
-- $1 topic, $2 the instant
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, order_id::text, 1, 'order.state', $2, format(
    '{"version":1,"order_id":"%s","state":"ordered","class":"solicitation","kind":"invitation",'
    '"member_id":"%s","subject_id":"%s","project_id":"%s","project_version":%s,'
    '"first_day":"%s","last_day":"%s","details":{}}',
    order_id, member_id, invitation_id, project_id, project_version,
    to_char(first_day, 'YYYY-MM-DD'), to_char(last_day, 'YYYY-MM-DD'))
FROM asked;

-- preview: who fits, by stratum and reason; `later` counts who can be asked up to $6 even so.
SELECT stratum, reason, count(*)::int AS members,
    (count(*) FILTER (WHERE reason = 'asked_recently' AND free_on <= $6))::int AS later
FROM fitting_members($1, $2, $3, $4, $5) GROUP BY 1, 2;

-- held_codes: every code that a combination of attributes holds.
SELECT DISTINCT e.key AS attribute, e.value AS code
FROM profile p CROSS JOIN LATERAL jsonb_each_text(p.attributes) e;

-- stored_draw: what it takes to draw again.
SELECT s.campaign_id, s.stratum, s.wanted, s.candidates, s.chosen, s.input_digest, d.seed
FROM draw d JOIN draw_stratum s ON s.draw_id = d.id
WHERE d.id = $1 ORDER BY s.campaign_id, s.stratum;

-- count_asked: how many each campaign asks now.
SELECT campaign_id, count(*)::int AS asked FROM asked GROUP BY campaign_id;
