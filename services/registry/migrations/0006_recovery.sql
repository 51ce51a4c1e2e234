-- While registry catches up on a backup, nothing is sent, and what it had said since overrules what
-- the backup says, whatever the way from one to the other was.
CREATE OR REPLACE FUNCTION delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF recovering() THEN
        IF NEW.state = 'attempting' THEN
            RAISE EXCEPTION 'nothing is sent before the registry has caught up on its backup'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'delivery_waits_for_recovery';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('pending', 'attempting'), ('pending', 'refused'),
        ('attempting', 'sent'), ('attempting', 'pending'), ('attempting', 'refused'),
        ('attempting', 'unknown'),
        ('unknown', 'pending'),
        ('sent', 'bounced'))
        OR ((OLD.state, NEW.state) = ('unknown', 'pending') AND OLD.class <> 'notice')
    THEN
        RAISE EXCEPTION 'a delivery cannot go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'delivery_moves_as_listed';
    END IF;
    RETURN NEW;
END
$$;
