-- list_due_campaigns: launched, still recruiting, and not drawn yet today.
SELECT c.id, c.project_id, c.title, c.audience, c.quotas, c.wanted, c.first_day, c.window_days,
    c.state, c.seed, c.commitment, c.launched_at, p.recruitment_ends_on
FROM campaign c JOIN project p ON p.id = c.project_id
WHERE c.state = 'launched' AND p.state = 'open' AND p.ended_early_reason IS NULL
    AND p.recruitment_ends_on >= :today AND c.drawn_on IS DISTINCT FROM :today
ORDER BY c.id;

-- count_asked: reserved or consumed entries of each campaign and stratum. Released ones reopen the gap;
-- replies do not.
SELECT o.campaign_id, coalesce(o.stratum, '') AS stratum, count(*)::int AS asked
FROM send_order o JOIN ledger l ON l.order_id = o.order_id
WHERE o.campaign_id = ANY (:campaign_ids::uuid[]) AND l.state IN ('reserved', 'consumed')
    AND o.kind = 'invitation'
GROUP BY 1, 2;

-- update_drawn_on: not again today.
UPDATE campaign SET drawn_on = :today WHERE id = ANY (:campaign_ids::uuid[]);

-- become_draw: from here to the end of the draw, no reply can be read.
SET LOCAL ROLE panel_draw;

-- become_service: back, to write the result.
RESET ROLE;

-- plan_each_time: the temporary tables change size between two runs of the same statement.
SET LOCAL plan_cache_mode = force_custom_plan;

-- plan_once: the checks of foreign keys are plans too, one for each row.
SET LOCAL plan_cache_mode = auto;

-- sort_in_memory: a draw runs one statement at a time under a lock, so it may use more memory.
SET LOCAL work_mem = '128MB';

-- create_demand: the gap of each stratum; `depth` is the last rank that was considered.
CREATE TEMPORARY TABLE demand (
    entry int PRIMARY KEY, campaign_id uuid NOT NULL, stratum text NOT NULL, wanted int NOT NULL,
    first_day date NOT NULL, last_day date NOT NULL, depth bytea NOT NULL DEFAULT ''
) ON COMMIT DROP;

-- create_candidate: everybody who fits, ranked; with a reason, those who cannot be asked.
CREATE TEMPORARY TABLE candidate (
    entry int NOT NULL, member_id uuid NOT NULL, rank bytea NOT NULL, reason text
) ON COMMIT DROP;

-- create_chosen: a member is drawn once, whatever the number of campaigns.
CREATE TEMPORARY TABLE chosen (
    member_id uuid PRIMARY KEY, entry int NOT NULL
) ON COMMIT DROP;

-- insert_demand: the strata with a gap.
INSERT INTO demand (entry, campaign_id, stratum, wanted, first_day, last_day)
SELECT * FROM unnest(:entries::int[], :campaign_ids::uuid[], :strata::text[], :wanted::int[],
    :first_days::date[], :last_days::date[]);

-- insert_candidates: members who fit one campaign; their rank was fixed when the seed was committed.
INSERT INTO candidate (entry, member_id, rank, reason)
SELECT d.entry, f.member_id, sha256(:seed::bytea || uuid_send(f.member_id)), f.reason
FROM fitting_members(:project_id, :audience, :stratum_attribute, :first_day, :last_day) f
JOIN demand d ON d.campaign_id = :campaign_id AND d.stratum = f.stratum;

-- index_candidates: by rank, after the load; a single stratum is faster without.
CREATE INDEX ON candidate (entry, rank, member_id) WHERE reason IS NULL;

-- analyze_candidates: the planner has no statistics of a new table.
ANALYZE candidate, demand;

