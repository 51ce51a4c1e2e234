-- insert_dead_letter: store a record that cannot be applied; the same record again changes nothing.
INSERT INTO dead_letter (topic, partition, "offset", headers, key, value, error, stored_at)
VALUES (:topic, :partition, :offset, :headers, :key, :value, :error, :at)
ON CONFLICT ON CONSTRAINT dead_letter_once DO NOTHING;

-- list_dead_letters: those that nobody has replayed, oldest first.
SELECT id, topic, partition, "offset", error, stored_at, replayed_at FROM dead_letter
WHERE replayed_at IS NULL ORDER BY id LIMIT :limit;

-- lock_dead_letter: one that is about to be replayed.
SELECT id, topic, headers, key, value FROM dead_letter
WHERE id = :dead_letter_id AND replayed_at IS NULL FOR UPDATE;

-- update_replayed: a dead letter was applied.
UPDATE dead_letter SET replayed_at = :at WHERE id = :dead_letter_id;

-- delete_old_dead_letters: those stored before a moment.
DELETE FROM dead_letter WHERE stored_at < :before;

-- count_dead_letters: those that nobody has replayed, per topic.
SELECT topic, count(*) AS waiting FROM dead_letter WHERE replayed_at IS NULL GROUP BY topic;
