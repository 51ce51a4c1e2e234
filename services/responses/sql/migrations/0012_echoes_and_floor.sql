-- The public list of echoes let anybody copy one and claim the contribution behind it. Stored and
-- published from now on is the hash of an echo: only the author's device has what was hashed. An echo
-- that came with several contributions is nobody's. Every row is written anew, in the order that the
-- table has.
ALTER TABLE contribution DISABLE TRIGGER contribution_kept;
UPDATE contribution c SET echo = CASE WHEN 1 = (SELECT count(*) FROM contribution o
    WHERE o.project_id = c.project_id AND o.echo = c.echo) THEN sha256(c.echo) END;
ALTER TABLE contribution ENABLE TRIGGER contribution_kept;
CREATE UNIQUE INDEX contribution_echo_once ON contribution (project_id, echo);

-- Whether as many credentials were issued as the floor asks, as campaigns tells it: the number itself
-- is told in fives.
ALTER TABLE collection ADD COLUMN floor_reached boolean;
