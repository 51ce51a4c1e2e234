-- insert_reading_order: a reader's own order of a project, drawn once; returns the seed that is stored.
WITH drawn AS (
    INSERT INTO reading_order (project_id, reader, seed, drawn_on)
    VALUES (:project_id, :reader, :seed, :drawn_on)
    ON CONFLICT (project_id, reader) DO NOTHING
    RETURNING seed
)
SELECT seed FROM drawn
UNION ALL
SELECT seed FROM reading_order WHERE project_id = :project_id AND reader = :reader
LIMIT 1;

-- find_next_unread: unread contributions before those that lack further readings, each in this
-- reader's order; never those that the reader has read.
SELECT c.id FROM contribution c
LEFT JOIN (
    SELECT contribution_id, count(*) AS readings, bool_or(reader = :reader) AS mine
    FROM reading WHERE project_id = :project_id GROUP BY contribution_id
) r ON r.contribution_id = c.id
WHERE c.project_id = :project_id AND NOT coalesce(r.mine, false)
    AND coalesce(r.readings, 0) < :readings_wanted
ORDER BY coalesce(r.readings, 0) > 0, sha256(:seed::bytea || uuid_send(c.id))
LIMIT 1;

-- count_readings: contributions in all, those that lack readings, and those that this reader read.
SELECT count(*)::int AS contributions,
       count(*) FILTER (WHERE coalesce(r.readings, 0) < k.readings_wanted)::int AS unread,
       count(*) FILTER (WHERE r.mine)::int AS read_by_me
FROM contribution c
JOIN collection k USING (project_id)
LEFT JOIN (
    SELECT contribution_id, count(*) AS readings, bool_or(reader = :reader) AS mine
    FROM reading WHERE project_id = :project_id GROUP BY contribution_id
) r ON r.contribution_id = c.id
WHERE c.project_id = :project_id;

-- list_contribution_ids: a page of ids, in their order, which is random.
SELECT c.id FROM contribution c JOIN collection k USING (project_id)
WHERE c.project_id = :project_id AND c.id > :after_id
    AND (NOT :unread_only OR k.readings_wanted
        > (SELECT count(*) FROM reading r WHERE r.contribution_id = c.id))
ORDER BY c.id LIMIT :page_length;

-- search_contribution_ids: the same, of contributions that contain the words; hidden ones only on
-- request. The queries are subselects, so that they are made once and not for each row.
SELECT c.id FROM contribution c JOIN collection k USING (project_id)
WHERE c.project_id = :project_id AND c.id > :after_id
    AND (c.search @@ (SELECT websearch_to_tsquery('french', :search))
        OR c.search_english @@ (SELECT websearch_to_tsquery('english', :search)))
    AND (NOT :unread_only OR k.readings_wanted
        > (SELECT count(*) FROM reading r WHERE r.contribution_id = c.id))
    AND (:include_hidden OR NOT coalesce((SELECT m.hidden FROM moderation m
        WHERE m.contribution_id = c.id ORDER BY m.number DESC LIMIT 1), false))
ORDER BY c.id LIMIT :page_length;

-- list_contributions: with their readings and moderation, in the order of the ids. The words of a
-- hidden contribution are left out unless they are requested.
SELECT c.id, c.project_id, c.origin, c.title, c.on_day AS opened_on,
       char_length(c.words) AS length,
       CASE WHEN :include_hidden OR NOT h.hidden THEN c.answers ELSE '{}' END AS answers,
       CASE WHEN :include_hidden OR NOT h.hidden THEN c.words ELSE '' END AS words,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('reader', r.reader_name,
            'mine', r.reader = :reader, 'read_on', r.read_on, 'seconds', r.seconds,
            'mark', r.mark,
            'proposals', (SELECT coalesce(jsonb_agg(l.proposal_id ORDER BY l.proposal_id), '[]')
                FROM reading_link l
                WHERE l.contribution_id = r.contribution_id AND l.reader = r.reader))
            ORDER BY r.read_on, r.reader), '[]')
        FROM reading r WHERE r.contribution_id = c.id) AS readings,
       h.moderation
