-- upsert_projects: projects as messages present them; an older version changes nothing.
INSERT INTO project AS current
    (project_id, version, state, mandate, recruitment_ends_on, collection_ends_on)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :states::text[], :mandates::jsonb[],
    :recruitment_ends::date[], :collection_ends::date[])
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, state = excluded.state,
    mandate = excluded.mandate, recruitment_ends_on = excluded.recruitment_ends_on,
    collection_ends_on = excluded.collection_ends_on
WHERE current.version < excluded.version;

-- upsert_reports: reports as messages present them; an older version changes nothing.
INSERT INTO report AS current (project_id, version, url, summary)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :urls::text[], :summaries::text[])
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, url = excluded.url,
    summary = excluded.summary
WHERE current.version < excluded.version;
