-- find_invitation: one invitation for its page. A merged member's link opens the survivor's.
SELECT i.id, i.project_id, i.member_id, i.state, a.state AS participation,
    p.version AS project_version, p.state AS project_state, p.recruitment_ends_on,
    p.collection_ends_on, p.free_places, p.issuing_stopped, m.status AS member_status,
    EXISTS (SELECT FROM credential c WHERE c.invitation_id = i.id) AS credential_taken
FROM invitation i JOIN project p ON p.id = i.project_id
LEFT JOIN participation a ON a.invitation_id = i.id
LEFT JOIN member m ON m.member_id = i.member_id
WHERE i.id = :invitation_id AND (i.member_id = :member_id
    OR i.member_id = (SELECT merged_into FROM member WHERE member_id = :member_id));

-- lock_project: every transaction locks the project first, then the invitation. Places are counted in a
-- column, as after a lock wait a column is fresh and a count(*) is not.
SELECT p.id FROM project p
WHERE p.id = (SELECT project_id FROM invitation WHERE id = :invitation_id) FOR NO KEY UPDATE;

-- lock_invitation: the row that find_invitation reads afterwards.
SELECT id FROM invitation WHERE id = :invitation_id FOR NO KEY UPDATE;

-- update_reply: accepted or declined, on a day.
UPDATE invitation SET state = :state, answered_at = :day::date::timestamp AT TIME ZONE 'UTC'
WHERE id = :invitation_id;

-- lock_projects_of_members: of all former members, before their invitations, always in this order.
SELECT p.id FROM project p
WHERE p.id IN (SELECT project_id FROM invitation WHERE member_id = ANY (:member_ids::uuid[]))
ORDER BY p.id FOR NO KEY UPDATE;

-- move_invitations: to the survivor of a merge, unless that one has its own for the project.
WITH merged AS (
    SELECT * FROM unnest(:merged_ids::uuid[], :survivor_ids::uuid[]) AS m (member_id, survivor)
), moved AS (
    UPDATE invitation i SET member_id = m.survivor FROM merged m
    WHERE i.member_id = m.member_id AND i.id IN (
        SELECT DISTINCT ON (o.project_id, n.survivor) o.id
        FROM invitation o JOIN merged n ON n.member_id = o.member_id
        WHERE NOT EXISTS (SELECT FROM invitation s
            WHERE s.project_id = o.project_id AND s.member_id = n.survivor)
        ORDER BY o.project_id, n.survivor, o.id)
    RETURNING i.id, i.member_id
)
UPDATE participation a SET member_id = m.member_id FROM moved m WHERE a.invitation_id = m.id;

-- close_invitations: of former members; an expired membership expires them, a departure cancels.
UPDATE invitation i SET state = CASE g.status WHEN 'expired' THEN 'expired' ELSE 'cancelled' END
FROM unnest(:member_ids::uuid[], :statuses::text[]) AS g (member_id, status)
WHERE i.member_id = g.member_id AND i.state IN ('ordered', 'sent');

-- count_by_state: invitations of all projects.
SELECT state, count(*)::int AS n FROM invitation GROUP BY state;
