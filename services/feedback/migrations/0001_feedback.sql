-- feedback: copies of the other services' projects, decisions, reports, follow-up, the transparency
-- journal and the public account. Each named constraint or trigger holds a promise of the charter or
-- of docs/design.md, and has a test that fails without it.

-- Raised as a check violation under the trigger's name, so that callers see a constraint.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;


-- Projects: the newest states of projects, collections, proposals and monthly figures. `body` is the
-- whole event; the other columns are those that queries filter, sort or compare.

CREATE TABLE project (
    project_id             uuid PRIMARY KEY,
    version                bigint NOT NULL,
    state                  text NOT NULL,
    title                  text NOT NULL,
    decision_maker         text NOT NULL,
    decision_maker_role    text NOT NULL,
    -- Empty where the mandate names no account: nobody can sign.
    decision_maker_account text NOT NULL DEFAULT '',
    collection_ends_on     date NOT NULL,
    body                   jsonb NOT NULL
);
CREATE INDEX ON project (state);
CREATE INDEX project_by_day ON project (collection_ends_on DESC, project_id DESC)
WHERE state NOT IN ('draft', 'abandoned');

CREATE TABLE collection (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    state      text NOT NULL,
    body       jsonb NOT NULL
);

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

-- The list of the newest synthesis: the proposals that need a decision before a report is published.
-- It is explicit and versioned, so that "all are decided" is never true for want of proposals.
CREATE TABLE listed_proposal (
    project_id  uuid NOT NULL REFERENCES collection,
    proposal_id uuid NOT NULL,
    version     bigint NOT NULL,
    CONSTRAINT listed_once PRIMARY KEY (project_id, proposal_id)
);
CREATE INDEX ON listed_proposal (proposal_id);

CREATE TABLE figures (
    month   text PRIMARY KEY,
    version bigint NOT NULL,
    body    jsonb NOT NULL
);


-- Reports.

CREATE TABLE report_draft (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    summary    text NOT NULL,
    written_by text NOT NULL,
    CONSTRAINT report_draft_says_something CHECK (summary ~ '\S')
);

-- Every version stays as it was published; 1, 2, 3… for each project.
CREATE TABLE published_report (
    project_id         uuid NOT NULL,
    version            bigint NOT NULL,
    collection_version bigint NOT NULL,
    draft_version      bigint NOT NULL,
    summary            text NOT NULL,
    -- The method note: numbers of people asked, joined, contributions and readings on that day.
    method             jsonb NOT NULL,
    published_by       text NOT NULL,
    published_on       date NOT NULL,
    CONSTRAINT published_report_once PRIMARY KEY (project_id, version),
    CONSTRAINT published_report_says_something CHECK (version >= 1 AND summary ~ '\S')
);
CREATE INDEX ON published_report (published_on);
CREATE TRIGGER published_report_is_final BEFORE UPDATE OR DELETE ON published_report
FOR EACH ROW EXECUTE FUNCTION refuse_change();


-- Decisions. The current one of each proposal; awaited while there is no row. Published versions have
-- a table of their own, so that a revision is drafted while the published decision stays in force.

CREATE TABLE decision (
    proposal_id      uuid PRIMARY KEY,
    project_id       uuid NOT NULL,
    -- Grows with every change, including steps of follow-up.
    version          bigint NOT NULL,
    state            text NOT NULL,
    proposal_version bigint NOT NULL,
    outcome          text NOT NULL,
    reason           text NOT NULL,
    next_step        text,
    due_on           date,
    owner            text,
    -- `drafter` and `signer` are subjects at the sign-in service; `…_by` are names.
    drafter          text NOT NULL,
    drafted_by       text NOT NULL,
    drafted_on       date NOT NULL,
    signer           text,
    signed_by_name   text,
    signed_by_role   text,
    signed_on        date,
    signer_account   text,
    CONSTRAINT decision_state_is_known CHECK (state IN ('drafted', 'signed', 'published')),
    CONSTRAINT decision_outcome_is_known CHECK (outcome IN ('retained', 'partly', 'not')),
    -- Charter: a formal return on every proposal, whatever the outcome.
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

-- The signed text is the published text: a change of it is a draft again, without signature.
CREATE TRIGGER decision_signed_text_is_final BEFORE UPDATE ON decision FOR EACH ROW
WHEN (new.state <> 'drafted' AND (old.proposal_version, old.outcome, old.reason, old.next_step,
        old.due_on, old.owner, old.drafter)
    IS DISTINCT FROM (new.proposal_version, new.outcome, new.reason, new.next_step,
        new.due_on, new.owner, new.drafter))
EXECUTE FUNCTION refuse_change();

-- Signed with the account that the mandate names at that moment, under its name and role.
CREATE FUNCTION refuse_other_signers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM project p WHERE p.project_id = new.project_id
            AND p.decision_maker_account <> ''
            AND (p.decision_maker, p.decision_maker_role, p.decision_maker_account)
                = (new.signed_by_name, new.signed_by_role, new.signer_account)) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
