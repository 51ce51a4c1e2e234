-- outgrow_collections: what is told from now on is newer than what was told before the restore. $1 topic
UPDATE collection c SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = c.project_id::text AND c.version < t.version;

-- outgrow_proposals: the same; only drafts may change, and only they will be told anew. $1 topic
UPDATE proposal p SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = p.id::text AND p.state = 'draft'
    AND p.version <= t.version;

-- collections_unheard: whether the topic lacks a collection that this database had told, beside what
-- waits in the outbox: then it has lost what was told since, too. $1 topic
SELECT EXISTS (SELECT FROM collection c
    WHERE NOT EXISTS (SELECT FROM told t WHERE t.topic = $1 AND t.key = c.project_id::text)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.topic = $1 AND o.key = c.project_id::text));

-- outgrow_all: versions beyond any that were told and lost: whoever hears of them goes by the newest,
-- and seconds pass faster than anything here changes. $1 the instant
WITH drafts AS (
    UPDATE proposal SET version = greatest(version + 1, extract(epoch FROM $1::timestamptz)::bigint)
    WHERE state = 'draft'
)
UPDATE collection SET version = greatest(version + 1, extract(epoch FROM $1::timestamptz)::bigint);
