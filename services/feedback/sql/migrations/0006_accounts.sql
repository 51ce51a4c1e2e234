-- The account that the mandate names signs, under the name and the role that the mandate gives; and
-- never under the drafter's name. Both are looked at when a decision is signed, so that what was
-- signed before stays valid.
ALTER TABLE project ADD decision_maker_account text NOT NULL DEFAULT '';
ALTER TABLE decision ADD signer_account text;
-- The version before heard of accounts and dropped them: version 0 lets a republished state fill
-- them in.
UPDATE project SET version = 0;

CREATE OR REPLACE FUNCTION refuse_other_signers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM project p WHERE p.project_id = new.project_id
            AND p.decision_maker_account <> ''
            AND (p.decision_maker, p.decision_maker_role, p.decision_maker_account)
                = (new.signed_by_name, new.signed_by_role, new.signer_account)) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER decision_signed_by_whom_the_mandate_names AFTER UPDATE ON decision
FOR EACH ROW WHEN (new.state = 'signed' AND (old.state = 'drafted'
    OR (old.signer, old.signed_by_name, old.signed_by_role, old.signer_account)
        IS DISTINCT FROM
        (new.signer, new.signed_by_name, new.signed_by_role, new.signer_account)))
EXECUTE FUNCTION refuse_other_signers();

-- Names without capitals, blanks and punctuation: "M. Bernard" and "m  BERNARD" are the same.
CREATE FUNCTION plain_name(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT btrim(regexp_replace(lower(normalize(name, NFKC)), '[^[:alnum:]]+', ' ', 'g'))
$$;
CREATE TRIGGER decision_signed_under_another_name_than_drafted BEFORE UPDATE ON decision
FOR EACH ROW WHEN (new.state = 'signed' AND (old.state = 'drafted'
    OR (old.drafted_by, old.signed_by_name) IS DISTINCT FROM (new.drafted_by, new.signed_by_name))
    AND plain_name(new.signed_by_name) = plain_name(new.drafted_by))
EXECUTE FUNCTION refuse_change();
