-- outgrow_collections: what is told from now on is newer than what was told before the restore. $1 topic
UPDATE collection c SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = c.project_id::text AND c.version < t.version;

-- outgrow_proposals: the same; only drafts may change, and only they will be told anew. $1 topic
UPDATE proposal p SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = p.id::text AND p.state = 'draft'
    AND p.version <= t.version;
