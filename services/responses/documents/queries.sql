-- add_document: already cleaned.
INSERT INTO document (id, project_id, title, media_type, content, pages, words, size, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- documents: of a project, by title, without their bytes.
SELECT id, project_id, title, media_type, size, pages, words
FROM document WHERE project_id = $1 ORDER BY title, id;

-- document_content: the bytes where they are here, and what they are.
SELECT media_type, content, digest FROM document WHERE project_id = $1 AND id = $2;
