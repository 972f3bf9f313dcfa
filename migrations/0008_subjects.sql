-- The audit of subjects that are no leads, changes that touch many leads, and leads that are merged or parked.

CREATE TABLE audit_head (
    subject_kind smallint NOT NULL,
    subject_id uuid NOT NULL,
    version bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (subject_kind, subject_id)
) WITH (fillfactor = 60);
COMMENT ON TABLE audit_head IS 'The last audit row of every subject that is no lead; a lead carries its own.';

CREATE TABLE fan_out (
    -- Names the change, so that the same change told twice is one task.
    key text PRIMARY KEY,
    kind smallint NOT NULL,
    -- The account or lead that it is about; nil for a text.
    subject_id uuid NOT NULL,
    payload bytea NOT NULL,
    created_at bigint NOT NULL,
    -- The last lead that was done; null before the first.
    cursor uuid,
    done_at bigint
);
CREATE INDEX fan_out_open ON fan_out (created_at, key) WHERE done_at IS NULL;
CREATE INDEX fan_out_done ON fan_out (done_at) WHERE done_at IS NOT NULL;
COMMENT ON TABLE fan_out IS 'Changes that touch many leads, worked off in small transactions by the sweeper.';

ALTER TABLE lead ADD COLUMN merged_into uuid;
CREATE INDEX lead_merged_into ON lead (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE lead ADD COLUMN parked boolean NOT NULL DEFAULT false;
CREATE INDEX lead_parked ON lead (id) WHERE parked;
DROP INDEX lead_queued;
CREATE INDEX lead_queued ON lead (pool, priority, mql_at) WHERE stage = 2 AND NOT held AND NOT parked;

-- Records of a parked lead wait for it in the order in which they came.
ALTER TABLE parked ADD COLUMN lead_order bigint GENERATED ALWAYS AS IDENTITY;

-- A passage that ended because its lead was merged into one whose passage went on: in no figure.
ALTER TABLE handoff ADD COLUMN superseded boolean NOT NULL DEFAULT false;
