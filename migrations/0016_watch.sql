-- How much comes from where, hour by hour, so that silence is told from a quiet night; and what the pages of the floor read.

CREATE TABLE hourly_count (
    -- 'feed' (a topic), 'source', 'form', 'type' (of a touch).
    family text NOT NULL CHECK (family IN ('feed', 'source', 'form', 'type')),
    name text NOT NULL,
    -- Hours since 1970-01-01.
    hour integer NOT NULL,
    count bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (family, name, hour)
) WITH (fillfactor = 80);
COMMENT ON TABLE hourly_count IS 'Counted again from ledger and touches by the upkeep; names that are no codes count as "other".';
CREATE INDEX hourly_count_hour ON hourly_count (hour);

CREATE TABLE hourly_roll (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    rolled_to bigint
);
INSERT INTO hourly_roll DEFAULT VALUES;

-- Both tables grow in the order of time: a summary of each range of pages costs their writers next to nothing.
CREATE INDEX touch_at ON touch USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX ledger_at ON ledger USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- The floor shows what went wrong lately, marketing what came back and why.
CREATE INDEX audit_breaches ON audit (decided_at DESC) WHERE event IN ('clock_breached', 'clock_escalated');
CREATE INDEX audit_rejections ON audit (decided_at DESC) WHERE event IN ('lead_rejected', 'lead_lost');