-- A change of signature while signed is checked too; a published decision keeps its signature.
CREATE TRIGGER decision_signed_by_whom_the_mandate_names AFTER UPDATE ON decision
FOR EACH ROW WHEN (new.state = 'signed' AND (old.state = 'drafted'
    OR (old.signer, old.signed_by_name, old.signed_by_role, old.signer_account)
        IS DISTINCT FROM
        (new.signer, new.signed_by_name, new.signed_by_role, new.signer_account)))
EXECUTE FUNCTION refuse_other_signers();

-- Names without capitals, blanks and punctuation: "M. Bernard" and "m  BERNARD" are the same.
CREATE FUNCTION plain_name(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT btrim(regexp_replace(lower(normalize(name, NFKC)), '[^[:alnum:]]+', ' ', 'g'))
$$;
CREATE TRIGGER decision_signed_under_another_name_than_drafted BEFORE UPDATE ON decision
FOR EACH ROW WHEN (new.state = 'signed' AND (old.state = 'drafted'
    OR (old.drafted_by, old.signed_by_name) IS DISTINCT FROM (new.drafted_by, new.signed_by_name))
    AND plain_name(new.signed_by_name) = plain_name(new.drafted_by))
EXECUTE FUNCTION refuse_change();

-- The wording of a proposal that a published decision decides: a later version may be worded anew.
CREATE TABLE answered_proposal (
    proposal_id uuid NOT NULL,
    version     bigint NOT NULL,
    title       text NOT NULL,
    text        text NOT NULL,
    theme       text,
    support     int NOT NULL,
    CONSTRAINT answered_proposal_once PRIMARY KEY (proposal_id, version)
);
CREATE TRIGGER answered_proposal_is_final BEFORE UPDATE OR DELETE ON answered_proposal
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every version stays as it was published; the newest one of each proposal is in force.
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
    CONSTRAINT published_decision_answers_words FOREIGN KEY (proposal_id, proposal_version)
        REFERENCES answered_proposal DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT published_decision_has_reason CHECK (reason ~ '\S')
);
CREATE INDEX ON published_decision (project_id, report_version);
CREATE INDEX ON published_decision (published_on);
CREATE TRIGGER published_decision_is_final BEFORE UPDATE OR DELETE ON published_decision
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A published decision is the one that its decision maker has signed.
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

-- The central promise: no report unless its collection is synthesised, at the version that it
-- answers, with a list, and every listed proposal has arrived at its listed version and has a
-- published decision on it. A synthesis without a list differs from one whose list is empty.
CREATE FUNCTION refuse_unanswered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM collection c
            WHERE c.project_id = new.project_id AND c.state = 'synthesised'
                AND c.version = new.collection_version
                AND coalesce(jsonb_typeof(c.body -> 'proposals') = 'array', false))
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


-- Follow-up: dated, public steps of a retained proposal, which stay.

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
CREATE INDEX follow_up_by_day ON follow_up (recorded_on DESC, proposal_id DESC, number DESC);
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

-- The steps of each proposal as the events, the staff API and the pages have them.
CREATE VIEW follow_up_steps AS
SELECT f.proposal_id, jsonb_agg(jsonb_build_object('progress', f.progress, 'note', f.note,
    'on', f.recorded_on) ORDER BY f.number) AS steps
