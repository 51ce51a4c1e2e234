-- A trace could lead from an event to the minute of an answer: here no event is ever part of one.
ALTER TABLE outbox ADD CONSTRAINT outbox_is_untraced CHECK (traceparent IS NULL);
