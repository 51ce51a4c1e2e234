-- The language in which a page was read is not stored: beside a member's own language it names the
-- only English reader of a project. The column holds one constant, whatever writes to it, until the
-- version that used it is gone; then it is dropped.
-- Every row is written anew, so that none shows by its place which language it had.
ALTER TABLE contribution DISABLE TRIGGER contribution_kept;
UPDATE contribution SET language = 'fr';
ALTER TABLE contribution ENABLE TRIGGER contribution_kept;
ALTER TABLE contribution ALTER COLUMN language SET DEFAULT 'fr';

CREATE FUNCTION forget_language() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.language := 'fr';
    RETURN NEW;
END $$;
CREATE TRIGGER contribution_says_no_language BEFORE INSERT ON contribution
    FOR EACH ROW EXECUTE FUNCTION forget_language();

-- Words are looked for in both languages: `search` has them in French for every row now.
ALTER TABLE contribution ADD COLUMN search_english tsvector NOT NULL
    GENERATED ALWAYS AS (to_tsvector('english', left(words, 100000))) STORED;
CREATE INDEX contribution_search_english ON contribution USING gin (search_english);