-- draw_round: every stratum with a gap considers its best-ranked free candidates, :reach times its
-- gap; a member whom several strata want goes to one of them by a lottery weighted against large
-- supplies; then ranks decide. draws/rules.py is the reference implementation, which must agree.
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
        ORDER BY c.rank, c.member_id LIMIT :reach::int * gap.open
    ) e
), pick AS (
    SELECT DISTINCT ON (member_id) entry, member_id, rank FROM free
    ORDER BY member_id, CASE WHEN :reach::int = 1 THEN 0 ELSE -ln(unit_interval(sha256(
        :seed::bytea || int4send(:round) || uuid_send(member_id) || uuid_send(campaign_id)))) * supply END,
        entry
), considered AS (
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

-- analyze_chosen: after each round, as it grows from empty.
ANALYZE chosen;

-- count_fitting: members who entered, by the reason why they cannot be asked; null: they can.
SELECT d.campaign_id, c.reason, count(*)::int AS members
FROM candidate c JOIN demand d ON d.entry = c.entry GROUP BY 1, 2;

-- insert_draw: the draw itself.
INSERT INTO draw (id, seed, drawn_at) VALUES (:id, :seed, :drawn_at);

-- insert_draw_campaigns: one row for each campaign that entered.
INSERT INTO draw_campaign (draw_id, campaign_id, seed, first_day, last_day, asked, not_asked)
SELECT :draw_id, e.campaign_id, c.seed, e.first_day, e.last_day, e.asked, e.not_asked::jsonb
FROM unnest(:campaign_ids::uuid[], :first_days::date[], :last_days::date[], :asked::int[],
        :not_asked::text[])
    AS e (campaign_id, first_day, last_day, asked, not_asked)
JOIN campaign c ON c.id = e.campaign_id;

-- insert_draw_strata: the digest of everybody who could be asked, which an omission would change; the
-- candidates that the rounds considered and those chosen, both by rank.
INSERT INTO draw_stratum (draw_id, campaign_id, stratum, wanted, input_digest, candidates, chosen)
SELECT :draw_id, d.campaign_id, d.stratum, d.wanted, coalesce(i.digest, sha256('')),
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

-- create_asked: one row for each message to order.
CREATE TEMPORARY TABLE asked (
    order_id uuid NOT NULL, invitation_id uuid NOT NULL, again boolean NOT NULL,
    member_id uuid NOT NULL, project_id uuid NOT NULL, project_version bigint NOT NULL,
    campaign_id uuid NOT NULL, stratum text NOT NULL, first_day date NOT NULL,
    last_day date NOT NULL
) ON COMMIT DROP;

-- insert_asked: an invitation that never left is ordered again under its own id. Not sorted: a GiST
-- index takes members in a random order a quarter faster than in their own.
INSERT INTO asked
SELECT gen_random_uuid(), coalesce(i.id, gen_random_uuid()), i.id IS NOT NULL, t.member_id,
    k.project_id, p.version, d.campaign_id, d.stratum, d.first_day, d.last_day
FROM chosen t
JOIN demand d ON d.entry = t.entry
JOIN campaign k ON k.id = d.campaign_id
JOIN project p ON p.id = k.project_id
LEFT JOIN invitation i ON i.project_id = k.project_id AND i.member_id = t.member_id;

-- insert_orders: the send orders with their events, built from the rows as stored.
WITH ordered AS (
    INSERT INTO send_order AS o (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, campaign_id, stratum, first_day, last_day, details, ordered_at)
    SELECT order_id, 1, 'ordered', 'solicitation', 'invitation', member_id, invitation_id,
        project_id, project_version, campaign_id, stratum, first_day, last_day, '{}', :at
    FROM asked
    RETURNING o.order_id, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, 1, 'order.state', :at, body FROM ordered;

-- insert_reservations: their days in the contact ledger; its exclusion constraint decides.
INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
SELECT order_id, member_id, first_day, last_day, 'reserved' FROM asked;

-- insert_invitations: the new invitations.
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
SELECT invitation_id, project_id, member_id, campaign_id, order_id, 'ordered'
FROM asked WHERE NOT again;

-- update_invitations: those whose message never left.
UPDATE invitation i SET state = 'ordered', order_id = a.order_id, campaign_id = a.campaign_id
FROM asked a WHERE a.again AND i.id = a.invitation_id;

-- count_ordered: messages that each campaign orders now.
SELECT campaign_id, count(*)::int AS ordered FROM asked GROUP BY campaign_id;
