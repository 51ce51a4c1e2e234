-- Two promises that only code kept. No table is read or rewritten.

-- A synthesis that was heard of before its list was kept (version 0, see 0002) lists nothing, which
-- is not the same as a list that is empty: no report answers it until it is told anew.
CREATE OR REPLACE FUNCTION refuse_unanswered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM collection c
            WHERE c.project_id = new.project_id AND c.state = 'synthesised'
                AND c.version = new.collection_version
                AND coalesce(jsonb_typeof(c.body -> 'proposals') = 'array', false))
        OR NOT EXISTS (SELECT FROM project p WHERE p.project_id = new.project_id
            AND p.state IN ('collected', 'reporting', 'closed'))
        OR EXISTS (SELECT FROM listed_proposal l
            WHERE l.project_id = new.project_id AND (
                NOT EXISTS (SELECT FROM proposal p
                    WHERE p.proposal_id = l.proposal_id AND p.version = l.version)
                OR NOT EXISTS (SELECT FROM published_decision d
                    WHERE d.proposal_id = l.proposal_id AND d.proposal_version = l.version
                        AND d.report_version <= new.version))) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

-- Signed by whom the mandate names at that moment, under the name and the role that it gives.
CREATE FUNCTION refuse_other_signers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM project p WHERE p.project_id = new.project_id
            AND (p.decision_maker, p.decision_maker_role)
                = (new.signed_by_name, new.signed_by_role)) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
-- Also of a change of signature while signed; what is published keeps the name it was signed with.
CREATE TRIGGER decision_signed_by_whom_the_mandate_names AFTER UPDATE ON decision FOR EACH ROW
WHEN (new.state = 'signed' AND (old.state = 'drafted'
    OR (old.signer, old.signed_by_name, old.signed_by_role)
        IS DISTINCT FROM (new.signer, new.signed_by_name, new.signed_by_role)))
EXECUTE FUNCTION refuse_other_signers();
