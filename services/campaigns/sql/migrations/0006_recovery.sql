-- After a restore nobody knows who took a credential since the backup, and a second one would be a
-- second voice: projects that were giving them out then give out no new ones.
ALTER TABLE project ADD issuing_stopped boolean NOT NULL DEFAULT false;

CREATE FUNCTION refuse_credential_after_restore() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM participation a JOIN project p ON p.id = a.project_id
        WHERE a.invitation_id = new.invitation_id AND p.issuing_stopped)
        AND NOT EXISTS (SELECT FROM credential c WHERE c.invitation_id = new.invitation_id) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER credential_known_to_be_the_only_one BEFORE INSERT ON credential
FOR EACH ROW EXECUTE FUNCTION refuse_credential_after_restore();

CREATE TRIGGER project_issuing_stays_stopped BEFORE UPDATE OF issuing_stopped ON project
FOR EACH ROW WHEN (old.issuing_stopped AND NOT new.issuing_stopped)
EXECUTE FUNCTION refuse_transition();
