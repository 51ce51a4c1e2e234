-- A document's bytes are in its row, or in an object store under its id: then content is NULL. The
-- digest is what was cleaned and added: other bytes are never shown in its name.
ALTER TABLE document
    ADD COLUMN size   int,
    ADD COLUMN digest bytea;
UPDATE document SET size = octet_length(content), digest = sha256(content);
ALTER TABLE document
    ALTER COLUMN size SET NOT NULL,
    ALTER COLUMN digest SET NOT NULL,
    ALTER COLUMN content DROP NOT NULL,
    ADD CONSTRAINT document_bytes_are_its_own
        CHECK (content IS NULL OR (octet_length(content) = size AND sha256(content) = digest)),
    ADD CONSTRAINT document_has_digest CHECK (octet_length(digest) = 32);
