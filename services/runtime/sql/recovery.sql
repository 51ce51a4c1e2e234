-- newest_restore: when this database was last put back from a backup, if ever.
SELECT max(restored_at) FROM recovery;

-- open_recovery: when the backup was made from which this database was put back, and when that was
-- done; none once the service has caught up.
SELECT restored_at, saved_at FROM recovery WHERE done_at IS NULL ORDER BY restored_at DESC LIMIT 1;

-- note_told: the newest version of each key stays. Within a batch each key is there once.
INSERT INTO told AS held (topic, key, version, body)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::jsonb[])
ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE held.version < excluded.version;

-- forget_told: all of it but these topics'.
DELETE FROM told WHERE topic <> ALL ($1::text[]);

-- end_recovery: the service has caught up.
UPDATE recovery SET done_at = $1 WHERE done_at IS NULL;

-- last_backup: the moment that the newest backup of this database shows, if there is any.
SELECT saved_at FROM backup_made;
