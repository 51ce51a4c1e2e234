-- acquire_import: one import at a time, so that none overlooks members whom another is about to
-- add.
SELECT pg_advisory_xact_lock(:lock_number);

-- create_import_lines: the table in which lines of an import wait, without an address in clear,
-- until all are checked.
CREATE TEMPORARY TABLE import_line (
    line int, member_id uuid, language text, zone text, attributes text, accepted_on date,
    ends_on date, consent_on date, consent_proof text, last_day date, key_id text, sealed bytea,
    email_hash bytea, mailbox_hash bytea, contact_unknown boolean, problem text,
    -- The person and the day of departure, where the address is on the suppression list.
    former_person uuid, former_since date
) ON COMMIT DROP;

-- index_import_lines: indexes and statistics: the planner must know that there are many lines.
CREATE INDEX ON import_line (email_hash, line);
CREATE INDEX ON import_line (mailbox_hash, line);
CREATE INDEX ON import_line (line);
ANALYZE import_line;

-- update_lines_of_former_members: recognise people who left or were erased, under any spelling of
-- their mailbox.
WITH suppressed AS (
    SELECT i.line, s.person_id, s.since
    FROM import_line i JOIN suppression s ON s.email_hash = i.email_hash
    UNION ALL
    SELECT i.line, s.person_id, s.since
    FROM import_line i JOIN suppression s ON s.email_hash = i.mailbox_hash
    UNION ALL
    SELECT i.line, s.person_id, s.since
    FROM import_line i JOIN suppression s ON s.mailbox_hash = i.mailbox_hash
), latest AS (
    SELECT DISTINCT ON (line) line, person_id, since FROM suppressed
    ORDER BY line, since DESC, person_id
)
UPDATE import_line i SET former_person = l.person_id, former_since = l.since
FROM latest l WHERE l.line = i.line;

-- update_refused_lines: refuse lines for reasons that take the whole file or the registry; of two
-- equal lines the first is kept. People who left or were erased come back by a consent given on a
-- later day, and by no other.
WITH unknown_zone AS MATERIALIZED (
    SELECT zone FROM (SELECT DISTINCT zone FROM import_line) z
    WHERE zone NOT IN (SELECT name FROM pg_timezone_names)
), checked AS (
    SELECT i.line, CASE
        WHEN i.zone IN (SELECT zone FROM unknown_zone) THEN 'zone_unknown'
        WHEN c.email_hash IS NOT NULL THEN 'already_member'
        WHEN (i.consent_on > i.former_since) IS FALSE THEN 'has_left'
        WHEN b.mailbox_hash IS NOT NULL THEN 'mailbox_of_member'
        WHEN row_number() OVER (PARTITION BY i.email_hash ORDER BY i.line) > 1 THEN 'twice_in_file'
        WHEN row_number() OVER (PARTITION BY i.mailbox_hash ORDER BY i.line) > 1
            THEN 'mailbox_twice_in_file'
    END AS problem
    FROM import_line i
    LEFT JOIN contact c USING (email_hash)
    LEFT JOIN contact b ON b.mailbox_hash = i.mailbox_hash
)
UPDATE import_line i SET problem = j.problem FROM checked j
WHERE j.line = i.line AND j.problem IS NOT NULL RETURNING i.line, i.problem;

-- count_import_lines: lines without a problem; of these, lines without a last contact, and lines of
-- people who come back.
SELECT count(*)::int AS valid,
    (count(*) FILTER (WHERE contact_unknown))::int AS without_last_contact,
    (count(*) FILTER (WHERE former_person IS NOT NULL))::int AS come_back
FROM import_line WHERE problem IS NULL;

-- insert_members: lines without a problem become members; people who come back under a newer
-- consent are the same persons, under the same contact lock.
INSERT INTO member (member_id, person_id, language, zone, attributes, accepted_on, ends_on,
    consent_on, consent_proof)
SELECT member_id, coalesce(former_person, gen_random_uuid()), language, zone, attributes::jsonb,
    accepted_on, ends_on, consent_on, consent_proof
FROM import_line WHERE problem IS NULL ORDER BY line;

-- insert_contacts: their encrypted contact details.
INSERT INTO contact (member_id, key_id, sealed, email_hash, mailbox_hash)
SELECT member_id, key_id, sealed, email_hash, mailbox_hash
FROM import_line WHERE problem IS NULL ORDER BY line;

-- upsert_contact_locks: the last contact of each. After a restore, anybody may be a person whom the
-- backup does not know and who was solicited since: as late as the latest civil day on Earth at
-- that moment.
INSERT INTO contact_lock AS current (person_id, last_day)
SELECT m.person_id, greatest(max(i.last_day),
    (SELECT max(done_at AT TIME ZONE 'Etc/GMT-14')::date FROM recovery))
FROM import_line i JOIN member m USING (member_id)
WHERE i.problem IS NULL GROUP BY m.person_id ORDER BY m.person_id
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
WHERE current.last_day < excluded.last_day;

-- publish_imported_members: publish the new members, with coded attributes only.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, m.member_id, m.version, :kind, :now, member_body(m, l.last_day)
FROM import_line i JOIN member m USING (member_id)
LEFT JOIN contact_lock l USING (person_id)
WHERE i.problem IS NULL ORDER BY i.line;
