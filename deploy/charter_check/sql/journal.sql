-- journal_bodies: every entry of the transparency journal, in order.
SELECT body FROM journal_entry ORDER BY number;

-- journal_length: entries there are, and entries that the newest checkpoint covers.
SELECT (SELECT count(*) FROM journal_entry) AS entries,
       (SELECT max(size) FROM journal_checkpoint) AS signed;

-- journal_tells_all: mandates, reports, decisions and follow-up that are published are in the
-- journal, in the words that are published.
WITH told AS (SELECT number, body::jsonb AS body FROM journal_entry),
published AS (
    SELECT EXISTS (SELECT FROM told WHERE body->>'kind' = 'mandate'
        AND body->>'project_id' = p.project_id::text
        AND body->'mandate'->>'title' = p.title) AND EXISTS (
        SELECT FROM told WHERE body->>'kind' = 'decision_maker'
        AND body->>'project_id' = p.project_id::text
        AND body->>'name' = p.decision_maker) AS told
    FROM project p WHERE p.version > 0
    UNION ALL
    SELECT EXISTS (SELECT FROM told WHERE body->>'kind' = 'report'
        AND body->>'project_id' = r.project_id::text
        AND (body->>'version')::bigint = r.version AND body->>'summary' = r.summary)
    FROM published_report r
    UNION ALL
    SELECT EXISTS (SELECT FROM told WHERE body->>'kind' = 'decision'
        AND body->>'proposal_id' = d.proposal_id::text
        AND body->>'outcome' = d.outcome AND body->>'reason' = d.reason)
    FROM published_decision d
    UNION ALL
    SELECT EXISTS (SELECT FROM told WHERE body->>'kind' = 'follow_up'
        AND body->>'proposal_id' = f.proposal_id::text
        AND (body->>'step')::int = f.number AND body->>'progress' = f.progress)
    FROM follow_up f
)
SELECT count(*) AS looked_at, count(*) FILTER (WHERE NOT told) AS wrong FROM published;
