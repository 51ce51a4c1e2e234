-- words_of_campaigns: what was published, by topic, key and version; `is_source` where the topic is
-- told from this very table.
SELECT 'campaigns.projects.v1' AS topic, id::text AS key, version, true AS is_source,
    jsonb_build_object('recruitment_ends_on', recruitment_ends_on,
        'collection_ends_on', collection_ends_on, 'mandate', jsonb_build_object('title', title,
        'nature', nature, 'why', why, 'stakes', stakes, 'objectives', objectives,
        'purpose', purpose, 'who', who, 'how', how, 'decision_maker', jsonb_build_object(
            'name', decision_maker_name, 'role', decision_maker_role,
            'account', nullif(decision_maker_account, '')),
        'compensation', CASE WHEN compensation_terms IS NOT NULL THEN jsonb_build_object(
            'terms', compensation_terms, 'reference', coalesce(compensation_reference, '')) END
        ))::text AS words
FROM project WHERE state <> 'draft';

-- words_of_registry: of projects and reports, as messages say them.
SELECT 'campaigns.projects.v1' AS topic, project_id::text AS key, version, false AS is_source,
    jsonb_build_object('mandate', jsonb_strip_nulls(mandate))::text AS words
FROM project
UNION ALL
SELECT 'feedback.reports.v1', project_id::text, version, false,
    jsonb_build_object('summary', summary, 'url', url)::text
FROM report;

-- words_of_responses: of proposals, and of projects as the answer page says them.
SELECT 'responses.proposals.v1' AS topic, id::text AS key, version, true AS is_source,
    jsonb_build_object('title', title, 'text', text, 'theme', theme)::text AS words
FROM proposal
UNION ALL
SELECT 'campaigns.projects.v1', project_id::text, project_version, false, jsonb_build_object(
    'mandate', jsonb_strip_nulls(coalesce(mandate, '{}') || jsonb_build_object('title', title)))::text
FROM collection;

-- words_of_feedback: of decisions and reports, and of proposals and projects as the public account
-- says them.
(SELECT DISTINCT ON (proposal_id) 'feedback.decisions.v1' AS topic, proposal_id::text AS key, version,
    true AS is_source, jsonb_build_object('outcome', outcome, 'reason', reason,
        'proposal_version', proposal_version, 'next_step', next_step, 'due_on', due_on,
        'owner', owner, 'decided_on', decided_on, 'decided_by', jsonb_build_object(
            'name', decided_by_name, 'role', decided_by_role))::text AS words
FROM published_decision ORDER BY proposal_id, version DESC)
UNION ALL
(SELECT DISTINCT ON (project_id) 'feedback.reports.v1', project_id::text, version, true,
    jsonb_build_object('summary', summary, 'collection_version', collection_version,
        'published_on', published_on)::text
FROM published_report ORDER BY project_id, version DESC)
UNION ALL
SELECT 'responses.proposals.v1', proposal_id::text, version, false,
    jsonb_build_object('title', title, 'text', text, 'theme', theme, 'support', support)::text
FROM proposal
UNION ALL
SELECT 'campaigns.projects.v1', project_id::text, version, false, jsonb_build_object('mandate',
    jsonb_strip_nulls(coalesce(body -> 'mandate', '{}')) || jsonb_build_object('title', title,
        'decision_maker', jsonb_build_object('name', decision_maker, 'role', decision_maker_role,
            'account', nullif(decision_maker_account, '')))
    )::text
FROM project;

-- answers_stored: of each collection, contributions, those of them that are a session's notes,
-- answers that are sealed, credentials that were spent, and a digest of the answers that are open.
SELECT c.project_id,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(
            o.id::text || encode(sha256(convert_to(o.answers::text || o.words, 'UTF8')), 'hex'), ''
            ORDER BY o.id), ''), 'UTF8')), 'hex')
        FROM contribution o WHERE o.project_id = c.project_id AND o.origin = 'answer') AS digest,
    (SELECT count(*) FROM contribution o WHERE o.project_id = c.project_id) AS open,
    (SELECT count(*) FROM contribution o WHERE o.project_id = c.project_id
        AND o.origin <> 'answer') AS notes,
    (SELECT count(*) FROM sealed s WHERE s.project_id = c.project_id) AS sealed,
    (SELECT count(*) FROM spent_credential s WHERE s.project_id = c.project_id) AS spent
FROM collection c;

-- answers_open: the words of each answer, and the answer.
SELECT words, answers::text AS answers FROM contribution WHERE origin = 'answer';
