-- One anonymous credential per participation, signed with the project's own key (DESIGN.md §6).
-- Nothing here is dated: when a credential was taken would help to tell whose answer came then.

ALTER TABLE project
    -- As everybody reads it. In this row, so that whoever waited for its lock sees it.
    ADD credential_key jsonb,
    ADD credentials_issued int;

-- One key for all participants: a second one would tell them apart.
CREATE TRIGGER project_credential_key_is_final BEFORE UPDATE OF credential_key ON project
FOR EACH ROW
WHEN (old.credential_key IS NOT NULL AND old.credential_key IS DISTINCT FROM new.credential_key)
EXECUTE FUNCTION refuse_transition();

-- The private keys, sealed with a key that is not in the database.
CREATE TABLE project_key (
    project_id uuid REFERENCES project,
    key_id     text NOT NULL,
    sealed     bytea NOT NULL,
    CONSTRAINT project_key_once PRIMARY KEY (project_id)
);

CREATE TABLE credential (
    invitation_id uuid REFERENCES participation,
    -- SHA-256 of the blinded request, which says nothing of the credential that comes out of it.
    request_hash  bytea NOT NULL,
    CONSTRAINT credential_once PRIMARY KEY (invitation_id),
    CONSTRAINT credential_request_is_hashed CHECK (length(request_hash) = 32)
);

CREATE TRIGGER credential_is_final BEFORE UPDATE ON credential FOR EACH ROW
WHEN (old IS DISTINCT FROM new) EXECUTE FUNCTION refuse_transition();
