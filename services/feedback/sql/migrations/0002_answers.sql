-- An answer to every proposal: what feedback hears of projects, collections and proposals, and the
-- decisions and reports that are its own. The promises of DESIGN.md §2 that this service holds are
-- the named constraints and triggers below, each with a test beside it.

-- Raised as a check violation under the trigger's name, so that it reads like a constraint.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;

-- The whole public state beside the columns that are searched. Of what was heard before this
-- migration nothing but these columns is known: version 0 lets a republished state fill it in.
ALTER TABLE project
    ADD decision_maker_role text NOT NULL DEFAULT '',
    ADD body jsonb NOT NULL DEFAULT '{}';
ALTER TABLE collection ADD body jsonb NOT NULL DEFAULT '{}';
UPDATE project SET version = 0;
UPDATE collection SET version = 0;
CREATE INDEX ON project (state);

CREATE TABLE proposal (
    proposal_id uuid PRIMARY KEY,
    version     bigint NOT NULL,
    project_id  uuid NOT NULL,
    title       text NOT NULL,
    text        text NOT NULL,
    theme       text,
    support     int NOT NULL,
    merged_ids  uuid[] NOT NULL
);
CREATE INDEX ON proposal (project_id);

-- The list of the newest synthesis heard of: what has to be decided before a report may appear. It
-- is explicit and versioned, so that "all are decided" is never true for want of proposals.
CREATE TABLE listed_proposal (
    project_id  uuid NOT NULL REFERENCES collection,
    proposal_id uuid NOT NULL,
    version     bigint NOT NULL,
    CONSTRAINT listed_once PRIMARY KEY (project_id, proposal_id)
);
CREATE INDEX ON listed_proposal (proposal_id);

-- The answer that is being written; awaiting while there is no row. Published ones are kept apart,
-- so that a revision is drafted beside what everybody reads.
CREATE TABLE decision (
    proposal_id      uuid PRIMARY KEY,
    project_id       uuid NOT NULL,
    -- Grows with every change, also with those that are published.
    version          bigint NOT NULL,
    state            text NOT NULL,
    proposal_version bigint NOT NULL,
    outcome          text NOT NULL,
    reason           text NOT NULL,
    next_step        text,
    due_on           date,
    owner            text,
    -- Who they are for the sign-in service, and their name as people read it.
    drafter          text NOT NULL,
    drafted_by       text NOT NULL,
    drafted_on       date NOT NULL,
    signer           text,
    signed_by_name   text,
    signed_by_role   text,
    signed_on        date,
    CONSTRAINT decision_state_is_known CHECK (state IN ('drafted', 'signed', 'published')),
    CONSTRAINT decision_outcome_is_known CHECK (outcome IN ('retained', 'partly', 'not')),
    CONSTRAINT decision_has_reason CHECK (reason ~ '\S'),
    CONSTRAINT decision_kept_says_what_next CHECK (outcome = 'not'
        OR (coalesce(next_step, '') ~ '\S' AND due_on IS NOT NULL AND coalesce(owner, '') ~ '\S')),
    CONSTRAINT decision_signature_is_whole CHECK (
        num_nonnulls(signer, signed_by_name, signed_by_role, signed_on)
        = CASE state WHEN 'drafted' THEN 0 ELSE 4 END),
    CONSTRAINT decision_signer_is_not_the_drafter CHECK (signer <> drafter)
);
CREATE INDEX ON decision (project_id);

CREATE TRIGGER decision_transition BEFORE UPDATE OF state ON decision FOR EACH ROW
WHEN (old.state <> new.state AND old.state || '>' || new.state <> ALL (ARRAY[
    'drafted>signed', 'signed>drafted', 'signed>published', 'published>drafted']))
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER decision_begins_as_a_draft BEFORE INSERT ON decision FOR EACH ROW
WHEN (new.state <> 'drafted') EXECUTE FUNCTION refuse_change();

-- What was signed is what is published: a change of the text is a draft again, without signature.
CREATE TRIGGER decision_signed_text_is_final BEFORE UPDATE ON decision FOR EACH ROW
WHEN (new.state <> 'drafted' AND (old.proposal_version, old.outcome, old.reason, old.next_step,
        old.due_on, old.owner, old.drafter)
    IS DISTINCT FROM (new.proposal_version, new.outcome, new.reason, new.next_step,
        new.due_on, new.owner, new.drafter))
EXECUTE FUNCTION refuse_change();

CREATE TABLE report_draft (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    summary    text NOT NULL,
    written_by text NOT NULL,
    CONSTRAINT report_draft_says_something CHECK (summary ~ '\S')
);

