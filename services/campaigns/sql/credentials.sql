-- insert_project_key: the sealed private key of a project being published.
INSERT INTO project_key (project_id, key_id, sealed) VALUES ($1, $2, $3);

-- project_key: for signing.
SELECT project_id, key_id, sealed FROM project_key WHERE project_id = $1;

-- lock_standing: a participant's, by the id their link names; a merged member's link is the
-- survivor's. Shared locks: many are issued at once, but none while the roster is being frozen or
-- the participant is leaving.
SELECT a.project_id, a.state AS participation, p.state AS project_state, p.recruitment_ends_on,
    p.collection_ends_on, c.request_hash
FROM participation a JOIN project p ON p.id = a.project_id
LEFT JOIN credential c ON c.invitation_id = a.invitation_id
WHERE a.invitation_id = $1 AND (a.member_id = $2
    OR a.member_id = (SELECT merged_into FROM member WHERE member_id = $2))
FOR SHARE OF p, a;

-- keep_request: the first one stays, whoever comes at the same moment; says which it is.
INSERT INTO credential AS kept (invitation_id, request_hash) VALUES ($1, $2)
ON CONFLICT (invitation_id) DO UPDATE SET request_hash = kept.request_hash
RETURNING request_hash;
