-- insert_document: already cleaned.
INSERT INTO document (id, project_id, title, media_type, content, pages, words, size, digest)
VALUES (:id, :project_id, :title, :media_type, :content, :pages, :words, :size, :digest);

-- list_documents: of a project, by title, without their bytes.
SELECT id, project_id, title, media_type, size, pages, words
FROM document WHERE project_id = :project_id ORDER BY title, id;

-- find_content: the bytes, unless they are in the document store, and what they are.
SELECT media_type, content, digest FROM document
WHERE project_id = :project_id AND id = :document_id;
