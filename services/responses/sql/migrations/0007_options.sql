-- What an answer counts for, one row for each option. A plain SQL function, so that the planner sees
-- through it.
CREATE FUNCTION options_of(answers jsonb, question text, kind text) RETURNS TABLE (option text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_array_elements_text(answers -> question -> 'chosen')
    WHERE kind IN ('single_choice', 'multiple_choice')
    UNION ALL
    SELECT '_other' WHERE kind IN ('single_choice', 'multiple_choice')
        AND answers -> question ->> 'other' <> ''
    UNION ALL
    SELECT answers ->> question WHERE kind = 'scale' AND answers ? question
    UNION ALL
    SELECT answers -> question ->> 0 WHERE kind = 'ranking' AND answers ? question
    UNION ALL
    SELECT DISTINCT p ->> 'mark'
    FROM jsonb_array_elements(CASE kind WHEN 'document_test'
        THEN answers -> question -> 'passages' END) AS p
    UNION ALL
    SELECT CASE WHEN answers ? question THEN '_answered' ELSE '_none' END
$$;
