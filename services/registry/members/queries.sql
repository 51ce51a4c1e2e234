-- republish_members: every member's current state once more. Locked, so that who is changing at
-- this moment is told as changed, and the older state is not the last thing the topic says.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, m.member_id, m.version, $2, $3, member_body(m, l.last_day)
FROM member m LEFT JOIN contact_lock l USING (person_id) ORDER BY m.member_id
FOR NO KEY UPDATE OF m;

-- lock_member: their row, for a change.
SELECT member_id, person_id, status, language, zone, version FROM member WHERE member_id = $1
FOR UPDATE;

-- find_member: as the page shows it.
SELECT member_id, person_id, status, language, zone, version FROM member WHERE member_id = $1;

-- wait_for_messages: until no message to this member is being sent; none starts before our commit.
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- update_member_left: the end of a membership by the member's own act.
WITH left_now AS (
    UPDATE member SET status = 'left', version = version + 1
    WHERE member_id = $1 RETURNING member_id, version, member_body(member, NULL) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, member_id, version, $3, $4, body FROM left_now;

-- delete_contact: the address is forgotten; its keyed hash keeps it from being added again.
WITH forgotten AS (
    DELETE FROM contact WHERE member_id = $1 RETURNING email_hash, mailbox_hash
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since)
SELECT email_hash, mailbox_hash, $2, $3 FROM forgotten
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = NULL,
    since = greatest(s.since, excluded.since),
    mailbox_hash = coalesce(excluded.mailbox_hash, s.mailbox_hash);

-- update_expired_members: three years are over where the member lives; silence renews nothing.
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

-- find_survivor: the member that a merged identity became part of; without a merge, the member itself.
WITH RECURSIVE chain AS (
    SELECT member_id, merged_into FROM member WHERE member_id = $1
    UNION
    SELECT m.member_id, m.merged_into FROM member m JOIN chain c ON m.member_id = c.merged_into
)
SELECT member_id FROM chain WHERE merged_into IS NULL;
