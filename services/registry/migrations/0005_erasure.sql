-- Forgetting somebody: what stays of them is that there was a member, so that a restored backup
-- forgets them again, and for 31 days the contact lock under a keyed hash of their address.

ALTER TABLE member
    ALTER person_id DROP NOT NULL,
    ALTER language DROP NOT NULL,
    ALTER zone DROP NOT NULL,
    ALTER accepted_on DROP NOT NULL,
    ALTER ends_on DROP NOT NULL,
    ALTER consent_on DROP NOT NULL,
    ALTER consent_proof DROP NOT NULL,
    ADD CONSTRAINT member_erased_keeps_nothing CHECK (
        num_nonnulls(person_id, language, zone, accepted_on, ends_on, consent_on, consent_proof)
            = CASE status WHEN 'erased' THEN 0 ELSE 7 END
        AND (status <> 'erased' OR attributes = '{}'));

CREATE TABLE erasure (
    member_id       uuid PRIMARY KEY REFERENCES member,
    erased_on       date NOT NULL,
    -- When campaigns said that it has forgotten them too.
    acknowledged_on date
);

-- Nobody comes back from it.
CREATE FUNCTION refuse_to_remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an erased member stays erased'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'member_erased_is_final';
END
$$;
CREATE TRIGGER member_erased_is_final BEFORE UPDATE OR DELETE ON member FOR EACH ROW
WHEN (old.status = 'erased') EXECUTE FUNCTION refuse_to_remember();
