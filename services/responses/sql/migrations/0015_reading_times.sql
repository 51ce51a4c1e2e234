-- The time that a reader reports for a reading is capped by the time that passed. These are instants of
-- readers, who are staff, and of nobody else: one for each reader, since their latest recorded reading
-- (or since the first contribution was shown to them), and those of the contributions shown to them
-- since then, which the next recording removes.
CREATE TABLE reader_time (
    reader text PRIMARY KEY,
    since  timestamptz NOT NULL
);
CREATE TABLE shown_time (
    reader          text NOT NULL REFERENCES reader_time,
    contribution_id uuid NOT NULL REFERENCES contribution,
    since           timestamptz NOT NULL,
    PRIMARY KEY (reader, contribution_id)
);
