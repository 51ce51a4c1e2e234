-- may_fold: whether nobody else folds or imports until this transaction ends: two at once could give
-- one mailbox to two members, and the second would fail.
SELECT pg_try_advisory_xact_lock($1);

-- unfolded_contacts: members whose mailbox has not been worked out yet, but those whom an older
-- suppression bars: nothing is written about them.
SELECT c.member_id, c.key_id, c.sealed FROM contact c
WHERE c.mailbox_hash IS NULL AND c.same_mailbox_as IS NULL AND c.member_id > $2
    AND NOT EXISTS (
        SELECT FROM suppression s JOIN member m ON m.member_id = c.member_id
        WHERE s.email_hash = c.email_hash AND s.since >= m.consent_on)
ORDER BY c.member_id LIMIT $1;

-- mailbox_holder: the member of a mailbox, and their person.
SELECT c.member_id, m.person_id FROM contact c JOIN member m USING (member_id)
WHERE c.mailbox_hash = $1;

-- fold_contact: the mailbox that a member's address reaches.
UPDATE contact SET mailbox_hash = $2
WHERE member_id = $1 AND mailbox_hash IS NULL AND same_mailbox_as IS NULL;

-- share_lock: the later of two persons' last solicitations becomes the one of $2; nothing stays of $1.
WITH gone AS (DELETE FROM contact_lock WHERE person_id = $1 AND $1 <> $2 RETURNING last_day, order_id)
INSERT INTO contact_lock AS held (person_id, last_day, order_id)
SELECT $2, last_day, order_id FROM gone
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE held.last_day < excluded.last_day;

-- share_person: every member and every suppressed address of person $1 is person $2's.
WITH moved AS (
    UPDATE suppression SET person_id = $2 WHERE person_id = $1
)
UPDATE member SET person_id = $2 WHERE person_id = $1;

-- note_same_mailbox: a second member of one mailbox, from before there was a rule against it.
UPDATE contact SET same_mailbox_as = $2 WHERE member_id = $1;

-- tell_person: everybody learns when members of one person may be solicited again.
WITH told AS (
    UPDATE member SET version = version + 1
    WHERE person_id = $1 AND status IN ('active', 'paused', 'suspended')
    RETURNING member_id, version,
        member_body(member, (SELECT last_day FROM contact_lock l WHERE l.person_id = $1)) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, member_id, version, $3, $4, body FROM told ORDER BY member_id;
