-- add_document: already cleaned.
INSERT INTO document (id, project_id, title, media_type, content, pages, words)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- documents: of a project, by title, without their bytes.
SELECT id, project_id, title, media_type, octet_length(content) AS size, pages, words
FROM document WHERE project_id = $1 ORDER BY title, id;

-- document_content: the bytes, and what they are.
SELECT media_type, content FROM document WHERE project_id = $1 AND id = $2;
