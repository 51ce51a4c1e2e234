-- every_proposal_answered: each listed proposal of a reported project has a published decision on
-- its listed version.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM published_decision d
           WHERE d.proposal_id = l.proposal_id AND d.proposal_version = l.version)))::int AS wrong
FROM listed_proposal l
WHERE EXISTS (SELECT FROM published_report r WHERE r.project_id = l.project_id);

-- decisions_signed_by_another: signed, and not by who drafted, neither for the sign-in service nor by
-- name, whatever its case, blanks and signs; with a reason, and for what is kept
-- a next step, a day and an owner.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE d.signer IS NULL OR d.signer = d.drafter
           OR btrim(regexp_replace(lower(normalize(d.signed_by_name, NFKC)), '[^[:alnum:]]+', ' ', 'g'))
               = btrim(regexp_replace(lower(normalize(d.drafted_by, NFKC)), '[^[:alnum:]]+', ' ', 'g'))
           OR d.reason !~ '\S'
           OR d.signed_by_name !~ '\S' OR (d.outcome <> 'not' AND (d.next_step IS NULL
               OR d.due_on IS NULL OR d.owner IS NULL))))::int AS wrong
FROM decision d WHERE d.state <> 'drafted';

-- reports_on_synthesised: no report but on a collection that was synthesised, at its version.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE c.state IS DISTINCT FROM 'synthesised'
           OR c.version < r.collection_version))::int AS wrong
FROM published_report r LEFT JOIN collection c USING (project_id);
