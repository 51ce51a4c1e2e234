-- lock_head: an append waits here for its turn, until the previous one has committed.
SELECT size, frontier FROM journal_head FOR UPDATE;

-- find_head: the committed size and frontier.
SELECT size, frontier FROM journal_head;

-- find_recorded_versions: the newest recorded version of each subject.
SELECT w.kind, w.subject, e.version, e.digest
FROM (SELECT DISTINCT * FROM unnest(:kinds::text[], :subjects::text[]) w (kind, subject)) w
CROSS JOIN LATERAL (
    SELECT e.version, e.digest FROM journal_entry e
    WHERE e.kind = w.kind AND e.subject = w.subject ORDER BY e.version DESC LIMIT 1
) e;

-- update_head: before its entries are inserted, in the same transaction.
UPDATE journal_head SET size = :size, frontier = :frontier;

-- insert_entries: in their order, numbered from `first`.
INSERT INTO journal_entry (number, kind, subject, version, digest, body, leaf_hash, recorded_by)
SELECT :first + n - 1, kind, subject, version, digest, body, leaf_hash, :recorded_by
FROM unnest(:kinds::text[], :subjects::text[], :versions::bigint[], :digests::bytea[],
        :bodies::text[], :leaf_hashes::bytea[])
    WITH ORDINALITY AS e (kind, subject, version, digest, body, leaf_hash, n)
ORDER BY n;

-- insert_checkpoint: one for each size; two replicas that sign at the same moment sign the same.
INSERT INTO journal_checkpoint (size, note, signed_on) VALUES (:size, :note, :today)
ON CONFLICT ON CONSTRAINT journal_checkpoint_once DO NOTHING;

-- find_newest_checkpoint: none before the first signature.
SELECT size, note FROM journal_checkpoint ORDER BY size DESC LIMIT 1;

-- list_entry_bodies: a page of entries, numbered from `start` and below `end`.
SELECT body FROM journal_entry WHERE number >= :start AND number < :end ORDER BY number LIMIT :limit;

-- list_checkpoints: those of a size above `after`, up to `up_to`.
SELECT size, note FROM journal_checkpoint WHERE size > :after AND size <= :up_to ORDER BY size;