-- Reports as they were published, each version for good; 1, 2, 3… for each project.
CREATE TABLE published_report (
    project_id         uuid NOT NULL,
    version            bigint NOT NULL,
    collection_version bigint NOT NULL,
    draft_version      bigint NOT NULL,
    summary            text NOT NULL,
    -- How many were asked, joined, answered, read, and how: the figures of that day.
    method             jsonb NOT NULL,
    published_by       text NOT NULL,
    published_on       date NOT NULL,
    CONSTRAINT published_report_once PRIMARY KEY (project_id, version),
    CONSTRAINT published_report_says_something CHECK (version >= 1 AND summary ~ '\S')
);
CREATE INDEX ON published_report (published_on);
CREATE TRIGGER published_report_is_final BEFORE UPDATE OR DELETE ON published_report
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Decisions as they were published, each for good; the newest version of a proposal's is in force.
CREATE TABLE published_decision (
    proposal_id      uuid NOT NULL,
    version          bigint NOT NULL,
    project_id       uuid NOT NULL,
    report_version   bigint NOT NULL,
    proposal_version bigint NOT NULL,
    outcome          text NOT NULL,
    reason           text NOT NULL,
    next_step        text,
    due_on           date,
    owner            text,
    decided_by_name  text NOT NULL,
    decided_by_role  text NOT NULL,
    decided_on       date NOT NULL,
    published_on     date NOT NULL,
    CONSTRAINT published_decision_once PRIMARY KEY (proposal_id, version),
    CONSTRAINT published_decision_is_in_a_report FOREIGN KEY (project_id, report_version)
        REFERENCES published_report,
    CONSTRAINT published_decision_has_reason CHECK (reason ~ '\S')
);
CREATE INDEX ON published_decision (project_id, report_version);
CREATE INDEX ON published_decision (published_on);
CREATE TRIGGER published_decision_is_final BEFORE UPDATE OR DELETE ON published_decision
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Only what its decision maker has signed: the row is the signed decision, or it is refused.
CREATE FUNCTION refuse_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM decision d
        WHERE d.proposal_id = new.proposal_id AND d.state = 'published'
            AND d.version = new.version AND d.proposal_version = new.proposal_version
            AND d.outcome = new.outcome AND d.reason = new.reason
            AND (d.next_step, d.due_on, d.owner)
                IS NOT DISTINCT FROM (new.next_step, new.due_on, new.owner)
            AND d.signed_by_name = new.decided_by_name) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER published_decision_was_signed AFTER INSERT ON published_decision
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unsigned();

-- The promise itself: no report unless its collection is synthesised, at the version it answers,
-- and every listed proposal is held at its listed version and has a published decision on it.
CREATE FUNCTION refuse_unanswered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM collection c
            WHERE c.project_id = new.project_id AND c.state = 'synthesised'
                AND c.version = new.collection_version)
        OR NOT EXISTS (SELECT FROM project p WHERE p.project_id = new.project_id
            AND p.state IN ('collected', 'reporting', 'closed'))
        OR EXISTS (SELECT FROM listed_proposal l
            WHERE l.project_id = new.project_id AND (
                NOT EXISTS (SELECT FROM proposal p
                    WHERE p.proposal_id = l.proposal_id AND p.version = l.version)
                OR NOT EXISTS (SELECT FROM published_decision d
                    WHERE d.proposal_id = l.proposal_id AND d.proposal_version = l.version
                        AND d.report_version <= new.version))) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER report_answers_every_proposal AFTER INSERT ON published_report
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unanswered();

-- What became of what was kept: dated, public, kept for good.
CREATE TABLE follow_up (
    proposal_id uuid NOT NULL,
    number      int NOT NULL,
    progress    text NOT NULL,
    note        text,
    recorded_on date NOT NULL,
    recorded_by text NOT NULL,
    CONSTRAINT follow_up_once PRIMARY KEY (proposal_id, number),
    CONSTRAINT follow_up_is_known CHECK (
        number >= 1 AND progress IN ('planned', 'under_way', 'done', 'given_up')),
    CONSTRAINT follow_up_given_up_has_reason CHECK (
        progress <> 'given_up' OR coalesce(note, '') ~ '\S')
);
CREATE TRIGGER follow_up_is_final BEFORE UPDATE OR DELETE ON follow_up
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce((SELECT d.outcome IN ('retained', 'partly') FROM published_decision d
            WHERE d.proposal_id = new.proposal_id ORDER BY d.version DESC LIMIT 1), false) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER follow_up_of_what_was_kept BEFORE INSERT ON follow_up
FOR EACH ROW EXECUTE FUNCTION refuse_follow_up();

-- registry's months in numbers, for the public account.
CREATE TABLE figures (
    month   text PRIMARY KEY,
    version bigint NOT NULL,
    body    jsonb NOT NULL
);
