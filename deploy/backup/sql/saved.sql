-- Said to whoever watches: when this database was last backed up.
INSERT INTO backup_made (saved_at) VALUES (:'saved_at')
ON CONFLICT (one) DO UPDATE SET saved_at = excluded.saved_at;
