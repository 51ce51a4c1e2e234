-- find_progress: the published outcome in force, and the steps since, oldest first.
SELECT (SELECT e.outcome FROM published_decision e
        WHERE e.proposal_id = :proposal_id ORDER BY e.version DESC LIMIT 1) AS outcome,
    ARRAY(SELECT f.progress FROM follow_up f
        WHERE f.proposal_id = :proposal_id ORDER BY f.number) AS steps;

-- insert_step: the next one.
INSERT INTO follow_up (proposal_id, number, progress, note, recorded_on, recorded_by)
VALUES (:proposal_id, :number, :progress, :note, :today, :recorded_by);
