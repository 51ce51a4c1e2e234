-- republish_members: insert the current state of every member into the outbox again. The rows are
-- locked, so that a member who is changing at this moment is published as changed, and the older
-- state is not the last one on the topic.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, m.member_id, m.version, :kind, :now, member_body(m, l.last_day)
FROM member m LEFT JOIN contact_lock l USING (person_id) ORDER BY m.member_id
FOR NO KEY UPDATE OF m;

-- lock_member: one member, for a change.
SELECT member_id, person_id, status, language, zone, version FROM member
WHERE member_id = :member_id FOR UPDATE;

-- find_member: one member, as pages show it.
SELECT member_id, person_id, status, language, zone, version FROM member
WHERE member_id = :member_id;

-- wait_for_messages: wait until no message to this member is being sent; none starts before this
-- transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(:member_id::uuid::text, 0));

-- update_member_left: end a membership by the member's own act, and publish it.
WITH departed AS (
    UPDATE member SET status = 'left', version = version + 1
    WHERE member_id = :member_id RETURNING member_id, version, member_body(member, NULL) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, member_id, version, :kind, :now, body FROM departed;

-- delete_contact: delete the address; its keyed hash stays on the suppression list, which keeps it
-- from being imported again.
WITH deleted AS (
    DELETE FROM contact WHERE member_id = :member_id RETURNING email_hash, mailbox_hash
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since)
SELECT email_hash, mailbox_hash, :person_id, :since FROM deleted
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = NULL,
    since = greatest(s.since, excluded.since),
    mailbox_hash = excluded.mailbox_hash;

-- update_expired_members: end memberships whose three years are over where the member lives, and
-- publish them; silence renews nothing.
WITH expired AS (
    UPDATE member SET status = 'expired', version = version + 1
    WHERE status IN ('active', 'paused', 'suspended')
      AND ends_on <= (:now::timestamptz AT TIME ZONE 'UTC')::date + 1
      AND ends_on <= (:now::timestamptz AT TIME ZONE zone)::date
    RETURNING member_id, version, member_body(member, NULL) AS body
), published AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT :topic, member_id, version, :kind, :now, body FROM expired
)
SELECT count(*) FROM expired;

-- count_members: members by status.
SELECT status, count(*) AS members FROM member GROUP BY status;

-- find_survivor: the member that a merged identity became part of; without a merge, the member
-- itself.
WITH RECURSIVE chain AS (
    SELECT member_id, merged_into FROM member WHERE member_id = :member_id
    UNION
    SELECT m.member_id, m.merged_into FROM member m JOIN chain c ON m.member_id = c.merged_into
)
SELECT member_id FROM chain WHERE merged_into IS NULL;
