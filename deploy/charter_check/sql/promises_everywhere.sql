-- no_member_columns: a service that holds contributions has nothing that names a member.
SELECT count(*) AS looked_at, count(*) FILTER (
    WHERE column_name ~ '(member|person|email|invitation|order_id)') AS wrong
FROM information_schema.columns WHERE table_schema = 'public';

-- events_applied: an event that could not be applied waits for a person.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE replayed_at IS NULL) AS wrong
FROM dead_letter;
