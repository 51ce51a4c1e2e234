-- lock_imports: one import at a time, so that none overlooks what another is about to add.
SELECT pg_advisory_xact_lock(7203450);

-- stage_lines: where an import's lines wait, without an address in clear, until all are judged.
CREATE TEMPORARY TABLE import_line (
    line int, member_id uuid, language text, zone text, attributes text, accepted_on date,
    ends_on date, consent_on date, consent_proof text, last_day date, key_id text, sealed bytea,
    email_hash bytea, contact_unknown boolean, problem text
) ON COMMIT DROP;

-- index_lines: the planner must know that there are many.
CREATE INDEX ON import_line (email_hash, line);
ANALYZE import_line;

-- judge_lines: what only the whole file, or the registry, can tell; the first of two lines wins.
WITH strange AS MATERIALIZED (
    SELECT zone FROM (SELECT DISTINCT zone FROM import_line) z
    WHERE zone NOT IN (SELECT name FROM pg_timezone_names)
), judged AS (
    SELECT i.line, CASE
        WHEN i.zone IN (SELECT zone FROM strange) THEN 'zone_unknown'
        WHEN s.email_hash IS NOT NULL THEN 'has_left'
        WHEN c.email_hash IS NOT NULL THEN 'already_member'
        WHEN row_number() OVER (PARTITION BY i.email_hash ORDER BY i.line) > 1 THEN 'twice_in_file'
    END AS problem
    FROM import_line i
    LEFT JOIN contact c USING (email_hash)
    LEFT JOIN suppression s ON s.email_hash = i.email_hash AND (s.until IS NULL OR s.until > $1)
)
UPDATE import_line i SET problem = j.problem FROM judged j
WHERE j.line = i.line AND j.problem IS NOT NULL RETURNING i.line, i.problem;

-- count_staged: the lines without a problem; of these, those without a last contact, and those of
-- people who come back.
SELECT count(*)::int AS valid, (count(*) FILTER (WHERE contact_unknown))::int AS without_last_contact,
    (count(*) FILTER (WHERE EXISTS (SELECT FROM suppression s WHERE s.email_hash = i.email_hash)))::int
        AS come_back
FROM import_line i WHERE problem IS NULL;

-- keep_members: the lines without a problem become members.
INSERT INTO member (member_id, person_id, language, zone, attributes, accepted_on, ends_on,
    consent_on, consent_proof)
SELECT member_id, gen_random_uuid(), language, zone, attributes::jsonb, accepted_on,
    ends_on, consent_on, consent_proof
FROM import_line WHERE problem IS NULL ORDER BY line;

-- keep_contacts: with how to reach them.
INSERT INTO contact (member_id, key_id, sealed, email_hash)
SELECT member_id, key_id, sealed, email_hash FROM import_line WHERE problem IS NULL ORDER BY line;

-- keep_contact_locks: and when each was last contacted. After this database was put back from a
-- backup, anybody may be somebody whom it does not know any more and solicited since.
INSERT INTO contact_lock (person_id, last_day)
SELECT m.person_id, greatest(i.last_day,
    (SELECT max(done_at AT TIME ZONE 'Europe/Paris')::date FROM recovery))
FROM import_line i JOIN member m USING (member_id)
WHERE i.problem IS NULL;

-- tell_imported: everybody else learns of them, coded.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, m.member_id, m.version, $2, $3, member_body(m, l.last_day)
FROM import_line i JOIN member m USING (member_id)
LEFT JOIN contact_lock l USING (person_id)
WHERE i.problem IS NULL ORDER BY i.line;

-- republish_members: every member's current state once more. Locked, so that who is changing at
-- this moment is told as changed, and the older state is not the last thing the topic says.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, m.member_id, m.version, $2, $3, member_body(m, l.last_day)
FROM member m LEFT JOIN contact_lock l USING (person_id) ORDER BY m.member_id
FOR NO KEY UPDATE OF m;

-- lock_member: their row, for a change.
SELECT member_id, person_id, status, language, zone, version FROM member WHERE member_id = $1
FOR UPDATE;

-- read_member: as the page shows it.
SELECT member_id, person_id, status, language, zone, version FROM member WHERE member_id = $1;

-- wait_for_messages: until no message to this member is being sent; none starts before our commit.
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- mark_left: the end of a membership by the member's own act.
WITH left_now AS (
    UPDATE member SET status = 'left', version = version + 1
    WHERE member_id = $1 RETURNING member_id, version, member_body(member, NULL) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, member_id, version, $3, $4, body FROM left_now;

-- suppress_contact: the address is forgotten; its keyed hash keeps others from adding it again.
WITH forgotten AS (DELETE FROM contact WHERE member_id = $1 RETURNING email_hash)
INSERT INTO suppression (email_hash, person_id, since)
SELECT email_hash, $2, $3 FROM forgotten
ON CONFLICT (email_hash) DO UPDATE
SET person_id = excluded.person_id, since = excluded.since, until = NULL;

-- expire_members: three years are over where the member lives; silence renews nothing.
WITH over AS (
    UPDATE member SET status = 'expired', version = version + 1
    WHERE status IN ('active', 'paused', 'suspended')
      AND ends_on <= ($1::timestamptz AT TIME ZONE 'UTC')::date + 1
      AND ends_on <= ($1::timestamptz AT TIME ZONE zone)::date
    RETURNING member_id, version, member_body(member, NULL) AS body
), told AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT $2, member_id, version, $3, $1, body FROM over
)
SELECT count(*) FROM over;

-- count_members: by status.
SELECT status, count(*) AS members FROM member GROUP BY status;
