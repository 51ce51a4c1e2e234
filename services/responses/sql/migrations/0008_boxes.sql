-- Boxes are as large as a page: in it, not out of line in pieces, each with an index entry of its own.
ALTER TABLE sealed ALTER COLUMN box SET STORAGE MAIN;
