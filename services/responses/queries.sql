-- outgrow_collections: make versions newer than those that were published before the restore.
UPDATE collection c SET version = t.version + 1
FROM told t WHERE t.topic = :topic AND t.key = c.project_id::text AND c.version < t.version;

-- outgrow_proposals: the same for drafts, as only they may change and be published anew.
UPDATE proposal p SET version = t.version + 1
FROM told t WHERE t.topic = :topic AND t.key = p.id::text AND p.state = 'draft'
    AND p.version <= t.version;

-- topic_lacks_collections: whether the topic lacks a collection that this database had published, apart
-- from what waits in the outbox. Then the topic has lost later events, too.
SELECT EXISTS (SELECT FROM collection c
    WHERE NOT EXISTS (SELECT FROM told t WHERE t.topic = :topic AND t.key = c.project_id::text)
    AND NOT EXISTS (SELECT FROM outbox o
        WHERE o.topic = :topic AND o.key = c.project_id::text));

-- outgrow_lost_topics: make versions larger than any that may have been published and lost. Consumers
-- follow the largest version; seconds pass faster than anything here changes.
WITH drafts AS (
    UPDATE proposal SET version = greatest(version + 1, extract(epoch FROM :now::timestamptz)::bigint)
    WHERE state = 'draft'
)
UPDATE collection SET version = greatest(version + 1, extract(epoch FROM :now::timestamptz)::bigint);
