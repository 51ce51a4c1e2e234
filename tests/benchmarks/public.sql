-- account_projects: `count` projects, one in 25 of them still open, the others closed in the last three
-- years, like `project` but for names and dates.
INSERT INTO project (project_id, version, state, title, decision_maker, decision_maker_role,
    decision_maker_account, collection_ends_on, body)
SELECT id, 1, state, title, name, 'directrice des prestations', md5(name), ends_on,
    :project::jsonb || jsonb_build_object('project_id', id, 'version', 1, 'state', state,
        'recruitment_ends_on', ends_on - 30, 'collection_ends_on', ends_on,
        'mandate', :project::jsonb -> 'mandate' || jsonb_build_object('title', title, 'decision_maker',
            jsonb_build_object('name', name, 'role', 'directrice des prestations')))
FROM (
    SELECT md5('project' || n)::uuid AS id, CASE n % 25 WHEN 0 THEN 'open' ELSE 'closed' END AS state,
        'Lettre ' || n || ' de la caisse d''allocations familiales' AS title,
        'Mme Durand-' || n % 40 AS name,
        :today::date + CASE n % 25 WHEN 0 THEN n % 60 ELSE -40 - n % 1000 END AS ends_on
    FROM generate_series(1, :count::int) n
) made;

-- account_collections: synthesised where the project is closed, like `collection`, with no proposal yet.
-- Projects that earlier parts of the benchmark opened on this stack have theirs already.
INSERT INTO collection (project_id, version, state, body)
SELECT project_id, 1, made.body ->> 'state', made.body FROM (
    SELECT project_id, CASE state WHEN 'open' THEN '{"state": "ready"}' ELSE :collection::jsonb END
        || jsonb_build_object('project_id', project_id, 'version', 1) AS body
    FROM project WHERE NOT EXISTS (
        SELECT FROM collection WHERE collection.project_id = project.project_id)
) made;

-- account_proposals: `count` in all, ten times the mean in the largest project.
INSERT INTO proposal (proposal_id, version, project_id, title, text, theme, support, merged_ids)
SELECT md5('proposal' || n)::uuid, 1,
    closed.ids[1 + floor(cardinality(closed.ids) * power((n - 1) / :count::float, 1.5))::int],
    'Dire la date en premier (' || n || ')',
    repeat('Dire la date en premier, puis ce qui manque, et le numéro d''un agent. ', 4),
    (ARRAY['clarté', 'délais', 'contact', 'formulaires'])[1 + n % 4], 1 + n % 60, '{}'
FROM (SELECT array_agg(project_id ORDER BY project_id) AS ids FROM project WHERE state = 'closed') closed,
    generate_series(1, :count::int) n;

-- account_list: every proposal is listed.
INSERT INTO listed_proposal (project_id, proposal_id, version)
SELECT project_id, proposal_id, version FROM proposal;

-- account_synthesis: the same list in each synthesised collection's own words.
UPDATE collection c SET body = c.body || jsonb_build_object('proposals', l.proposals)
FROM (SELECT project_id, jsonb_agg(jsonb_build_object('id', proposal_id, 'version', version)
        ORDER BY proposal_id) AS proposals
    FROM listed_proposal GROUP BY project_id) l
WHERE l.project_id = c.project_id AND c.state = 'synthesised';

-- account_drafts: one in three retained, one in three partly, one in three not.
INSERT INTO decision (proposal_id, project_id, version, state, proposal_version, outcome, reason,
    next_step, due_on, owner, drafter, drafted_by, drafted_on)
SELECT p.proposal_id, p.project_id, 1, 'drafted', p.version, o.outcome,
    repeat('La date vient en tête de la lettre, le montant la suit, parce que chacun les cherche. ', 3),
    CASE o.outcome WHEN 'not' THEN NULL ELSE 'Récrire la lettre de rappel' END,
    CASE o.outcome WHEN 'not' THEN NULL ELSE j.collection_ends_on + 200 END,
    CASE o.outcome WHEN 'not' THEN NULL ELSE 'Bureau des courriers' END,
    'bench', 'Bench', j.collection_ends_on + 20
FROM proposal p JOIN project j USING (project_id)
CROSS JOIN LATERAL (SELECT (ARRAY['retained', 'partly', 'not'])[1 + p.support % 3] AS outcome) o;

-- account_signatures: each by the decision maker.
UPDATE decision d SET state = 'signed', signer = 'maker', signed_by_name = j.decision_maker,
    signed_by_role = j.decision_maker_role,
    signer_account = j.decision_maker_account, signed_on = j.collection_ends_on + 30
FROM project j WHERE j.project_id = d.project_id;

-- account_publications: all that is signed.
UPDATE decision SET state = 'published';

-- account_reports: one for each closed project, with what `method` says of method.
INSERT INTO published_report (project_id, version, collection_version, draft_version, summary,
    method, published_by, published_on)
SELECT project_id, 1, 1, 1,
    repeat('Vous avez demandé une lettre plus claire. La date vient en tête. ', 12), :method::jsonb,
    'Bench', collection_ends_on + 35
FROM project WHERE state = 'closed';

-- account_decisions: in those reports.
INSERT INTO published_decision (proposal_id, version, project_id, report_version, proposal_version,
    outcome, reason, next_step, due_on, owner, decided_by_name, decided_by_role, decided_on,
    published_on)
SELECT proposal_id, version, project_id, 1, proposal_version, outcome, reason, next_step, due_on,
    owner, signed_by_name, signed_by_role, signed_on, signed_on + 5
FROM decision;

-- account_follow_up: one step for one in four of what was kept, four for another.
INSERT INTO follow_up (proposal_id, number, progress, note, recorded_on, recorded_by)
SELECT proposal_id, s.number, s.progress, 'La nouvelle lettre est en essai.',
    published_on + 30 * s.number, 'Bench'
FROM published_decision,
    (VALUES (1, 'planned'), (2, 'under_way'), (3, 'under_way'), (4, 'done')) s (number, progress)
WHERE outcome <> 'not' AND s.number <= (ARRAY[0, 0, 1, 4])[1 + get_byte(uuid_send(proposal_id), 0) % 4];

-- account_months: three years of figures, like `figures` but for the month.
INSERT INTO figures (month, version, body)
SELECT month, 1, :figures::jsonb || jsonb_build_object('month', month)
FROM generate_series(:today::date - 1000, :today::date, interval '1 month') day,
    LATERAL (SELECT to_char(day, 'YYYY-MM') AS month) named;

-- analyze_account: within the transaction that fills them, for the constraints checked at its end.
ANALYZE published_report, published_decision;

-- reported: projects with a report, those of late first.
SELECT project_id FROM published_report ORDER BY published_on DESC, project_id;

-- decided: what was decided.
SELECT proposal_id FROM published_decision ORDER BY proposal_id;
