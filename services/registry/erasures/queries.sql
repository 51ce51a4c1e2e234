-- update_member_erased: delete identity, attributes and consent of a member, and publish the
-- status.
WITH erased AS (
    UPDATE member SET status = 'erased', version = version + 1, merged_into = NULL,
        person_id = NULL, language = NULL, zone = NULL, attributes = '{}', accepted_on = NULL,
        ends_on = NULL, consent_on = NULL, consent_proof = NULL
    WHERE member_id = :member_id RETURNING member_id, version, member_body(member, NULL) AS body
), recorded AS (
    INSERT INTO erasure (member_id, erased_on) SELECT member_id, :today FROM erased
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, member_id, version, :kind, :now, body FROM erased;

-- delete_contact: delete the address; its keyed hash stays on the suppression list, and leads to
-- the contact lock until that lock is over. While a restored database catches up, the last
-- solicitation may be of any day up to :latest_day, the latest civil day on Earth. :day is the
-- member's civil day, :lock_days the number of days after which a contact lock is over.
WITH deleted AS (
    DELETE FROM contact WHERE member_id = :member_id RETURNING email_hash, mailbox_hash
),
locked AS (
    INSERT INTO contact_lock AS current (person_id, last_day)
    SELECT :person_id, :latest_day WHERE recovering()
    ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
    WHERE current.last_day < excluded.last_day
), lock_end AS (
    SELECT greatest(:day, max(l.last_day) + :lock_days::int,
        CASE WHEN recovering() THEN :latest_day::date + :lock_days END) AS day
    FROM contact_lock l WHERE l.person_id = :person_id
), updated AS (
    UPDATE suppression SET until = (SELECT day FROM lock_end), since = greatest(since, :day)
    WHERE person_id = :person_id
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since, until)
SELECT email_hash, mailbox_hash, :person_id, :day, (SELECT day FROM lock_end) FROM deleted
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = excluded.until,
    since = greatest(s.since, excluded.since),
    mailbox_hash = excluded.mailbox_hash;

-- delete_expired_locks: delete contact locks of erased people whose month is over. A person who is
-- a member again keeps the lock.
WITH ended AS (
    UPDATE suppression SET until = NULL WHERE until <= :today RETURNING person_id
)
DELETE FROM contact_lock l USING ended
WHERE l.person_id = ended.person_id
    AND NOT EXISTS (SELECT FROM member m WHERE m.person_id = l.person_id);

-- update_acknowledged_erasures: record that campaigns has erased these members too; the first
-- confirmation counts.
UPDATE erasure e SET acknowledged_on = n.day
FROM unnest(:member_ids::uuid[], :days::date[]) AS n (member_id, day)
WHERE e.member_id = n.member_id AND e.acknowledged_on IS NULL;

-- count_unacknowledged_erasures: erasures that campaigns has not confirmed.
SELECT count(*)::int FROM erasure WHERE acknowledged_on IS NULL;

-- list_unerased_members: those of the given members that registry has not erased.
SELECT member_id FROM member WHERE member_id = ANY (:member_ids::uuid[]) AND status <> 'erased'
ORDER BY member_id;
