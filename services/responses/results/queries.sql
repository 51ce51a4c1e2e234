-- count_options: how many chose each option of questions, and a mark of who they are together, which
-- is the same for the same people whatever they are counted for. Pseudo-options: `_other` an own
-- answer, `_answered`, `_none`. $2 question ids, $3 their kinds
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[]) AS q (question, kind)
)
SELECT q.question, o.option, count(*)::int AS people,
       bit_xor(hashtextextended(c.id::text, 0)) AS mark
FROM contribution c CROSS JOIN asked q CROSS JOIN LATERAL options_of(c.answers, q.question, q.kind)
    AS o (option)
WHERE c.project_id = $1 AND c.origin = 'answer'
GROUP BY q.question, o.option;

-- cross_options: the same for pairs of options of two questions. $2, $3 rows, $4, $5 columns: id, kind
SELECT r.option AS row, k.option AS column, count(*)::int AS people,
       bit_xor(hashtextextended(c.id::text, 0)) AS mark
FROM contribution c
CROSS JOIN LATERAL options_of(c.answers, $2, $3) AS r (option)
CROSS JOIN LATERAL options_of(c.answers, $4, $5) AS k (option)
WHERE c.project_id = $1 AND c.origin = 'answer' AND r.option <> '_answered'
    AND k.option <> '_answered'
GROUP BY r.option, k.option;

-- count_answered: contributions that answer the questionnaire; notes of sessions do not.
SELECT count(*)::int FROM contribution WHERE project_id = $1 AND origin = 'answer';

-- exported: contributions by id, which is random, without what is hidden.
SELECT c.id, c.origin, c.title, c.on_day,
       CASE WHEN h.hidden THEN '{}' ELSE c.answers END AS answers,
       CASE WHEN h.hidden THEN '' ELSE c.words END AS words, h.hidden
FROM contribution c CROSS JOIN LATERAL (
    SELECT coalesce((SELECT m.hidden FROM moderation m WHERE m.contribution_id = c.id
        ORDER BY m.number DESC LIMIT 1), false) AS hidden
) h
WHERE c.project_id = $1 ORDER BY c.id;
