-- insert_participation: joined or waitlisted, since a day.
INSERT INTO participation (invitation_id, project_id, member_id, state, since)
VALUES (:invitation_id, :project_id, :member_id, :state,
    :day::date::timestamp AT TIME ZONE 'UTC');

-- take_place: one free place less, where places are limited.
UPDATE project SET free_places = free_places - 1
WHERE id = :project_id AND free_places IS NOT NULL;

-- end_participation: on a day; returns the state before, joined or waitlisted.
UPDATE participation a SET state = 'left', left_at = :day::date::timestamp AT TIME ZONE 'UTC'
FROM (SELECT invitation_id, state FROM participation WHERE invitation_id = :invitation_id) old
WHERE a.invitation_id = old.invitation_id RETURNING old.state;

-- end_member_participations: of former members, on a day; returns the places freed in each project.
WITH ended AS (
    UPDATE participation a SET state = 'left', left_at = :day::date::timestamp AT TIME ZONE 'UTC'
    FROM (SELECT invitation_id, state FROM participation
        WHERE member_id = ANY (:member_ids::uuid[]) AND state <> 'left') old
    WHERE a.invitation_id = old.invitation_id RETURNING a.project_id, old.state
)
SELECT project_id, (count(*) FILTER (WHERE state = 'joined'))::int AS places
FROM ended GROUP BY project_id;

-- add_free_places: places given back, by project.
UPDATE project p SET free_places = p.free_places + f.places
FROM unnest(:project_ids::uuid[], :places::int[]) AS f (project_id, places)
WHERE p.id = f.project_id AND p.free_places IS NOT NULL;

-- promote_waitlisted: the longest waiting get the free places of projects that still recruit. Among
-- members who wait since the same day chance decides: an invitation's id is random and was made
-- before anybody replied.
WITH waiting AS (
    SELECT a.invitation_id, a.project_id, a.member_id, p.free_places, p.version,
        row_number() OVER (PARTITION BY a.project_id ORDER BY a.since, a.invitation_id) AS turn
    FROM participation a JOIN project p ON p.id = a.project_id
    WHERE a.state = 'waitlisted' AND a.project_id = ANY (:project_ids::uuid[])
        AND p.state = 'open' AND p.recruitment_ends_on >= :today
), promoted AS (
    UPDATE participation a SET state = 'joined' FROM waiting w
    WHERE a.invitation_id = w.invitation_id AND w.turn <= w.free_places
    RETURNING a.invitation_id, a.project_id, a.member_id, w.version AS project_version
), occupied AS (
    UPDATE project p SET free_places = p.free_places - n.places
    FROM (SELECT project_id, count(*) AS places FROM promoted GROUP BY 1) n
    WHERE p.id = n.project_id
)
SELECT * FROM promoted;

-- list_newest_replies: by pseudonym (of the invitation, not of the member) and coded attributes; the
-- newest day first, and in random order within one day.
SELECT i.id, substr(encode(sha256(uuid_send(i.id)), 'hex'), 1, 4) || '…' AS pseudonym,
    coalesce(a.state, i.state) AS answer,
    (coalesce(a.left_at, i.answered_at) AT TIME ZONE 'UTC')::date AS "on",
    coalesce(f.attributes, '{}') AS attributes
FROM invitation i
LEFT JOIN participation a ON a.invitation_id = i.id
LEFT JOIN member m ON m.member_id = i.member_id
LEFT JOIN profile f ON f.id = m.profile_id
WHERE i.project_id = :project_id AND i.answered_at IS NOT NULL
ORDER BY coalesce(a.left_at, i.answered_at) DESC, i.id LIMIT 50;

-- count_acceptances: by number of days ago (0 to 23); of one project, or of all (null).
SELECT :today::date - (answered_at AT TIME ZONE 'UTC')::date AS days_ago, count(*)::int AS acceptances
FROM invitation
WHERE state = 'accepted' AND answered_at > (:today::date - 24)::timestamp AT TIME ZONE 'UTC'
    AND answered_at <= :today::date::timestamp AT TIME ZONE 'UTC'
    AND (:project_id::uuid IS NULL OR project_id = :project_id)
GROUP BY 1;
