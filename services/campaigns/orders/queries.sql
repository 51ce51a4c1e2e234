-- insert_notices: orders that ask nothing new, with their events. One array per column of the notices.
WITH ordered AS (
    INSERT INTO send_order AS o (order_id, version, state, class, kind, member_id, subject_id,
        project_id, project_version, first_day, last_day, details, ordered_at)
    SELECT gen_random_uuid(), 1, 'ordered', 'notice', n.kind, n.member_id, n.subject_id,
        n.project_id, n.project_version, :first_day, :last_day, n.details::jsonb, :at
    FROM unnest(:kinds::text[], :member_ids::uuid[], :invitation_ids::uuid[], :project_ids::uuid[],
            :project_versions::bigint[], :details::text[])
        AS n (kind, member_id, subject_id, project_id, project_version, details)
    RETURNING o.order_id, o.version, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, version, 'order.state', :at, body FROM ordered;

-- cancel_member_orders: orders to these members without a delivery outcome; registry does not send them.
WITH cancelled AS (
    UPDATE send_order o SET state = 'cancelled', version = version + 1
    WHERE member_id = ANY (:member_ids::uuid[]) AND state = 'ordered' AND answer IS NULL
    RETURNING o.order_id, o.version, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, version, 'order.state', :at, body FROM cancelled;

-- cancel_solicitations: of a project that ends early; the invited could no longer respond.
WITH cancelled AS (
    UPDATE send_order o SET state = 'cancelled', version = version + 1
    WHERE project_id = :project_id AND class = 'solicitation' AND state = 'ordered'
        AND answer IS NULL
    RETURNING o.order_id, o.version, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, version, 'order.state', :at, body FROM cancelled;

-- cancel_confirmations: of these invitations of these members, where they would state a participation
-- that has changed since.
WITH cancelled AS (
    UPDATE send_order o SET state = 'cancelled', version = version + 1
    WHERE member_id = ANY (:member_ids::uuid[]) AND subject_id = ANY (:invitation_ids::uuid[])
        AND kind = 'confirmation' AND state = 'ordered' AND answer IS NULL
    RETURNING o.order_id, o.version, order_state_body(o) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id::text, version, 'order.state', :at, body FROM cancelled;

-- republish_unanswered: order.state of every order without a delivery outcome, as stored.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, o.order_id::text, o.version, 'order.state', :at, order_state_body(o)
FROM send_order o WHERE o.answer IS NULL ORDER BY o.ordered_at, o.order_id;

-- count_overdue_orders: orders whose window is over; registry owes an outcome to each.
SELECT count(*)::int FROM send_order WHERE answer IS NULL AND last_day < :today;
