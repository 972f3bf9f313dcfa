-- What moves records through: positions, duplicate keys, what waits, what goes out, and the ledger that adds it up.

CREATE TABLE input_position (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    last_hash bytea CHECK (length(last_hash) = 32),
    audit_sequence bigint NOT NULL DEFAULT 0,
    caught_up_to bigint,
    updated_at bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE input_position IS 'Where each partition stands; Kafka''s own commit is only a gauge.';

CREATE TABLE duplicate_key (
    minute integer NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 16),
    content bytea NOT NULL CHECK (length(content) = 16),
    PRIMARY KEY (minute, digest)
) PARTITION BY RANGE (minute);
CREATE TABLE duplicate_key_default PARTITION OF duplicate_key DEFAULT;

CREATE TABLE duplicate_key_undated (
    digest bytea PRIMARY KEY CHECK (length(digest) = 16),
    content bytea NOT NULL CHECK (length(content) = 16),
    at bigint NOT NULL
);
CREATE INDEX duplicate_key_undated_at ON duplicate_key_undated (at);

-- Records as received: parked ones wait for somebody, quarantined ones for an operator.
CREATE TABLE parked (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    record_at bigint NOT NULL,
    occurred_at bigint NOT NULL,
    parked_at bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    truncated boolean NOT NULL DEFAULT false
);
CREATE INDEX parked_age ON parked (parked_at);

CREATE TABLE parked_key (
    key bytea NOT NULL,
    parked_id uuid NOT NULL REFERENCES parked (id) ON DELETE CASCADE,
    PRIMARY KEY (key, parked_id)
);
CREATE INDEX parked_key_parked ON parked_key (parked_id);

CREATE TABLE quarantine (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    record_at bigint NOT NULL,
    quarantined_at bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    truncated boolean NOT NULL DEFAULT false
);
CREATE INDEX quarantine_age ON quarantine (quarantined_at);

CREATE SEQUENCE outbox_seq;
CREATE TABLE outbox (
    seq bigint NOT NULL DEFAULT nextval('outbox_seq'),
    id uuid NOT NULL,
    shard smallint NOT NULL,
    lead_id uuid NOT NULL,
    lead_version bigint NOT NULL,
    topic smallint NOT NULL,
    event_type text NOT NULL,
    topic_sequence bigint NOT NULL,
    payload bytea,
    occurred_at bigint NOT NULL,
    traceparent text,
    cause bytea NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint,
    held_reason text
) PARTITION BY RANGE (created_at);
CREATE INDEX outbox_unsent ON outbox (shard, seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_lead ON outbox (lead_id, topic, topic_sequence);
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

CREATE TABLE relay_shard (
    shard smallint PRIMARY KEY,
    owner text NOT NULL,
    lease_epoch bigint NOT NULL,
    lease_until bigint NOT NULL
);
INSERT INTO relay_shard SELECT number, '', 0, 0 FROM generate_series(0, 15) AS number;

CREATE TABLE pool_lease (
    pool text PRIMARY KEY,
    owner text NOT NULL,
    lease_epoch bigint NOT NULL,
    lease_until bigint NOT NULL
);

CREATE TABLE rotation (
    pool text NOT NULL,
    member text NOT NULL,
    credit bigint NOT NULL,
    PRIMARY KEY (pool, member)
) WITH (fillfactor = 50);

CREATE TABLE rotation_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool text NOT NULL,
    member text NOT NULL,
    lead_id uuid NOT NULL
);
CREATE INDEX rotation_entry_pool ON rotation_entry (pool, id);

CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint NOT NULL,
    read integer NOT NULL,
    applied integer NOT NULL,
    duplicate integer NOT NULL,
    filtered integer NOT NULL,
    refused integer NOT NULL,
    parked integer NOT NULL,
    quarantined integer NOT NULL,
    reasons text[] NOT NULL DEFAULT '{}',
    reason_counts integer[] NOT NULL DEFAULT '{}',
    -- 'batch', or 'position' where an operator moved it.
    kind text NOT NULL DEFAULT 'batch',
    at bigint NOT NULL,
    CONSTRAINT ledger_adds_up CHECK (read = applied + duplicate + filtered + refused + parked + quarantined),
    CONSTRAINT ledger_ranges_abut UNIQUE (topic, partition, from_offset, to_offset, epoch, id)
);

-- What became of a record that was parked or quarantined: exactly one line each, ever.
CREATE TABLE ledger_resolution (
    kept_id uuid PRIMARY KEY,
    -- How the record was counted at intake.
    intake text NOT NULL CHECK (intake IN ('parked', 'quarantined')),
    outcome text NOT NULL,
    at bigint NOT NULL
);

CREATE TABLE idempotency (
    key text NOT NULL,
    actor text NOT NULL,
    body_hash bytea NOT NULL CHECK (length(body_hash) = 32),
    status smallint NOT NULL,
    reply bytea NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (key, actor)
);
CREATE INDEX idempotency_at ON idempotency (at);
