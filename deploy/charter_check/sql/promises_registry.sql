-- Each query judges one promise from registry's tables alone: how many rows it looked at, and how
-- many break it. None relies on a constraint; that those still stand is judged apart.

-- deliveries_apart: two solicitations of one person, handed over less than 31 days apart. Who was
-- erased is still one member.
WITH handed_over AS (
    SELECT d.day, lag(d.day) OVER (
        PARTITION BY coalesce(m.person_id, m.member_id) ORDER BY d.day) AS before
    FROM delivery d JOIN member m USING (member_id)
    WHERE d.kind IN ('invitation', 'reminder')
        AND d.state IN ('attempting', 'sent', 'unknown', 'bounced')
)
SELECT count(*) AS looked_at, count(*) FILTER (WHERE day < before + 31) AS wrong FROM handed_over;

-- first_solicitation_after_known_contact: nor less than 31 days after what the import knew.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE day < lock_before_day + 31) AS wrong
FROM delivery
WHERE kind IN ('invitation', 'reminder') AND state IN ('attempting', 'sent', 'unknown', 'bounced')
    AND lock_before_day IS NOT NULL AND lock_before_order IS DISTINCT FROM order_id;

-- locks_as_late_as_messages: a lock that says an earlier day would let somebody be asked too soon.
SELECT count(*) AS looked_at,
    count(*) FILTER (WHERE l.last_day IS NULL OR l.last_day < t.day) AS wrong
FROM (
    SELECT m.person_id, max(d.day) AS day FROM delivery d JOIN member m USING (member_id)
    WHERE d.kind IN ('invitation', 'reminder')
        AND d.state IN ('attempting', 'sent', 'unknown', 'bounced') AND m.status <> 'erased'
    GROUP BY 1
) t LEFT JOIN contact_lock l USING (person_id);

-- contact_lock_stands: exactly one lock per person, by a key that is in force.
SELECT count(*) FILTER (WHERE c.conname IS NOT NULL) AS looked_at,
    (count(*) FILTER (WHERE c.conname IS NULL))::int AS wrong
FROM (VALUES (1)) one (row) LEFT JOIN pg_constraint c ON c.conrelid = 'contact_lock'::regclass
    AND c.contype = 'p' AND c.convalidated
    AND pg_get_constraintdef(c.oid) = 'PRIMARY KEY (person_id)';

-- memberships_three_years: they end three years after the charter was accepted, and then are over.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE ends_on > (accepted_on + interval '3 years')::date
        OR (status IN ('active', 'paused', 'suspended')
            AND ends_on <= (:now::timestamptz AT TIME ZONE zone)::date)) AS wrong
FROM member;

-- no_message_after_membership: nothing is handed over from the day on which it ended.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE d.day >= m.ends_on) AS wrong
FROM delivery d JOIN member m USING (member_id)
WHERE d.state IN ('attempting', 'sent', 'unknown', 'bounced');

-- consents_proven: everybody's consent has a date, not in the future, and a reference to its proof,
-- until they are erased.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE consent_on IS NULL OR coalesce(consent_proof, '') = ''
        OR consent_on > (:now::timestamptz AT TIME ZONE zone)::date) AS wrong
FROM member
WHERE status <> 'erased';

-- gone_without_contact: of those who left, no address is kept.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE c.member_id IS NOT NULL) AS wrong
FROM member m LEFT JOIN contact c USING (member_id)
WHERE m.status IN ('left', 'erased');

-- deliveries_answered: an order whose window is over has been answered.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE d.state IN ('pending', 'attempting')
        AND d.last_day < (:now::timestamptz AT TIME ZONE coalesce(m.zone, 'Etc/GMT+12'))::date
    ) AS wrong
FROM delivery d LEFT JOIN member m USING (member_id);

-- silent_after_erasing: nothing is handed over to who was erased. Where they lived is forgotten, and
-- their day may have been a day later than the server's; to the minute, the mail itself judges.
SELECT count(*)::int AS looked_at, (count(*) FILTER (WHERE d.day > e.erased_on + 1))::int AS wrong
FROM erasure e JOIN delivery d USING (member_id)
WHERE d.state IN ('attempting', 'sent', 'unknown', 'bounced');

-- one_person_per_mailbox: members that share a mailbox share the person, and so the contact lock.
SELECT count(*)::int AS looked_at, (count(*) FILTER (WHERE persons > 1))::int AS wrong FROM (
    SELECT count(DISTINCT m.person_id) AS persons
    FROM contact c JOIN member m USING (member_id) GROUP BY c.mailbox_hash
) mailbox;

-- known_orders: every order received, with where its member lives, if that is still known.
SELECT d.order_id, d.kind, d.state, d.member_id, m.zone, d.day
FROM delivery d LEFT JOIN member m USING (member_id);

-- erased_keep_nothing: of who is erased nothing is known, and campaigns has confirmed that it forgot
-- them too, on the day after at the latest.
SELECT count(*)::int AS looked_at,
       (count(*) FILTER (WHERE m.person_id IS NOT NULL OR m.attributes <> '{}'
           OR m.consent_proof IS NOT NULL OR c.member_id IS NOT NULL OR e.member_id IS NULL
           OR (e.acknowledged_on IS NULL AND e.erased_on < (:now::timestamptz)::date)))::int AS wrong
FROM member m LEFT JOIN contact c USING (member_id) LEFT JOIN erasure e USING (member_id)
WHERE m.status = 'erased';
