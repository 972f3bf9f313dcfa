-- Feeds that broke off against their habit hold clocks; ledger rows older than a day are folded, and nobody else changes them.

CREATE TABLE feed_silence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    -- Clocks that came due later wait.
    last_record_at bigint NOT NULL,
    noticed_at bigint NOT NULL,
    -- Sum of the positions of its partitions: another one means that something was read.
    offsets numeric NOT NULL,
    ended_at bigint,
    -- 'record', or who released the clocks.
    ended_by text,
    CONSTRAINT feed_silence_ended_by_somebody CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    -- One silence is noticed once: what an operator ended does not begin again before another record came.
    UNIQUE (topic, last_record_at)
);
CREATE UNIQUE INDEX feed_silence_open ON feed_silence (topic) WHERE ended_at IS NULL;
COMMENT ON TABLE feed_silence IS 'Feeds that are silent against the rhythm of their weeks: until a record comes, or somebody releases the clocks.';
