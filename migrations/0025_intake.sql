-- A chat or call of somebody who has not said who they are waits for a name, and is listed beside what else waits. The kind
-- stands in the signal's bytes, which no query reads; rows from before this migration are counted and not listed.
ALTER TABLE anonymous_signal ADD COLUMN called text CHECK (called IN ('chat', 'call.inbound'));
COMMENT ON COLUMN anonymous_signal.called IS 'The kind of a chat or call, who asks to be answered; null of anything else.';
CREATE INDEX anonymous_signal_called ON anonymous_signal (at) WHERE called IS NOT NULL;

-- A source that is known to be away, such as the form of a campaign that has ended: its silence is no news until then.
CREATE TABLE source_pause (
    -- As in hourly_count.
    family text NOT NULL,
    name text NOT NULL,
    until bigint NOT NULL,
    said_by text NOT NULL,
    said_at bigint NOT NULL,
    PRIMARY KEY (family, name)
);
COMMENT ON TABLE source_pause IS 'The last word on each source; every one of them stands in the audit (silence_paused).';
