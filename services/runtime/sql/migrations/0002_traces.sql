-- The trace that an event is part of, where there is one: what the transaction that writes it says
-- (db.py), so that no statement that writes events needs to know.
ALTER TABLE outbox ADD COLUMN traceparent text
    DEFAULT nullif(current_setting('panel.traceparent', true), '');
