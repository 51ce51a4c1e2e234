-- count_options: how many participants chose each option of questions, and a fingerprint of the group,
-- which is the same for the same people whatever they are counted for. Pseudo-options: `_other` an
-- own answer, `_answered`, `_none`.
WITH asked AS (
    SELECT * FROM unnest(:question_ids::text[], :kinds::text[]) AS q (question, kind)
)
SELECT q.question, o.option, count(*)::int AS people,
       bit_xor(hashtextextended(c.id::text, 0)) AS fingerprint
FROM contribution c CROSS JOIN asked q CROSS JOIN LATERAL options_of(c.answers, q.question, q.kind)
    AS o (option)
WHERE c.project_id = :project_id AND c.origin = 'answer'
GROUP BY q.question, o.option;

-- cross_options: the same for pairs of options of two questions.
SELECT r.option AS row, k.option AS column, count(*)::int AS people,
       bit_xor(hashtextextended(c.id::text, 0)) AS fingerprint
FROM contribution c
CROSS JOIN LATERAL options_of(c.answers, :row_question, :row_kind) AS r (option)
CROSS JOIN LATERAL options_of(c.answers, :column_question, :column_kind) AS k (option)
WHERE c.project_id = :project_id AND c.origin = 'answer' AND r.option <> '_answered'
    AND k.option <> '_answered'
GROUP BY r.option, k.option;

-- count_contributions: those of participants; session notes are left out.
SELECT count(*)::int FROM contribution WHERE project_id = :project_id AND origin = 'answer';

-- list_exported: contributions by id, which is random, without what is hidden.
SELECT c.id, c.origin, c.title, c.on_day,
       CASE WHEN h.hidden THEN '{}' ELSE c.answers END AS answers,
       CASE WHEN h.hidden THEN '' ELSE c.words END AS words, h.hidden
FROM contribution c CROSS JOIN LATERAL (
    SELECT coalesce((SELECT m.hidden FROM moderation m WHERE m.contribution_id = c.id
        ORDER BY m.number DESC LIMIT 1), false) AS hidden
) h
WHERE c.project_id = :project_id ORDER BY c.id;
