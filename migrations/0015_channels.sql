-- Channels: what programs and people are told beside Kafka, and what became of each telling. No row names a person of
-- whom a lead is; times are the database's own.

-- Published events that no delivery has been made of yet: written by the statement that marks them as sent, so that none
-- is ever passed over, whenever its transaction committed.
CREATE TABLE delivery_waiting (
    seq bigint PRIMARY KEY,
    shard smallint NOT NULL,
    event_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    event_type text NOT NULL,
    topic smallint NOT NULL,
    payload bytea NOT NULL,
    occurred_at bigint NOT NULL
);
CREATE INDEX delivery_waiting_shard ON delivery_waiting (shard, seq);

CREATE TABLE delivery_message (
    event_id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    event_type text NOT NULL,
    body bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX delivery_message_age ON delivery_message (created_at);
COMMENT ON TABLE delivery_message IS 'One event, one content: the same bytes for every endpoint and every attempt.';

CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES delivery_message (event_id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('webhook', 'slack', 'email')),
    -- As the settings name it: webhook:NAME, slack:member:ID, email:pool:ID.
    endpoint text NOT NULL,
    shard smallint NOT NULL,
    lead_id uuid NOT NULL,
    -- waiting; done; failed: tried to the end; dropped: not worth telling any more.
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    next_try_at bigint NOT NULL,
    -- A notice is worth nothing after the offer's deadline.
    expires_at bigint,
    last_try_at bigint,
    -- A code such as http_503, timeout, address_private; never what a receiver said.
    last_status text,
    ended_at bigint,
    CONSTRAINT delivery_once_per_endpoint UNIQUE (event_id, endpoint),
    CONSTRAINT delivery_waits_or_has_ended CHECK ((state = 'waiting') = (ended_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX delivery_due ON delivery (endpoint, next_try_at) WHERE ended_at IS NULL;
CREATE INDEX delivery_lead ON delivery (lead_id, id);

CREATE TABLE endpoint_stop (
    endpoint text PRIMARY KEY,
    stopped_at bigint NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE endpoint_stop IS 'Endpoints that answered 410 or failed to the schedule''s end: told nothing until somebody enables them.';

-- One-time links that were used; only a hash of each, so that a copy of the table opens nothing.
CREATE TABLE link_use (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    lead_id uuid NOT NULL,
    member text NOT NULL,
    action text NOT NULL,
    used_at bigint NOT NULL
);
CREATE INDEX link_use_age ON link_use (used_at);

-- The dispatcher shares its work by shards as the relays do; it is the third kind.
INSERT INTO relay_shard (kind, shard, owner, lease_epoch, lease_until)
SELECT 2, number, '', 0, 0 FROM generate_series(0, 15) AS number;
