-- The suppression list keeps the keyed hash of every address that left or was erased. Only a consent
-- that its person gave later lets the address in again. `until` is the day on which the contact lock
-- of an erased person may be forgotten; the hash stays.

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
