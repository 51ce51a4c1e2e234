-- What a draw may read. A decline must never lower later odds, so the draw runs as a role that
-- cannot see any answer: of an invitation it sees whom it is for and whether it never left.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'panel_draw') THEN
        BEGIN
            CREATE ROLE panel_draw NOLOGIN;
        EXCEPTION
            -- Another database of this server made it at the same moment.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'this user may not create the role panel_draw: ask an administrator'
                    ' to run CREATE ROLE panel_draw NOLOGIN; GRANT panel_draw TO %', current_user;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'panel_draw', 'SET') THEN
        EXECUTE format('GRANT panel_draw TO %I WITH INHERIT TRUE, SET TRUE', current_user);
    END IF;
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO panel_draw', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO panel_draw;
GRANT SELECT ON profile, member, ledger TO panel_draw;
GRANT SELECT (order_id, campaign_id, stratum) ON send_order TO panel_draw;
GRANT SELECT (project_id, member_id, may_be_ordered_again) ON invitation TO panel_draw;

-- The one definition of who fits and who can be asked, for previews and for draws. `reason` is null
-- for who can be asked; `free_on` is the day on which who was asked recently can be asked again.
-- A plain SQL function, so that the planner sees through it.
CREATE FUNCTION fitting_members(
    project uuid, audience jsonb, stratum_attribute text, window_first date, window_last date
) RETURNS TABLE (member_id uuid, stratum text, reason text, free_on date)
LANGUAGE sql STABLE AS $$
    SELECT m.member_id, f.stratum,
        CASE WHEN m.status <> 'active' THEN 'paused'
             WHEN i.member_id IS NOT NULL THEN 'already_invited'
             WHEN m.not_before > window_first OR b.member_id IS NOT NULL THEN 'asked_recently'
             WHEN m.ends_on <= window_last THEN 'membership_ending' END,
        greatest(m.not_before, b.free_on)
    FROM (
        SELECT p.id, coalesce(p.attributes ->> stratum_attribute, '') AS stratum FROM profile p
        WHERE NOT EXISTS (SELECT FROM jsonb_each(audience) a
            WHERE NOT coalesce(a.value ? (p.attributes ->> a.key), false))
    ) f
    JOIN member m ON m.profile_id = f.id
    LEFT JOIN (
        SELECT l.member_id, max(l.last_day) + 31 AS free_on FROM ledger l
        WHERE l.state IN ('reserved', 'consumed')
            AND l.last_day > window_first - 31 AND l.first_day < window_last + 31
        GROUP BY l.member_id
    ) b ON b.member_id = m.member_id
    LEFT JOIN invitation i ON i.project_id = project AND i.member_id = m.member_id
        AND NOT i.may_be_ordered_again
$$;

-- The first 52 bits of a hash as a number strictly between 0 and 1.
CREATE FUNCTION unit_interval(hash bytea) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (('x' || substr(encode(hash, 'hex'), 1, 13))::bit(52)::bigint + 0.5::double precision)
        / 4503599627370496::double precision
$$;
