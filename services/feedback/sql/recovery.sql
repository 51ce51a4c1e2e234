-- outgrow_decisions: what is told from now on is newer than what was told before the restore. $1 topic
UPDATE decision d SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = d.proposal_id::text AND d.version < t.version;

-- told_version: of what this database does not know any more, else 0. $1 topic, $2 key
SELECT coalesce((SELECT version FROM told WHERE topic = $1 AND key = $2), 0);
