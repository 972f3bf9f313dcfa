-- Erasure: what is remembered of people who are gone or not yet there, as keyed HMACs only, and what finds their records.

CREATE TABLE erased_key (
    key bytea PRIMARY KEY,
    lead_id uuid,
    at bigint NOT NULL
);
COMMENT ON TABLE erased_key IS 'Keys of erased people, and when they asked; lead_id is null for somebody we never knew.';

CREATE TABLE consent_list (
    key bytea NOT NULL,
    what text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (key, what)
);
COMMENT ON TABLE consent_list IS 'What people said of being contacted before they were known; honoured when they appear.';

-- Whom a parked or quarantined record names, read from its raw bytes: erasure finds it by these.
CREATE TABLE kept_key (
    key bytea NOT NULL,
    kept_id uuid NOT NULL,
    PRIMARY KEY (key, kept_id)
);
CREATE INDEX kept_key_kept ON kept_key (kept_id);

-- A key that names a person anew: what happened before this moment belongs to somebody who was erased.
ALTER TABLE identity_key ADD COLUMN not_before bigint;

-- Ciphertext, and only until the record is sent.
ALTER TABLE outbox ADD COLUMN sealed bytea;
