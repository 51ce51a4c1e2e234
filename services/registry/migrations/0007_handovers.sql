-- What a person or a mail server said stays said. The suppression list keeps the keyed hash of every
-- address that left or was erased: only a consent that its person gave later lets the address in
-- again. `until` is the day on which the contact lock of an erased person may be forgotten.

CREATE FUNCTION refuse_suppression_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER suppression_is_kept BEFORE DELETE ON suppression
FOR EACH ROW EXECUTE FUNCTION refuse_suppression_change();
CREATE TRIGGER suppression_only_grows BEFORE UPDATE ON suppression FOR EACH ROW
WHEN (new.email_hash <> old.email_hash OR new.since < old.since)
EXECUTE FUNCTION refuse_suppression_change();

-- By statement, as an import writes hundreds of thousands of addresses in one.
CREATE FUNCTION refuse_older_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN suppression s USING (email_hash)
        JOIN member m USING (member_id) WHERE (m.consent_on > s.since) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a suppressed address needs a newer consent'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER contact_needs_newer_consent AFTER INSERT ON contact
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_older_consent();
CREATE TRIGGER contact_still_needs_newer_consent AFTER UPDATE ON contact
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_older_consent();

-- The mail server's words on a refusal, without anything that names a person, and how often a content
-- was refused after it had been handed over: the server may have delivered it all the same.
ALTER TABLE delivery
    ADD reply text,
    ADD handovers int NOT NULL DEFAULT 0,
    ADD CONSTRAINT delivery_reply_names_nobody CHECK (reply !~ '@|://|[[:cntrl:]]'),
    ADD CONSTRAINT delivery_reply_is_short CHECK (length(reply) <= 200);
CREATE INDEX delivery_replied ON delivery (reply) WHERE reply IS NOT NULL;

-- The lock of a solicitation whose content was handed over is never put back, whatever was answered.
-- Members of who are erased are gone, and their lock goes once their month is over.
CREATE FUNCTION refuse_put_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM delivery d WHERE d.order_id = old.order_id
            AND (d.handovers > 0 OR d.state IN ('sent', 'unknown', 'bounced')))
        AND (TG_OP = 'UPDATE' OR EXISTS (SELECT FROM member m WHERE m.person_id = old.person_id))
    THEN
        RAISE EXCEPTION 'a lock stays once its message was handed over'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(new, old);
END
$$;
CREATE TRIGGER contact_lock_stays_after_handover BEFORE UPDATE ON contact_lock FOR EACH ROW
WHEN (new.last_day < old.last_day
    OR (new.last_day = old.last_day AND new.order_id IS DISTINCT FROM old.order_id))
EXECUTE FUNCTION refuse_put_back();
CREATE TRIGGER contact_lock_is_kept_after_handover BEFORE DELETE ON contact_lock
FOR EACH ROW EXECUTE FUNCTION refuse_put_back();
