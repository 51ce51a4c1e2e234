-- Days instead of instants wherever an instant would order people: with the order in which they
-- accepted, took a credential or left, a dump could be matched with whatever else has an order.
-- Such a column holds its civil day in Paris as midnight UTC. The triggers see to it that the version
-- before, which still writes instants, keeps none either.
CREATE FUNCTION day_of(instant timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_trunc('day', instant AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'UTC'
$$;

CREATE FUNCTION keep_day_of_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.answered_at := day_of(NEW.answered_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER invitation_answer_is_a_day BEFORE INSERT OR UPDATE OF answered_at ON invitation
FOR EACH ROW WHEN (new.answered_at <> day_of(new.answered_at)) EXECUTE FUNCTION keep_day_of_answer();

CREATE FUNCTION keep_days_of_participation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.since := day_of(NEW.since);
    NEW.left_at := day_of(NEW.left_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER participation_has_days BEFORE INSERT OR UPDATE OF since, left_at ON participation
FOR EACH ROW WHEN (new.since <> day_of(new.since) OR new.left_at <> day_of(new.left_at))
EXECUTE FUNCTION keep_days_of_participation();

-- A notice follows what a member did: its instant is theirs. Solicitations leave by the wave.
CREATE FUNCTION keep_day_of_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ordered_at := day_of(NEW.ordered_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER notice_is_ordered_on_a_day BEFORE INSERT ON send_order FOR EACH ROW
WHEN (new.class = 'notice' AND new.ordered_at <> day_of(new.ordered_at))
EXECUTE FUNCTION keep_day_of_notice();

-- The day on which the project's rows were last put in random order (sql/shuffles.sql).
ALTER TABLE project ADD shuffled_on date;

-- What is stored already, in no order of arrival.
ALTER TABLE credential DISABLE TRIGGER credential_known_to_be_the_only_one;
UPDATE send_order SET ordered_at = day_of(ordered_at) WHERE class = 'notice';
WITH taken AS (DELETE FROM credential RETURNING *)
INSERT INTO credential (invitation_id, request_hash)
SELECT invitation_id, request_hash FROM taken ORDER BY gen_random_uuid();
WITH taken AS (DELETE FROM participation RETURNING *)
INSERT INTO participation (invitation_id, project_id, member_id, state, since, left_at)
SELECT invitation_id, project_id, member_id, state, day_of(since), day_of(left_at)
FROM taken ORDER BY gen_random_uuid();
WITH taken AS (DELETE FROM invitation WHERE answered_at IS NOT NULL RETURNING *)
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state, answered_at)
SELECT id, project_id, member_id, campaign_id, order_id, state, day_of(answered_at)
FROM taken ORDER BY gen_random_uuid();
ALTER TABLE credential ENABLE TRIGGER credential_known_to_be_the_only_one;
