-- A merge can be undone until the synthesis: the proposal is a draft again, word for word, and what
-- supported it supports it again. Everything else of a proposal that is no draft stays final.
CREATE OR REPLACE TRIGGER proposal_is_final BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND NOT (
        OLD.state = 'merged' AND NEW.state = 'draft' AND NEW.version > OLD.version
        AND (NEW.id, NEW.project_id, NEW.title, NEW.text, NEW.drafted_by, NEW.drafted_on)
            = (OLD.id, OLD.project_id, OLD.title, OLD.text, OLD.drafted_by, OLD.drafted_on)
        AND NEW.theme IS NOT DISTINCT FROM OLD.theme))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER merges_end_with_synthesis BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN (OLD.state = 'merged')
    EXECUTE FUNCTION refuse_after_synthesis();

-- Who merged what into what, and who undid it; numbered for each proposal.
CREATE TABLE proposal_merge (
    proposal_id uuid NOT NULL REFERENCES proposal,
    number      int NOT NULL,
    merged      boolean NOT NULL,
    survivor_id uuid NOT NULL REFERENCES proposal,
    decided_by  text NOT NULL,
    decided_on  date NOT NULL,
    PRIMARY KEY (proposal_id, number)
);
CREATE TRIGGER proposal_merge_kept BEFORE UPDATE OR DELETE ON proposal_merge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
