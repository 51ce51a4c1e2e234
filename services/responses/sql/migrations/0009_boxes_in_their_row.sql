-- A box is ciphertext: trying to compress it cost more than writing it. Up to a page it stays in its
-- row all the same.
ALTER TABLE sealed ALTER COLUMN box SET STORAGE EXTERNAL;
ALTER TABLE sealed SET (toast_tuple_target = 8160);
