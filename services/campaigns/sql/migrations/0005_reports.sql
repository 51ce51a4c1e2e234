-- The return that everybody who took part is owed: a duty for each of them and for each version of
-- the report, and a project that cannot close while one is owed.

-- Feedback's report.state, as far as it is needed here. It may come before anything else is known.
CREATE TABLE report (
    project_id         uuid PRIMARY KEY,
    version            bigint NOT NULL,
    collection_version bigint NOT NULL,
    published_on       date NOT NULL
);

ALTER TABLE project
    -- The version that is owed, or was: duties exist for it.
    ADD report_version bigint,
    -- How far it went, as it was last told to everybody.
    ADD report_duties jsonb,
    ADD CONSTRAINT project_reports_a_version CHECK (
        (state IN ('reporting', 'closed')) = (report_version IS NOT NULL));

CREATE TRIGGER project_report_only_grows BEFORE UPDATE OF report_version ON project FOR EACH ROW
WHEN (old.report_version > coalesce(new.report_version, 0))
EXECUTE FUNCTION refuse_transition();

ALTER TABLE send_order
    ADD report_version bigint,
    ADD CONSTRAINT send_order_reports_a_version CHECK (
        (kind = 'report') = (report_version IS NOT NULL));
CREATE INDEX ON send_order (project_id, report_version) WHERE kind = 'report' AND answer = 'refused';

CREATE TABLE report_duty (
    project_id     uuid NOT NULL,
    report_version bigint NOT NULL,
    invitation_id  uuid NOT NULL,
    state          text NOT NULL,
    -- The latest order to send it: a retry is a new one.
    order_id       uuid,
    reason         text,
    CONSTRAINT report_duty_once PRIMARY KEY (project_id, report_version, invitation_id),
    CONSTRAINT report_duty_state_is_known CHECK (
        state IN ('owed', 'sent', 'undeliverable', 'exempt')),
    CONSTRAINT report_duty_is_ordered CHECK (state = 'exempt' OR order_id IS NOT NULL),
    CONSTRAINT report_duty_end_has_reason CHECK (coalesce(CASE state
        WHEN 'undeliverable' THEN
            reason IN ('no_address', 'rejected', 'not_active', 'unknown', 'bounced')
        WHEN 'exempt' THEN reason IN ('left', 'erased')
        ELSE reason IS NULL END, false))
);
CREATE INDEX ON report_duty (project_id, report_version) WHERE state = 'owed';
CREATE INDEX ON report_duty (invitation_id) WHERE state = 'owed';

CREATE TRIGGER report_duty_transition BEFORE UPDATE ON report_duty FOR EACH ROW
WHEN ((old.project_id, old.report_version, old.invitation_id)
        IS DISTINCT FROM (new.project_id, new.report_version, new.invitation_id)
    OR (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
        'owed>sent', 'owed>undeliverable', 'owed>exempt', 'sent>undeliverable'])))
EXECUTE FUNCTION refuse_transition();

CREATE TRIGGER report_duty_is_kept BEFORE DELETE ON report_duty
FOR EACH ROW EXECUTE FUNCTION refuse_transition();

-- Nothing is owed by a project that is closed: whoever owes anew opens it first. It waits for who is
-- closing the project at this moment, so that neither overlooks the other. By statement, as a
-- hundred thousand duties are written in one.
CREATE FUNCTION refuse_duty_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM project WHERE id IN (SELECT project_id FROM written WHERE state = 'owed')
    ORDER BY id FOR SHARE;
    IF EXISTS (SELECT FROM written w JOIN project p ON p.id = w.project_id
        WHERE w.state = 'owed' AND p.state = 'closed'
            AND w.report_version >= p.report_version) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER closed_project_owes_nothing AFTER INSERT ON report_duty
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_duty_of_closed();
CREATE TRIGGER closed_project_owes_nothing_again AFTER UPDATE ON report_duty
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_duty_of_closed();

-- Who is owed the report of a project: everybody who takes part, and who stopped but had taken a
-- credential, hence may have contributed.
CREATE FUNCTION owed_a_report(project uuid) RETURNS TABLE (invitation_id uuid, member_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT a.invitation_id, a.member_id FROM participation a
    WHERE a.project_id = project AND (a.state = 'joined' OR (a.state = 'left'
        AND EXISTS (SELECT FROM credential c WHERE c.invitation_id = a.invitation_id)))
$$;

-- A project closes on the latest report held here, once each participant's duty for it is done.
-- Looked at when the transaction ends, from what is committed by then.
CREATE FUNCTION refuse_early_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM project p LEFT JOIN report r ON r.project_id = p.id
        WHERE p.id = new.id AND p.state = 'closed' AND (
            r.version IS DISTINCT FROM p.report_version
            OR EXISTS (SELECT FROM report_duty d WHERE d.project_id = p.id
                AND d.report_version = p.report_version AND d.state = 'owed')
            OR EXISTS (SELECT invitation_id FROM owed_a_report(p.id)
                EXCEPT SELECT d.invitation_id FROM report_duty d
                WHERE d.project_id = p.id AND d.report_version = p.report_version))) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER project_closes_when_nothing_is_owed
AFTER INSERT OR UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (new.state = 'closed') EXECUTE FUNCTION refuse_early_closing();

-- Whose identity a merged member goes by now; who was not merged is their own.
CREATE FUNCTION survivor_of(merged uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT merged AS member_id, 0 AS place
        UNION ALL
        SELECT m.merged_into, c.place + 1 FROM chain c JOIN member m ON m.member_id = c.member_id
        WHERE m.status = 'merged' AND c.place < 100
    )
    SELECT member_id FROM chain ORDER BY place DESC LIMIT 1
$$;

-- What registry's answer makes of a duty, or null while it stays owed: then somebody sends it anew,
-- or this service's view of the member has yet to say why they could not be written to. Where it
-- never says so (`waited`), they could not.
CREATE FUNCTION duty_after(answer text, reason text, member_status text, waited boolean)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN answer = 'sent' THEN 'sent'
        WHEN answer IN ('unknown', 'bounced') THEN 'undeliverable'
        WHEN member_status IN ('left', 'erased') THEN 'exempt'
        WHEN reason IN ('no_address', 'rejected') THEN 'undeliverable'
        WHEN reason IN ('not_active', 'cancelled')
            AND (member_status IN ('expired', 'paused', 'suspended') OR waited) THEN 'undeliverable'
    END
$$;

-- Why a duty ended so.
CREATE FUNCTION duty_reason(duty text, answer text, reason text, member_status text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE duty
        WHEN 'exempt' THEN member_status
        WHEN 'undeliverable' THEN CASE
            WHEN answer IN ('unknown', 'bounced') THEN answer
            WHEN reason = 'cancelled' THEN 'not_active'
            ELSE reason END
    END
$$;
