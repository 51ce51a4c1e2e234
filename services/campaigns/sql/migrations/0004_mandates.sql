-- A change of decision maker is an event of the mandate: who decided before, who decides now, why,
-- and who said so. Kept for good.
CREATE TABLE mandate_change (
    project_id  uuid NOT NULL REFERENCES project,
    version     bigint NOT NULL,
    name_before text NOT NULL,
    role_before text NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL,
    reason      text NOT NULL,
    changed_by  text NOT NULL,
    changed_at  timestamptz NOT NULL,
    CONSTRAINT mandate_change_once PRIMARY KEY (project_id, version),
    CONSTRAINT mandate_change_has_reason CHECK (reason ~ '\S')
);
CREATE TRIGGER mandate_change_is_final BEFORE UPDATE OR DELETE ON mandate_change
FOR EACH ROW EXECUTE FUNCTION refuse_transition();

-- Whoever signs is whom the mandate names: a published one changes its decision maker by such a
-- change and by nothing else. Looked at when the transaction ends, as both are written in it.
CREATE FUNCTION refuse_silent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mandate_change
        WHERE project_id = new.id AND version = new.version
            AND (name, role) = (new.decision_maker_name, new.decision_maker_role)) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER decision_maker_change_is_told
AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (old.state <> 'draft' AND (old.decision_maker_name, old.decision_maker_role)
    IS DISTINCT FROM (new.decision_maker_name, new.decision_maker_role))
EXECUTE FUNCTION refuse_silent_change();
