-- insert_questionnaire: a new version; the database refuses to change an old one.
INSERT INTO questionnaire (project_id, version, body) VALUES (:project_id, :version, :body);
