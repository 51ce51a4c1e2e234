-- insert_project_key: the sealed private key of a project being published.
INSERT INTO project_key (project_id, key_id, sealed) VALUES ($1, $2, $3);

-- project_key: for signing.
SELECT project_id, key_id, sealed FROM project_key WHERE project_id = $1;

-- lock_projects_asked: before any row of those who ask is looked at. Such rows are put in random
-- order from time to time, and one that was waited for would be gone. Shared locks, as many are issued
-- at once, but none while collection is being ended.
SELECT p.id FROM project p
WHERE p.id IN (SELECT project_id FROM participation WHERE invitation_id = ANY ($1::uuid[]))
ORDER BY p.id FOR SHARE;

-- lock_standings: of those who ask, by the invitation their link names and the member it is for; a
-- merged member's link is the survivor's. A participant who is leaving is waited for.
SELECT asking.place, a.project_id, a.state AS participation, p.state AS project_state,
    p.collection_ends_on, p.issuing_stopped, c.request_hash
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asking (invitation_id, member_id, place)
JOIN participation a ON a.invitation_id = asking.invitation_id AND (a.member_id = asking.member_id
    OR a.member_id = (SELECT merged_into FROM member WHERE member_id = asking.member_id))
JOIN project p ON p.id = a.project_id
LEFT JOIN credential c ON c.invitation_id = a.invitation_id
ORDER BY a.invitation_id
FOR SHARE OF p, a;

-- keep_requests: the first one of each invitation stays, whoever comes at the same moment; says
-- which it is.
INSERT INTO credential AS kept (invitation_id, request_hash)
SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS asked (invitation_id, request_hash)
ORDER BY invitation_id
ON CONFLICT (invitation_id) DO UPDATE SET request_hash = kept.request_hash
RETURNING invitation_id, request_hash;