FROM unnest(:ids::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN contribution c USING (id)
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('hidden', m.hidden, 'reason', m.reason,
               'decided_by', m.decided_by, 'decided_on', m.decided_on) ORDER BY m.number DESC),
               '[]') AS moderation,
           coalesce((array_agg(m.hidden ORDER BY m.number DESC))[1], false) AS hidden
    FROM moderation m WHERE m.contribution_id = c.id
) h
ORDER BY wanted.place;

-- lock_contribution: its project; whoever reads or moderates the same contribution waits.
SELECT project_id FROM contribution WHERE id = :contribution_id FOR NO KEY UPDATE;

-- insert_reader_time: for a reader to whom nothing was shown before.
INSERT INTO reader_time (reader, since) VALUES (:reader, :since) ON CONFLICT DO NOTHING;

-- insert_shown_time: a contribution was shown to a reader. Shown again before their next recording, it
-- keeps the first time.
INSERT INTO shown_time (reader, contribution_id, since)
VALUES (:reader, :contribution_id, :since)
ON CONFLICT DO NOTHING;

-- lock_reader_time: the later of this reader's latest recording and of the first time that this
-- contribution was shown to them; their other recordings wait.
SELECT greatest(r.since, (SELECT s.since FROM shown_time s
    WHERE s.reader = r.reader AND s.contribution_id = :contribution_id))
FROM reader_time r WHERE r.reader = :reader FOR UPDATE;

-- update_reader_time: a reading was recorded, so the times of everything shown before are obsolete.
WITH removed AS (DELETE FROM shown_time WHERE reader = :reader)
UPDATE reader_time SET since = :since WHERE reader = :reader;

-- upsert_reading: of one reader; recorded again, it adds seconds and keeps the day of the first time.
INSERT INTO reading AS r
    (project_id, contribution_id, reader, reader_name, read_on, seconds, mark)
SELECT c.project_id, c.id, :reader, :reader_name, :read_on, :seconds, :mark
FROM contribution c WHERE c.id = :contribution_id
ON CONFLICT (contribution_id, reader) DO UPDATE
SET reader_name = excluded.reader_name, seconds = r.seconds + excluded.seconds,
    mark = excluded.mark;

-- delete_reading_links: to proposals that this reader no longer sees in the contribution.
DELETE FROM reading_link
WHERE contribution_id = :contribution_id AND reader = :reader
    AND proposal_id <> ALL (:proposal_ids::uuid[]);

-- insert_reading_links: to proposals, each once.
INSERT INTO reading_link (contribution_id, reader, proposal_id)
SELECT :contribution_id, :reader, p FROM unnest(:proposal_ids::uuid[]) AS p
ON CONFLICT DO NOTHING;

-- list_linkable_proposals: proposals of a project, and what merged ones ended in.
WITH RECURSIVE path AS (
    SELECT id, id AS reached FROM proposal
    WHERE id = ANY (:proposal_ids::uuid[]) AND project_id = :project_id
    UNION ALL
    SELECT path.id, p.merged_into FROM path JOIN proposal p ON p.id = path.reached
    WHERE p.merged_into IS NOT NULL
)
SELECT p.id, p.state, p.title, s.title AS survivor
FROM proposal p
JOIN path ON path.id = p.id
JOIN proposal s ON s.id = path.reached AND s.merged_into IS NULL;

-- insert_moderation: one entry more; the caller has locked the contribution.
INSERT INTO moderation (contribution_id, number, hidden, reason, decided_by, decided_on)
SELECT :contribution_id, coalesce(max(number), 0) + 1, :hidden, :reason, :decided_by, :decided_on
FROM moderation WHERE contribution_id = :contribution_id;

-- insert_session_note: attributed to nobody; owed its readings like any other contribution.
INSERT INTO contribution (id, project_id, questionnaire_version, answers, words, on_day, origin,
    title)
VALUES (:id, :project_id, 0, '{}', :words, :opened_on, 'session', :title);

-- list_reading_histories: how each contribution of a project was read.
SELECT c.id, char_length(c.words) AS length, c.on_day AS opened_on,
       min(r.read_on) AS first_read_on, count(r.reader)::int AS readings,
       coalesce(sum(r.seconds), 0) AS seconds
FROM contribution c LEFT JOIN reading r ON r.contribution_id = c.id
WHERE c.project_id = :project_id
GROUP BY c.id;

-- count_readers: officers who read at least one contribution of a project.
SELECT count(DISTINCT reader)::int FROM reading WHERE project_id = :project_id;
