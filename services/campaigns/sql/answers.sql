-- invitation_of: one invitation for its page. A merged member's link opens the survivor's.
SELECT i.id, i.project_id, i.member_id, i.state, a.state AS participation,
    p.version AS project_version, p.state AS project_state, p.recruitment_ends_on,
    p.collection_ends_on, p.free_places, p.issuing_stopped, m.status AS member_status,
    EXISTS (SELECT FROM credential c WHERE c.invitation_id = i.id) AS credential_taken
FROM invitation i JOIN project p ON p.id = i.project_id
LEFT JOIN participation a ON a.invitation_id = i.id
LEFT JOIN member m ON m.member_id = i.member_id
WHERE i.id = $1 AND (i.member_id = $2
    OR i.member_id = (SELECT merged_into FROM member WHERE member_id = $2));

-- lock_project_of: everybody locks the project first, then the invitation. free_places is a
-- column, as after a lock wait a column is fresh, a count(*) is not.
SELECT p.id FROM project p WHERE p.id = (SELECT project_id FROM invitation WHERE id = $1)
FOR NO KEY UPDATE;

-- lock_invitation: the same row as the page's, for an answer.
SELECT id FROM invitation WHERE id = $1 FOR NO KEY UPDATE;

-- answer_invitation: accepted or declined, on a day.
UPDATE invitation SET state = $2, answered_at = $3::date::timestamp AT TIME ZONE 'UTC' WHERE id = $1;

-- take_place: one place less, where places are counted.
UPDATE project SET free_places = free_places - 1 WHERE id = $1 AND free_places IS NOT NULL;

-- participate: joined or waitlisted, since a day.
INSERT INTO participation (invitation_id, project_id, member_id, state, since)
VALUES ($1, $2, $3, $4, $5::date::timestamp AT TIME ZONE 'UTC');

-- leave: from joined or waitlisted, on a day; says which.
UPDATE participation a SET state = 'left', left_at = $2::date::timestamp AT TIME ZONE 'UTC'
FROM (SELECT invitation_id, state FROM participation WHERE invitation_id = $1) before
WHERE a.invitation_id = before.invitation_id RETURNING before.state;

-- free_places: places given back, by project.
UPDATE project p SET free_places = p.free_places + f.places
FROM unnest($1::uuid[], $2::int[]) AS f (project_id, places)
WHERE p.id = f.project_id AND p.free_places IS NOT NULL;

-- promote_waiting: the longest waiting get the free places of projects that still recruit. Between
-- those who wait since the same day the lot decides: an invitation's id is random and was drawn
-- before anybody answered.
WITH free AS (
    SELECT a.invitation_id, a.project_id, a.member_id, p.free_places, p.version,
        row_number() OVER (PARTITION BY a.project_id ORDER BY a.since, a.invitation_id) AS turn
    FROM participation a JOIN project p ON p.id = a.project_id
    WHERE a.state = 'waitlisted' AND a.project_id = ANY ($1::uuid[])
        AND p.state = 'open' AND p.recruitment_ends_on >= $2
), promoted AS (
    UPDATE participation a SET state = 'joined' FROM free f
    WHERE a.invitation_id = f.invitation_id AND f.turn <= f.free_places
    RETURNING a.invitation_id, a.project_id, a.member_id, f.version AS project_version
), taken AS (
    UPDATE project p SET free_places = p.free_places - n.places
    FROM (SELECT project_id, count(*) AS places FROM promoted GROUP BY 1) n
    WHERE p.id = n.project_id
)
SELECT * FROM promoted;

-- withdraw_confirmations: ask registry not to send what is no longer so: confirmations of these
-- invitations ($1) of these members ($2) that it has not answered yet.
UPDATE send_order SET state = 'cancelled', version = version + 1
WHERE member_id = ANY ($2::uuid[]) AND subject_id = ANY ($1::uuid[]) AND kind = 'confirmation'
    AND state = 'ordered' AND answer IS NULL
RETURNING order_id, version, state, class AS order_class, kind, member_id, subject_id, project_id,
    project_version, report_version, first_day, last_day, details;

-- insert_notices: orders that ask nothing new; one array per column.
INSERT INTO send_order (order_id, version, state, class, kind, member_id, subject_id, project_id,
    project_version, first_day, last_day, details, ordered_at)
SELECT n.order_id, 1, 'ordered', 'notice', n.kind, n.member_id, n.subject_id, n.project_id,
    n.project_version, $1, $2, n.details::jsonb, $3
FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::bigint[], $10::text[])
    AS n (order_id, kind, member_id, subject_id, project_id, project_version, details);
