-- upsert_projects: what messages say of them; an older version changes nothing.
INSERT INTO project AS held
    (project_id, version, state, mandate, recruitment_ends_on, collection_ends_on)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::jsonb[], $5::date[], $6::date[])
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, state = excluded.state,
    mandate = excluded.mandate, recruitment_ends_on = excluded.recruitment_ends_on,
    collection_ends_on = excluded.collection_ends_on
WHERE held.version < excluded.version;

-- upsert_reports: what messages say of them; an older version changes nothing.
INSERT INTO report AS held (project_id, version, url, summary)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, url = excluded.url,
    summary = excluded.summary
WHERE held.version < excluded.version;
