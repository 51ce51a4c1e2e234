-- The transparency journal: a Merkle tree that only grows (docs/decisions/0014). Numbers start at 0,
-- have no gap, and are given in the order of the commits, as whoever writes locks the head.
CREATE TABLE journal_entry (
    number      bigint,
    -- What it tells of, and which version of that: replays tell nothing twice.
    kind        text NOT NULL,
    subject     text NOT NULL,
    version     bigint NOT NULL,
    digest      bytea NOT NULL,
    -- The exact text that is hashed; public as it stands.
    body        text NOT NULL,
    leaf_hash   bytea NOT NULL,
    -- Of a correction: who made it, for the administration's own account.
    recorded_by text,
    previous    bigint GENERATED ALWAYS AS (nullif(number, 0) - 1) STORED,
    CONSTRAINT journal_entry_number PRIMARY KEY (number),
    CONSTRAINT journal_entry_follows FOREIGN KEY (previous) REFERENCES journal_entry,
    CONSTRAINT journal_entry_once UNIQUE (kind, subject, version),
    CONSTRAINT journal_entry_says_its_number CHECK (
        number >= 0 AND starts_with(body, '{"number":' || number || ',"on":')
        AND strpos(body, E'\n') = 0),
    CONSTRAINT journal_entry_leaf_is_its_text CHECK (
        leaf_hash = sha256('\x00'::bytea || convert_to(body, 'UTF8')))
);

-- How long the journal is, and the roots of its tree's complete subtrees: all that an append needs.
CREATE TABLE journal_head (
    single   boolean PRIMARY KEY DEFAULT true,
    size     bigint NOT NULL,
    frontier bytea NOT NULL,
    CONSTRAINT journal_head_is_one CHECK (single),
    CONSTRAINT journal_head_has_its_frontier CHECK (
        size >= 0 AND octet_length(frontier) = 32 * bit_count(size::bit(64)))
);
INSERT INTO journal_head (size, frontier) VALUES (0, '');

-- Promises of the whole journal as it stood, signed; nothing may ever contradict one.
CREATE TABLE journal_checkpoint (
    size      bigint,
    note      text NOT NULL,
    signed_on date NOT NULL,
    last      bigint GENERATED ALWAYS AS (nullif(size, 0) - 1) STORED,
    CONSTRAINT journal_checkpoint_once PRIMARY KEY (size),
    CONSTRAINT journal_checkpoint_is_of_entries FOREIGN KEY (last) REFERENCES journal_entry
);

CREATE TRIGGER journal_entry_is_final BEFORE UPDATE OR DELETE ON journal_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_entries_are_kept BEFORE TRUNCATE ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_checkpoint_is_final BEFORE UPDATE OR DELETE ON journal_checkpoint
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_checkpoints_are_kept BEFORE TRUNCATE ON journal_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_head_only_grows BEFORE UPDATE ON journal_head FOR EACH ROW
WHEN (new.size <= old.size) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_head_is_kept BEFORE DELETE OR TRUNCATE ON journal_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The head counts exactly the entries there are: neither an entry outside the tree, nor a tree of
-- something else. The head is written first, and looked at again when the transaction ends.
CREATE FUNCTION refuse_miscounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT h.size FROM journal_head h)
        IS DISTINCT FROM (SELECT coalesce(max(e.number) + 1, 0) FROM journal_entry e) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entries_are_counted AFTER INSERT ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_miscounted();
CREATE CONSTRAINT TRIGGER journal_head_counts_entries AFTER UPDATE ON journal_head
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_miscounted();
