-- draw_order: a reader's own order of a project, drawn once; says the seed that holds.
WITH drawn AS (
    INSERT INTO reading_order (project_id, reader, seed, drawn_on) VALUES ($1, $2, $3, $4)
    ON CONFLICT (project_id, reader) DO NOTHING
    RETURNING seed
)
SELECT seed FROM drawn
UNION ALL
SELECT seed FROM reading_order WHERE project_id = $1 AND reader = $2
LIMIT 1;

-- next_unread: what nobody read before what lacks readings, each in this reader's order; never what
-- they have read. $2 reader, $3 seed, $4 readings wanted
SELECT c.id FROM contribution c
LEFT JOIN (
    SELECT contribution_id, count(*) AS readings, bool_or(reader = $2) AS mine
    FROM reading WHERE project_id = $1 GROUP BY contribution_id
) r ON r.contribution_id = c.id
WHERE c.project_id = $1 AND NOT coalesce(r.mine, false) AND coalesce(r.readings, 0) < $4
ORDER BY coalesce(r.readings, 0) > 0, sha256($3::bytea || uuid_send(c.id))
LIMIT 1;

-- count_readings: contributions in all, those that lack readings, and those this reader read.
SELECT c.project_id, count(*)::int AS contributions,
       count(*) FILTER (WHERE coalesce(r.readings, 0) < k.readings_wanted)::int AS unread,
       count(*) FILTER (WHERE r.mine)::int AS read_by_me
FROM contribution c
JOIN collection k USING (project_id)
LEFT JOIN (
    SELECT contribution_id, count(*) AS readings, bool_or(reader = $2) AS mine
    FROM reading WHERE project_id = ANY ($1::uuid[]) GROUP BY contribution_id
) r ON r.contribution_id = c.id
WHERE c.project_id = ANY ($1::uuid[])
GROUP BY c.project_id;

-- list_contributions: a page of ids, by id, which is random. $2 after, $3 lacking readings only,
-- $4 how many
SELECT c.id FROM contribution c JOIN collection k USING (project_id)
WHERE c.project_id = $1 AND c.id > $2
    AND (NOT $3 OR k.readings_wanted
        > (SELECT count(*) FROM reading r WHERE r.contribution_id = c.id))
ORDER BY c.id LIMIT $4;

-- search_contributions: the same, of those whose words are found; hidden ones only if asked for.
-- $5 words, $6 hidden ones too. The queries are subselects, so that they are made once, not for each
-- row.
SELECT c.id FROM contribution c JOIN collection k USING (project_id)
WHERE c.project_id = $1 AND c.id > $2
    AND (c.search @@ (SELECT websearch_to_tsquery('french', $5))
        OR c.search_english @@ (SELECT websearch_to_tsquery('english', $5)))
    AND (NOT $3 OR k.readings_wanted
        > (SELECT count(*) FROM reading r WHERE r.contribution_id = c.id))
    AND ($6 OR NOT coalesce((SELECT m.hidden FROM moderation m WHERE m.contribution_id = c.id
        ORDER BY m.number DESC LIMIT 1), false))
ORDER BY c.id LIMIT $4;

-- contributions_shown: with their readings and moderation, in the order of the given ids. While one
-- is hidden its words are not shown, unless $3. $2 the reader who asks
SELECT c.id, c.project_id, c.origin, c.title, c.on_day, char_length(c.words) AS length,
       CASE WHEN $3 OR NOT h.hidden THEN c.answers ELSE '{}' END AS answers,
       CASE WHEN $3 OR NOT h.hidden THEN c.words ELSE '' END AS words,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('reader', r.reader_name,
            'mine', r.reader = $2, 'read_on', r.read_on, 'seconds', r.seconds, 'mark', r.mark,
            'proposals', (SELECT coalesce(jsonb_agg(l.proposal_id ORDER BY l.proposal_id), '[]')
                FROM reading_link l
                WHERE l.contribution_id = r.contribution_id AND l.reader = r.reader))
            ORDER BY r.read_on, r.reader), '[]')
        FROM reading r WHERE r.contribution_id = c.id) AS readings,
       h.moderation
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN contribution c USING (id)
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('hidden', m.hidden, 'reason', m.reason,
               'decided_by', m.decided_by, 'decided_on', m.decided_on) ORDER BY m.number DESC),
               '[]') AS moderation,
           coalesce((array_agg(m.hidden ORDER BY m.number DESC))[1], false) AS hidden
    FROM moderation m WHERE m.contribution_id = c.id
) h
ORDER BY wanted.place;

-- hold_contribution: the project it answers; who reads or moderates the same one waits.
SELECT project_id FROM contribution WHERE id = $1 FOR NO KEY UPDATE;

-- begin_time: of a reader to whom nothing was shown before.
INSERT INTO reader_time (reader, since) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- begin_showing: a contribution, to a reader; shown again before their next recording, the first time
-- stays.
INSERT INTO shown_time (reader, contribution_id, since) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING;

-- reading_since: the later of this reader's latest recording and of the first time this contribution
-- was shown to them; their other recordings wait.
SELECT greatest(r.since, (SELECT s.since FROM shown_time s
    WHERE s.reader = r.reader AND s.contribution_id = $2))
FROM reader_time r WHERE r.reader = $1 FOR UPDATE;

-- restart_time: a reading was recorded; nothing that was shown before tells more than that.
WITH removed AS (DELETE FROM shown_time WHERE reader = $1)
UPDATE reader_time SET since = $2 WHERE reader = $1;

-- record_reading: of one reader; once more adds seconds, and the day of the first look stays.
INSERT INTO reading AS r
    (project_id, contribution_id, reader, reader_name, read_on, seconds, mark)
SELECT c.project_id, c.id, $2, $3, $4, $5, $6 FROM contribution c WHERE c.id = $1
ON CONFLICT (contribution_id, reader) DO UPDATE
SET reader_name = excluded.reader_name, seconds = r.seconds + excluded.seconds,
    mark = excluded.mark;

-- unlink_reading: what this reader no longer sees in it.
DELETE FROM reading_link
WHERE contribution_id = $1 AND reader = $2 AND proposal_id <> ALL ($3::uuid[]);

-- link_reading: to proposals, each once.
INSERT INTO reading_link (contribution_id, reader, proposal_id)
SELECT $1, $2, p FROM unnest($3::uuid[]) AS p
ON CONFLICT DO NOTHING;

-- moderate: one entry more; the caller holds the contribution.
INSERT INTO moderation (contribution_id, number, hidden, reason, decided_by, decided_on)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM moderation WHERE contribution_id = $1;

-- add_session_note: unattributed; owed its readings like any other contribution.
INSERT INTO contribution (id, project_id, questionnaire_version, answers, words, on_day, origin,
    title)
VALUES ($1, $2, 0, '{}', $3, $4, 'session', $5);

-- heard: how each contribution of a project was read.
SELECT c.id, char_length(c.words) AS length, c.on_day AS opened_on,
       min(r.read_on) AS first_read_on, count(r.reader)::int AS readings,
       coalesce(sum(r.seconds), 0) AS seconds
FROM contribution c LEFT JOIN reading r ON r.contribution_id = c.id
WHERE c.project_id = $1
GROUP BY c.id;

-- count_readers: who read at least one contribution of a project.
SELECT count(DISTINCT reader)::int FROM reading WHERE project_id = $1;
