-- find_newest_restore: when this database was last restored from a backup, if ever.
SELECT max(restored_at) FROM recovery;

-- find_open_recovery: the restore after which the service has not caught up yet, and the moment that
-- its backup shows.
SELECT restored_at, saved_at FROM recovery WHERE done_at IS NULL ORDER BY restored_at DESC LIMIT 1;

-- lock_recovery: one replica catches up; the others wait until it has.
SELECT pg_advisory_lock(:lock);

-- upsert_told: keep the newest version of each published event. A batch holds each key once.
INSERT INTO told AS held (topic, key, version, body)
SELECT :topic, * FROM unnest(:keys::text[], :versions::bigint[], :bodies::jsonb[])
ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE held.version < excluded.version;

-- delete_told: all published events but those of these topics.
DELETE FROM told WHERE topic <> ALL (:kept_topics::text[]);

-- complete_recovery: the service has caught up.
UPDATE recovery SET done_at = :at WHERE done_at IS NULL;

-- find_newest_backup: the moment that the newest backup of this database shows, if there is one.
SELECT saved_at FROM backup_made;
