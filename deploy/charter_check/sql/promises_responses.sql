-- answers_at_most_credentials: a collected project holds no more answers than credentials it gave;
-- their number is told rounded down to a multiple of five, and not below five.
SELECT coalesce(sum(s.spent), 0)::int AS looked_at,
       (count(*) FILTER (WHERE s.spent > coalesce(c.credentials_issued, 0) + 4))::int AS wrong
FROM collection c JOIN LATERAL (
    SELECT count(*) AS spent FROM spent_credential s WHERE s.project_id = c.project_id
) s ON true
WHERE c.floor_reached IS NOT NULL;

-- no_answer_dropped: each spent credential has its answer, sealed or open, and no answer lacks one.
SELECT coalesce(sum(n.spent), 0)::int AS looked_at,
       (count(*) FILTER (WHERE n.spent <> n.sealed + n.open))::int AS wrong
FROM collection c JOIN LATERAL (
    SELECT (SELECT count(*) FROM spent_credential s WHERE s.project_id = c.project_id) AS spent,
           (SELECT count(*) FROM sealed s WHERE s.project_id = c.project_id) AS sealed,
           (SELECT count(*) FROM contribution o
            WHERE o.project_id = c.project_id AND o.origin = 'answer') AS open
) n ON true;

-- words_read_before_synthesis: each contribution of a synthesised project has all its readings.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE k.readings_wanted > (
           SELECT count(DISTINCT r.reader) FROM reading r WHERE r.contribution_id = c.id)))::int
           AS wrong
FROM contribution c JOIN collection k USING (project_id) WHERE k.state = 'synthesised';

-- words_lead_somewhere: each contribution of a synthesised project is linked to a proposal or marked.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM reading r LEFT JOIN reading_link l USING (contribution_id, reader)
           WHERE r.contribution_id = c.id AND (r.mark IS NOT NULL OR l.proposal_id IS NOT NULL))))
           ::int AS wrong
FROM contribution c JOIN collection k USING (project_id) WHERE k.state = 'synthesised';

-- proposals_all_listed: a synthesised project has no draft left, and each of its proposals is
-- submitted or ends, through those it was merged into, in one that is.
WITH RECURSIVE kept AS (
    SELECT id FROM proposal WHERE state = 'submitted'
    UNION ALL
    SELECT p.id FROM proposal p JOIN kept k ON p.merged_into = k.id
)
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE p.id NOT IN (SELECT id FROM kept)))::int AS wrong
FROM proposal p JOIN collection k USING (project_id) WHERE k.state = 'synthesised';
