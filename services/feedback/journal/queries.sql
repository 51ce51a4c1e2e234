-- lock_journal: whoever appends waits here for its turn, until the one before has committed.
SELECT size, frontier FROM journal_head FOR UPDATE;

-- journal_head: as committed.
SELECT size, frontier FROM journal_head;

-- last_told: the newest version told of each subject.
SELECT w.kind, w.subject, e.version, e.digest
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) w (kind, subject)) w
CROSS JOIN LATERAL (
    SELECT e.version, e.digest FROM journal_entry e
    WHERE e.kind = w.kind AND e.subject = w.subject ORDER BY e.version DESC LIMIT 1
) e;

-- grow_journal: before its entries are added, in the same transaction.
UPDATE journal_head SET size = $1, frontier = $2;

-- add_entries: in their order, from the number $1 on.
INSERT INTO journal_entry (number, kind, subject, version, digest, body, leaf_hash, recorded_by)
SELECT $1 + n - 1, kind, subject, version, digest, body, leaf_hash, $8
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::bytea[])
    WITH ORDINALITY AS e (kind, subject, version, digest, body, leaf_hash, n)
ORDER BY n;

-- add_checkpoint: one for each length; two that sign at the same moment sign the same.
INSERT INTO journal_checkpoint (size, note, signed_on) VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT journal_checkpoint_once DO NOTHING;

-- newest_checkpoint: or nothing, before the first was signed.
SELECT size, note FROM journal_checkpoint ORDER BY size DESC LIMIT 1;

-- entry_bodies: those from $1 on, before $2, at most $3.
SELECT body FROM journal_entry WHERE number >= $1 AND number < $2 ORDER BY number LIMIT $3;

-- checkpoints: longer than $1, up to $2.
SELECT size, note FROM journal_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size;
