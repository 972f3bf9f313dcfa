-- Checkpoints: signed Merkle roots over closed ranges of the audit's streams. They are published, so that whoever can
-- rewrite every table here still cannot rewrite what stood in them.

CREATE TABLE checkpoint (
    number bigint PRIMARY KEY CHECK (number >= 1),
    made_at bigint NOT NULL,
    timeline integer NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    key_id text NOT NULL,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    signature bytea NOT NULL CHECK (length(signature) = 64),
    published_at bigint
);
COMMENT ON TABLE checkpoint IS 'The private key stands outside the database: who can rewrite this table cannot sign for us.';
CREATE INDEX checkpoint_unpublished ON checkpoint (number) WHERE published_at IS NULL;

CREATE TABLE checkpoint_range (
    stream text NOT NULL,
    from_sequence bigint NOT NULL CHECK (from_sequence >= 1),
    to_sequence bigint NOT NULL CHECK (to_sequence >= from_sequence),
    number bigint NOT NULL REFERENCES checkpoint,
    root bytea NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (stream, to_sequence),
    UNIQUE (stream, from_sequence)
);
CREATE INDEX checkpoint_range_number ON checkpoint_range (number);

CREATE TABLE checkpoint_lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    owner text NOT NULL,
    lease_epoch bigint NOT NULL,
    lease_until bigint NOT NULL
);
INSERT INTO checkpoint_lease (owner, lease_epoch, lease_until) VALUES ('', 0, 0);

CREATE TRIGGER checkpoint_is_not_removed BEFORE DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_is_not_truncated BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- That it was published is noted once; nothing else ever changes.
CREATE TRIGGER checkpoint_is_not_changed BEFORE UPDATE ON checkpoint FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL OR NEW.published_at IS NULL
        OR (NEW.number, NEW.made_at, NEW.timeline, NEW.root, NEW.previous, NEW.key_id, NEW.public_key, NEW.signature)
            IS DISTINCT FROM
            (OLD.number, OLD.made_at, OLD.timeline, OLD.root, OLD.previous, OLD.key_id, OLD.public_key, OLD.signature))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_range_is_append_only BEFORE UPDATE OR DELETE ON checkpoint_range FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_range_is_not_truncated BEFORE TRUNCATE ON checkpoint_range FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- As before, and checkpoints are added, never changed: the service's role may note only that one was published.
CREATE OR REPLACE FUNCTION grant_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_default, checkpoint, checkpoint_range FROM %I', service);
    EXECUTE format('GRANT UPDATE (published_at) ON checkpoint TO %I', service);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON _sqlx_migrations FROM %I', service);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION make_partitions, drop_partitions TO %I', service);
END $$;
REVOKE ALL ON FUNCTION grant_service FROM PUBLIC;
