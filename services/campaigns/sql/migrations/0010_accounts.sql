-- A decision maker is a person with an account at the sign-in service. A name alone can be anybody's,
-- and can be written in several ways.
ALTER TABLE project ADD decision_maker_account text NOT NULL DEFAULT '';
ALTER TABLE mandate_change
    ADD account_before text NOT NULL DEFAULT '',
    ADD account text NOT NULL DEFAULT '';

-- A project that was published before this migration has no account until its decision maker is
-- changed; every other one names it from its first day on.
CREATE TRIGGER project_is_published_with_an_account BEFORE UPDATE OF state ON project FOR EACH ROW
WHEN (old.state = 'draft' AND new.state = 'published'
    AND new.decision_maker_account !~ '^[0-9a-f]{32}$')
EXECUTE FUNCTION refuse_transition();

-- As for name and role: once published, the account changes by a told change and by nothing else.
CREATE FUNCTION refuse_silent_change_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mandate_change
        WHERE project_id = new.id AND version = new.version
            AND account = new.decision_maker_account) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER decision_maker_account_change_is_told
AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (old.state <> 'draft' AND old.decision_maker_account <> new.decision_maker_account)
EXECUTE FUNCTION refuse_silent_change_of_account();
