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

-- The ledger is added to and never changed by the service's role; only this function, the owner's, folds it: abutting rows
-- of one partition, reader and hour become their first, with the sums of all, how many they were and when. An hour, for who
-- counts by the hour counts the same before and after.
ALTER TABLE ledger ADD COLUMN folded_rows integer, ADD COLUMN folded_at bigint,
    ADD CONSTRAINT ledger_fold_is_recorded CHECK ((folded_rows IS NULL) = (folded_at IS NULL) AND folded_rows > 1);

CREATE TABLE ledger_folded (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Every hour before is folded.
    folded_to bigint,
    -- Rows that went into others, ever.
    rows_gone bigint NOT NULL DEFAULT 0
);
INSERT INTO ledger_folded DEFAULT VALUES;
COMMENT ON TABLE ledger_folded IS 'How far `fold_ledger` has come.';

-- Folds whole hours that ended a day before `now`, looking at `rows_max` rows at most, and says how many rows went. An hour
-- with more rows is folded slice by slice; each begins with what the one before left.
CREATE FUNCTION fold_ledger(now bigint, rows_max integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    an_hour CONSTANT bigint := 3600000000;
    before bigint := (now - 24 * an_hour) / an_hour * an_hour;
    low bigint;
    looked bigint := 0;
    seen bigint;
    gone bigint;
    folded bigint := 0;
    -- Ten days at a time: a long history of few rows is folded in a few rounds, none of which keeps clocks waiting.
    hours integer := 0;
BEGIN
    -- One at a time; another instance does the same work.
    SELECT coalesce(folded_to, 0) INTO low FROM ledger_folded FOR UPDATE SKIP LOCKED;
    WHILE low < before AND looked < rows_max AND hours < 240 LOOP
        hours := hours + 1;
        SELECT coalesce(min(at) / an_hour * an_hour, before) INTO low FROM ledger WHERE at >= low AND at < before;
        WITH slice AS MATERIALIZED (
            SELECT * FROM ledger WHERE at >= low AND at < low + an_hour AND low < before ORDER BY id LIMIT rows_max
        ), marked AS (
            SELECT slice.*, kind <> 'batch' OR lag(kind) OVER lane IS DISTINCT FROM 'batch'
                OR lag(to_offset) OVER lane <> from_offset OR lag(epoch) OVER lane <> epoch AS begins
            FROM slice WINDOW lane AS (PARTITION BY topic, partition ORDER BY id)
        ), runs AS (
            SELECT marked.*, count(*) FILTER (WHERE begins) OVER (PARTITION BY topic, partition ORDER BY id) AS run FROM marked
        ), sums AS (
            SELECT topic, partition, run, min(id) AS kept, max(to_offset) AS to_offset, max(at) AS at, sum(read) AS read,
                sum(applied) AS applied, sum(duplicate) AS duplicate, sum(filtered) AS filtered, sum(refused) AS refused,
                sum(parked) AS parked, sum(quarantined) AS quarantined, sum(coalesce(folded_rows, 1)) AS rows
            FROM runs GROUP BY topic, partition, run HAVING count(*) > 1
        ), changed AS (
            UPDATE ledger SET to_offset = sums.to_offset, at = sums.at, read = sums.read, applied = sums.applied,
                duplicate = sums.duplicate, filtered = sums.filtered, refused = sums.refused, parked = sums.parked,
                quarantined = sums.quarantined, folded_rows = sums.rows, folded_at = fold_ledger.now,
                reasons = coalesce(told.reasons, '{}'), reason_counts = coalesce(told.counts, '{}')
            FROM sums CROSS JOIN LATERAL (
                SELECT array_agg(reason ORDER BY reason) AS reasons, array_agg(count ORDER BY reason) AS counts
                FROM (SELECT reason, sum(count)::integer AS count
                    FROM runs CROSS JOIN LATERAL unnest(reasons, reason_counts) AS counted (reason, count)
                    WHERE (runs.topic, runs.partition, runs.run) = (sums.topic, sums.partition, sums.run)
                    GROUP BY reason) AS summed) AS told
            WHERE ledger.id = sums.kept
        ), dropped AS (
            DELETE FROM ledger USING runs JOIN sums USING (topic, partition, run)
            WHERE ledger.id = runs.id AND runs.id <> sums.kept RETURNING 1
        )
        SELECT (SELECT count(*) FROM slice), (SELECT count(*) FROM dropped) INTO seen, gone;
        looked := looked + seen;
        folded := folded + gone;
        -- An hour of which all was seen is done, and so is one of which nothing more can be folded.
        IF low < before AND (seen < rows_max OR gone = 0) THEN
            low := low + an_hour;
        END IF;
        UPDATE ledger_folded SET folded_to = low, rows_gone = rows_gone + gone;
    END LOOP;
    RETURN folded;
END $$;
REVOKE ALL ON FUNCTION fold_ledger FROM PUBLIC;

-- As before, and the ledger is added to, never changed: what is folded is folded by its owner's function.
CREATE OR REPLACE FUNCTION grant_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_default, checkpoint, checkpoint_range FROM %I', service);
    EXECUTE format('GRANT UPDATE (published_at) ON checkpoint TO %I', service);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON ledger, ledger_resolution FROM %I', service);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_folded, _sqlx_migrations FROM %I', service);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION make_partitions, drop_partitions, fold_ledger TO %I', service);
END $$;
REVOKE ALL ON FUNCTION grant_service FROM PUBLIC;
