-- The handshake: duties and what happened in each handoff, for figures with the leads behind them; marketing's answers.

ALTER TABLE handoff
    ADD COLUMN stage smallint,
    ADD COLUMN motion text,
    ADD COLUMN contact_from bigint,
    ADD COLUMN contact_by bigint,
    ADD COLUMN first_attempt_at bigint,
    ADD COLUMN disposition_by bigint,
    ADD COLUMN disposed_at bigint,
    ADD COLUMN pool text,
    ADD COLUMN rep text,
    ADD COLUMN campaign text,
    ADD COLUMN complete boolean,
    ADD COLUMN pulled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN handoff.campaign IS 'The campaign when the handoff began.';
COMMENT ON COLUMN handoff.complete IS 'All required fields were there at MQL.';
COMMENT ON COLUMN handoff.pulled IS 'A deal that the CRM opened took the lead along: neither accepted nor rejected.';
CREATE INDEX handoff_contact_by ON handoff (contact_by);
CREATE INDEX handoff_disposition_by ON handoff (disposition_by) WHERE disposition_by IS NOT NULL;
CREATE INDEX handoff_accepted_at ON handoff (accepted_at) WHERE accepted_at IS NOT NULL;

CREATE TABLE handoff_fact (
    handoff_id uuid NOT NULL,
    version bigint NOT NULL,
    lead_id uuid NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    code text,
    counts boolean NOT NULL,
    flagged boolean NOT NULL,
    after_sql boolean NOT NULL,
    of_version bigint,
    pool text,
    member text,
    PRIMARY KEY (lead_id, version)
);
COMMENT ON TABLE handoff_fact IS 'What happened in a handoff, once for good: rejections, verdicts, breaches and what nets them. No direct identifiers.';
CREATE INDEX handoff_fact_at ON handoff_fact (at);
CREATE INDEX handoff_fact_handoff ON handoff_fact (handoff_id, version);

CREATE TABLE pattern_answer (
    code text NOT NULL,
    campaign text NOT NULL,
    begun_at bigint NOT NULL,
    at bigint NOT NULL,
    member text NOT NULL,
    note_id uuid,
    PRIMARY KEY (code, campaign, begun_at)
);
COMMENT ON TABLE pattern_answer IS 'Marketing''s answer to a pattern of rejections; its words stand in note.';

-- Qualified leads that wait for a closer stand in a pool''s queue too.
CREATE INDEX lead_waiting ON lead (pool, priority, mql_at) WHERE stage IN (2, 5) AND pool IS NOT NULL AND NOT held;
