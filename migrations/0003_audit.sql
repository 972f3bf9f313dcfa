-- The audit: append-only for everybody, the owner included; partitioned by month of decided_at.

CREATE TABLE audit (
    stream text NOT NULL,
    stream_sequence bigint NOT NULL,
    subject_kind smallint NOT NULL,
    subject_id uuid NOT NULL,
    version bigint NOT NULL,
    event text NOT NULL,
    payload bytea NOT NULL,
    occurred_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    actor text NOT NULL,
    cause bytea NOT NULL,
    record_topic text,
    record_partition integer,
    record_offset bigint,
    input bytea NOT NULL,
    policy bytea NOT NULL,
    team bytea NOT NULL,
    reference bytea NOT NULL,
    timeline integer NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
) PARTITION BY RANGE (decided_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE audit_default PARTITION OF audit DEFAULT;
CREATE UNIQUE INDEX audit_default_subject ON audit_default (subject_kind, subject_id, version);
CREATE UNIQUE INDEX audit_default_stream ON audit_default (stream, stream_sequence);
CREATE TRIGGER audit_default_is_not_truncated BEFORE TRUNCATE ON audit_default FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE audit_stream (
    name text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE audit_stream IS 'Counters of the streams that are no records: web, sweep, route by hash.';

CREATE TABLE cause_text (
    cause bytea PRIMARY KEY CHECK (length(cause) = 32),
    lead_id uuid NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    event_type text NOT NULL
);
CREATE INDEX cause_text_lead ON cause_text (lead_id);

-- One row: which history of the database this is. Raised by a recovery, so that ids of a lost future do not return.
CREATE TABLE timeline (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number integer NOT NULL,
    system_identifier text NOT NULL,
    postgres_timeline integer NOT NULL
);
INSERT INTO timeline (number, system_identifier, postgres_timeline)
SELECT 1, s.system_identifier::text, c.timeline_id FROM pg_control_system() AS s, pg_control_checkpoint() AS c;

CREATE TABLE service_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    live_from bigint
);
INSERT INTO service_state DEFAULT VALUES;

CREATE TABLE service_key (
    key_id integer PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) >= 32)
);

-- A seam for tests and the demo, which need the past: when a row stands here it is the time.
CREATE TABLE clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    now bigint NOT NULL
);

CREATE TABLE published_text (
    kind text NOT NULL CHECK (kind IN ('policy', 'team', 'reference')),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    body text NOT NULL,
    publisher text NOT NULL,
    published_at bigint NOT NULL,
    PRIMARY KEY (kind, hash)
);

CREATE TABLE active_text (
    kind text PRIMARY KEY,
    hash bytea NOT NULL,
    since bigint NOT NULL,
    FOREIGN KEY (kind, hash) REFERENCES published_text (kind, hash)
);

CREATE TABLE token (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bearer', 'link', 'session')),
    member text,
    scopes text[] NOT NULL DEFAULT '{}',
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint
);
CREATE INDEX token_name ON token (name);