FROM follow_up f GROUP BY f.proposal_id;


-- The transparency journal: a Merkle tree that only grows (docs/decisions/0014). Numbers start at 0
-- and follow the order of the commits without a gap, as every append locks the head.

CREATE TABLE journal_entry (
    number      bigint,
    -- The subject and its version: a replay appends nothing.
    kind        text NOT NULL,
    subject     text NOT NULL,
    version     bigint NOT NULL,
    digest      bytea NOT NULL,
    -- The exact text that is hashed, and public.
    body        text NOT NULL,
    leaf_hash   bytea NOT NULL,
    -- The author of a correction; not public.
    recorded_by text,
    previous    bigint GENERATED ALWAYS AS (nullif(number, 0) - 1) STORED,
    CONSTRAINT journal_entry_number PRIMARY KEY (number),
    CONSTRAINT journal_entry_follows FOREIGN KEY (previous) REFERENCES journal_entry,
    CONSTRAINT journal_entry_once UNIQUE (kind, subject, version),
    CONSTRAINT journal_entry_says_its_number CHECK (
        number >= 0 AND starts_with(body, '{"number":' || number || ',"on":')
        AND strpos(body, E'\n') = 0),
    CONSTRAINT journal_entry_leaf_is_its_text CHECK (
        leaf_hash = sha256('\x00'::bytea || convert_to(body, 'UTF8')))
);

-- The number of entries, and the roots of the tree's complete subtrees: all that an append needs.
CREATE TABLE journal_head (
    single   boolean PRIMARY KEY DEFAULT true,
    size     bigint NOT NULL,
    frontier bytea NOT NULL,
    CONSTRAINT journal_head_is_one CHECK (single),
    CONSTRAINT journal_head_has_its_frontier CHECK (
        size >= 0 AND octet_length(frontier) = 32 * bit_count(size::bit(64)))
);
INSERT INTO journal_head (size, frontier) VALUES (0, '');

-- Signatures of the whole journal at a size; no later journal may contradict one.
CREATE TABLE journal_checkpoint (
    size      bigint,
    note      text NOT NULL,
    signed_on date NOT NULL,
    last      bigint GENERATED ALWAYS AS (nullif(size, 0) - 1) STORED,
    CONSTRAINT journal_checkpoint_once PRIMARY KEY (size),
    CONSTRAINT journal_checkpoint_is_of_entries FOREIGN KEY (last) REFERENCES journal_entry
);

CREATE TRIGGER journal_entry_is_final BEFORE UPDATE OR DELETE ON journal_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_entries_are_kept BEFORE TRUNCATE ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_checkpoint_is_final BEFORE UPDATE OR DELETE ON journal_checkpoint
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_checkpoints_are_kept BEFORE TRUNCATE ON journal_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_head_only_grows BEFORE UPDATE ON journal_head FOR EACH ROW
WHEN (new.size <= old.size) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_head_is_kept BEFORE DELETE OR TRUNCATE ON journal_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The head counts exactly the entries that exist: no entry is outside the tree, and no tree is of
-- other entries. The head is written first, and checked again when the transaction ends.
CREATE FUNCTION refuse_miscounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT h.size FROM journal_head h)
        IS DISTINCT FROM (SELECT coalesce(max(e.number) + 1, 0) FROM journal_entry e) THEN
        RAISE EXCEPTION '% is refused', TG_NAME USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entries_are_counted AFTER INSERT ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_miscounted();
CREATE CONSTRAINT TRIGGER journal_head_counts_entries AFTER UPDATE ON journal_head
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_miscounted();


-- The public account. The mark is the key of the page cache: it changes in the commit that changes
-- anything public. It is not a counter: after a failover that lost a commit, a number would come
-- again for other data.

CREATE TABLE public_state (
    single     boolean PRIMARY KEY DEFAULT true,
    mark       uuid NOT NULL,
    -- The transaction of the last change: one change for each, however many rows it writes.
    changed_by xid8 NOT NULL,
    CONSTRAINT public_state_is_one CHECK (single)
);
INSERT INTO public_state (mark, changed_by) VALUES (gen_random_uuid(), '0');

