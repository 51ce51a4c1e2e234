-- update_member_erased: identity, attributes and consent go; others learn that the member is erased.
WITH erased AS (
    UPDATE member SET status = 'erased', version = version + 1, merged_into = NULL,
        person_id = NULL, language = NULL, zone = NULL, attributes = '{}', accepted_on = NULL,
        ends_on = NULL, consent_on = NULL, consent_proof = NULL
    WHERE member_id = $1 RETURNING member_id, version, member_body(member, NULL) AS body
), noted AS (
    INSERT INTO erasure (member_id, erased_on) SELECT member_id, $5 FROM erased
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, member_id, version, $3, $4, body FROM erased;

-- delete_contact: the address goes; its keyed hash stays, and leads to the contact lock until the lock
-- is over. While a restored database catches up, the last solicitation may be of any day up to $4.
-- $3 the member's day, $4 the latest civil day on Earth, $5 days after which the lock is over
WITH forgotten AS (
    DELETE FROM contact WHERE member_id = $1 RETURNING email_hash, mailbox_hash
),
locked AS (
    INSERT INTO contact_lock AS held (person_id, last_day) SELECT $2, $4 WHERE recovering()
    ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
    WHERE held.last_day < excluded.last_day
), over AS (
    SELECT greatest($3, max(l.last_day) + $5::int, CASE WHEN recovering() THEN $4::date + $5 END)
        AS day
    FROM contact_lock l WHERE l.person_id = $2
), kept AS (
    UPDATE suppression SET until = (SELECT day FROM over), since = greatest(since, $3)
    WHERE person_id = $2
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since, until)
SELECT email_hash, mailbox_hash, $2, $3, (SELECT day FROM over) FROM forgotten
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = excluded.until,
    since = greatest(s.since, excluded.since),
    mailbox_hash = coalesce(excluded.mailbox_hash, s.mailbox_hash);

-- delete_expired_locks: of erased people whose month is over. A person who is a member again keeps the lock.
WITH over AS (
    UPDATE suppression SET until = NULL WHERE until <= $1 RETURNING person_id
)
DELETE FROM contact_lock l USING over
WHERE l.person_id = over.person_id
    AND NOT EXISTS (SELECT FROM member m WHERE m.person_id = l.person_id);

-- update_acknowledged_erasures: campaigns has forgotten them too; said once.
UPDATE erasure e SET acknowledged_on = n.day
FROM unnest($1::uuid[], $2::date[]) AS n (member_id, day)
WHERE e.member_id = n.member_id AND e.acknowledged_on IS NULL;

-- count_unacknowledged_erasures: erasures that campaigns has not confirmed.
SELECT count(*)::int FROM erasure WHERE acknowledged_on IS NULL;

-- list_unerased_members: members of these whom registry has not erased.
SELECT member_id FROM member WHERE member_id = ANY ($1::uuid[]) AND status <> 'erased'
ORDER BY member_id;
