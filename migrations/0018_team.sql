-- What the CRM says of where people of the team stand: manager and teams, over the published text. One row for each person
-- and source; what was said before stands in the audit. Its version is `team_said`'s.

CREATE TABLE placement (
    member text NOT NULL,
    source smallint NOT NULL CHECK (source BETWEEN 1 AND 3),
    said_at bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (member, source)
);
COMMENT ON TABLE placement IS 'Source as in `availability`; the payload holds all of it.';

-- A play of the past goes by what was said of people at that time.
CREATE INDEX audit_words ON audit (decided_at, stream, stream_sequence)
    WHERE event IN ('availability_said', 'placement_said');