-- Deferred, so that this row is locked last, and for a moment only.
CREATE FUNCTION change_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public_state SET mark = gen_random_uuid(), changed_by = pg_current_xact_id()
    WHERE changed_by <> pg_current_xact_id();
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER project_changes_the_mark AFTER INSERT OR UPDATE OR DELETE ON project
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER collection_changes_the_mark AFTER INSERT OR UPDATE OR DELETE ON collection
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER report_changes_the_mark AFTER INSERT ON published_report
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER decision_changes_the_mark AFTER INSERT ON published_decision
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER follow_up_changes_the_mark AFTER INSERT ON follow_up
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();
CREATE CONSTRAINT TRIGGER figures_change_the_mark AFTER INSERT OR UPDATE OR DELETE ON figures
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mark();

-- The decision in force on each proposal, with its progress: the newest published decision and the
-- newest step, indexed for every order in which pages list them.
CREATE TABLE answer_in_force (
    proposal_id      uuid PRIMARY KEY,
    project_id       uuid NOT NULL,
    version          bigint NOT NULL,
    proposal_version bigint NOT NULL,
    outcome          text NOT NULL,
    due_on           date,
    published_on     date NOT NULL,
    -- 'promised' before the first step.
    progress         text NOT NULL DEFAULT 'promised',
    followed_on      date
);
CREATE INDEX answer_by_day ON answer_in_force (published_on DESC, proposal_id DESC);
CREATE INDEX answer_by_outcome ON answer_in_force (outcome, published_on DESC, proposal_id DESC);
CREATE INDEX answer_by_progress
ON answer_in_force (progress, published_on DESC, proposal_id DESC) WHERE outcome <> 'not';
-- Promises that are neither done nor given up, by due date.
CREATE INDEX answer_by_promise ON answer_in_force (due_on, proposal_id)
WHERE outcome <> 'not' AND progress NOT IN ('done', 'given_up');
CREATE INDEX answer_by_project ON answer_in_force (project_id);

CREATE VIEW public_answer AS
SELECT a.proposal_id, a.project_id, p.title AS project, w.title, a.outcome, a.due_on,
    a.published_on, a.progress, a.followed_on
FROM answer_in_force a
JOIN answered_proposal w ON (w.proposal_id, w.version) = (a.proposal_id, a.proposal_version)
JOIN project p ON p.project_id = a.project_id;

-- Maintained by triggers, so that the account agrees with whatever code publishes a decision.
CREATE FUNCTION keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO answered_proposal (proposal_id, version, title, text, theme, support)
    SELECT p.proposal_id, p.version, p.title, p.text, p.theme, p.support FROM proposal p
    WHERE p.proposal_id = new.proposal_id AND p.version = new.proposal_version
    ON CONFLICT ON CONSTRAINT answered_proposal_once DO NOTHING;
    INSERT INTO answer_in_force AS held (proposal_id, project_id, version, proposal_version,
        outcome, due_on, published_on)
    VALUES (new.proposal_id, new.project_id, new.version, new.proposal_version, new.outcome,
        new.due_on, new.published_on)
    ON CONFLICT (proposal_id) DO UPDATE
    SET project_id = excluded.project_id,
        version = excluded.version,
        proposal_version = excluded.proposal_version,
        outcome = excluded.outcome,
        due_on = excluded.due_on,
        published_on = excluded.published_on
    WHERE held.version < excluded.version;
    RETURN NULL;
END
$$;
CREATE TRIGGER published_decision_is_in_the_account AFTER INSERT ON published_decision
FOR EACH ROW EXECUTE FUNCTION keep_answer();

CREATE FUNCTION keep_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE answer_in_force held SET progress = new.progress, followed_on = new.recorded_on
    WHERE held.proposal_id = new.proposal_id AND NOT EXISTS (SELECT FROM follow_up later
        WHERE later.proposal_id = new.proposal_id AND later.number > new.number);
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_up_is_in_the_account AFTER INSERT ON follow_up
FOR EACH ROW EXECUTE FUNCTION keep_step();
