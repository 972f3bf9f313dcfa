-- What is said of people beside the published team: switched off, away, elsewhere, other hours. One row for each person and
-- source; what was said before stands in the audit.

CREATE TABLE availability (
    member text NOT NULL,
    source smallint NOT NULL CHECK (source BETWEEN 1 AND 3),
    active boolean NOT NULL,
    said_at bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (member, source)
);
COMMENT ON TABLE availability IS 'Source 1 the person, 2 a manager or an operator, 3 the CRM; the payload holds all of it.';

-- Read with every batch: another version means another team in force.
CREATE TABLE team_said (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO team_said (version) VALUES (0);

-- Whoever leaves hands over what they hold, a few leads at a time, in the order of their ids.
CREATE INDEX lead_holder_id ON lead (holder_id, id) WHERE holder_id IS NOT NULL;
