-- lock_projects_of_applicants: before any row of the applicants is read. Those rows are rewritten in
-- random order once a day, and a row that was waited for would be gone. Shared locks, as many
-- credentials are issued at once, but none while collection is being ended.
SELECT p.id FROM project p
WHERE p.id IN (SELECT project_id FROM participation WHERE invitation_id = ANY (:invitation_ids::uuid[]))
ORDER BY p.id FOR SHARE;

-- lock_applicants: by the invitation of their link and the member it is for; a merged member's link is
-- the survivor's. Waits for a participant who is leaving. `place`: in the given order, from 1.
SELECT request.place, a.project_id, a.state AS participation, p.state AS project_state,
    p.collection_ends_on, p.issuing_stopped, c.request_hash
FROM unnest(:invitation_ids::uuid[], :member_ids::uuid[])
    WITH ORDINALITY AS request (invitation_id, member_id, place)
JOIN participation a ON a.invitation_id = request.invitation_id AND (a.member_id = request.member_id
    OR a.member_id = (SELECT merged_into FROM member WHERE member_id = request.member_id))
JOIN project p ON p.id = a.project_id
LEFT JOIN credential c ON c.invitation_id = a.invitation_id
ORDER BY a.invitation_id
FOR SHARE OF p, a;

-- upsert_credentials: the first request of each invitation stays, whichever arrive at the same moment;
-- returns the stored one.
INSERT INTO credential AS stored (invitation_id, request_hash)
SELECT * FROM unnest(:invitation_ids::uuid[], :request_hashes::bytea[])
    AS requests (invitation_id, request_hash)
ORDER BY invitation_id
ON CONFLICT (invitation_id) DO UPDATE SET request_hash = stored.request_hash
RETURNING invitation_id, request_hash;
