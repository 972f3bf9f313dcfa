-- What operators do to lanes: stops that outlive restarts, clocks released while a feed is behind. And the relays' shares.

CREATE TABLE lane_stop (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    stopped_at bigint NOT NULL,
    reason text NOT NULL,
    resumed_at bigint,
    resumed_by text,
    CONSTRAINT lane_stop_resumed_by_somebody CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);
CREATE UNIQUE INDEX lane_stop_open ON lane_stop (topic, partition) WHERE resumed_at IS NULL;
COMMENT ON TABLE lane_stop IS 'Lanes that the breaker stopped: nobody reads them until somebody resumes them.';

CREATE TABLE clock_release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    released_at bigint NOT NULL,
    until bigint NOT NULL,
    released_by text NOT NULL,
    reason text NOT NULL,
    ended_at bigint,
    CONSTRAINT clock_release_ends CHECK (until > released_at)
);
CREATE UNIQUE INDEX clock_release_open ON clock_release (topic, partition) WHERE ended_at IS NULL;
COMMENT ON TABLE clock_release IS 'Clocks run on although this partition is behind: until it catches up, or the time is over.';

-- Lines of operators ('position', 'lane', 'clocks') say who did it and why; a batch has neither.
ALTER TABLE ledger ADD COLUMN actor text, ADD COLUMN note text;

-- Each kind of relay (0: events, 1: state) has leases of its own, so that one never gives back what the other still uses.
ALTER TABLE relay_shard ADD COLUMN kind smallint NOT NULL DEFAULT 0;
ALTER TABLE relay_shard DROP CONSTRAINT relay_shard_pkey, ADD PRIMARY KEY (kind, shard);
INSERT INTO relay_shard (kind, shard, owner, lease_epoch, lease_until)
SELECT 1, shard, '', lease_epoch, 0 FROM relay_shard;

CREATE TABLE relay_member (
    kind smallint NOT NULL,
    owner text NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (kind, owner)
);
COMMENT ON TABLE relay_member IS 'Relays that live: each takes its share of the shards, and holds no more.';
