-- One mailbox, however its address is spelled, is one member's: so that the contact lock, which is a
-- person's, is the mailbox's as well, and nobody who left comes back under another spelling.
ALTER TABLE contact
    -- HMAC-SHA256 of the mailbox that the address reaches. Null until the service has folded the
    -- address of a row from before this column, which takes the key that is not in the database.
    ADD mailbox_hash bytea,
    -- Members from before, whose mailbox another member had already: they share that one's person,
    -- and with it the contact lock.
    ADD same_mailbox_as uuid REFERENCES member,
    ADD CONSTRAINT contact_one_member_per_mailbox UNIQUE (mailbox_hash),
    ADD CONSTRAINT contact_mailbox_known_once CHECK (num_nonnulls(mailbox_hash, same_mailbox_as) <= 1);
CREATE INDEX contact_unfolded ON contact (member_id)
    WHERE mailbox_hash IS NULL AND same_mailbox_as IS NULL;

ALTER TABLE suppression ADD mailbox_hash bytea;
CREATE INDEX suppression_mailbox ON suppression (mailbox_hash);

-- A consent must be newer for every spelling of a mailbox that left. An address that is folded later
-- was taken in before there was a rule against it, and is judged by its own hash alone.
CREATE OR REPLACE FUNCTION refuse_older_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN suppression s USING (email_hash)
            JOIN member m USING (member_id) WHERE (m.consent_on > s.since) IS NOT TRUE)
        OR (TG_OP = 'INSERT' AND EXISTS (SELECT FROM written w JOIN suppression s USING (mailbox_hash)
            JOIN member m USING (member_id) WHERE (m.consent_on > s.since) IS NOT TRUE))
    THEN
        RAISE EXCEPTION 'a suppressed address needs a newer consent'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
