-- Leads and what belongs to them. Moments are microseconds since 1970-01-01T00:00:00Z (bigint), days are whole days
-- since then (integer): the same numbers as in code, so that nothing is rounded or shifted on the way.

CREATE FUNCTION moment_text(micros bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT timestamptz 'epoch' + (micros / 1000000) * interval '1 second' + (micros % 1000000) * interval '1 microsecond' $$;
COMMENT ON FUNCTION moment_text IS 'A moment as people read it; for psql only, the service never calls it.';

CREATE TABLE identity_key (
    key bytea PRIMARY KEY,
    lead_id uuid,
    created_at bigint NOT NULL
);
COMMENT ON TABLE identity_key IS 'Kind byte and 128 bits of an HMAC; lead_id is null while the key names nobody.';
CREATE INDEX identity_key_unbound ON identity_key (created_at) WHERE lead_id IS NULL;
CREATE INDEX identity_key_lead ON identity_key (lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE lead (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    custody_version bigint NOT NULL,
    stage smallint NOT NULL,
    holder_kind text,
    holder_id text,
    next_due_at bigint,
    deadline bigint,
    pool text,
    held boolean NOT NULL DEFAULT false,
    priority smallint,
    mql_at bigint,
    cycle integer NOT NULL,
    grade text NOT NULL,
    points integer NOT NULL,
    segment text NOT NULL,
    origin text NOT NULL,
    account_id uuid,
    customer boolean NOT NULL DEFAULT false,
    crm_linked boolean NOT NULL DEFAULT false,
    first_campaign text,
    last_campaign text,
    decided_at bigint NOT NULL,
    first_seen_at bigint NOT NULL,
    handoff_sequence bigint NOT NULL DEFAULT 0,
    feedback_sequence bigint NOT NULL DEFAULT 0,
    head_hash bytea NOT NULL CHECK (length(head_hash) = 32),
    state bytea NOT NULL,
    -- captured, queued, offered, sal, sql, opportunity and recycled are always open; lost, disqualified and suppressed
    -- leads are open while a clock runs.
    CONSTRAINT open_lead_has_holder_and_clock CHECK (
        (stage NOT IN (1, 2, 3, 4, 5, 6, 9) OR (holder_id IS NOT NULL AND next_due_at IS NOT NULL))
        AND (holder_id IS NULL) = (next_due_at IS NULL)
    ),
    CONSTRAINT queued_lead_has_pool CHECK (stage NOT IN (2, 3) OR pool IS NOT NULL)
) WITH (fillfactor = 60);
CREATE INDEX lead_due ON lead (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX lead_queued ON lead (pool, priority, mql_at) WHERE stage = 2 AND NOT held;
CREATE INDEX lead_holder ON lead (holder_id, stage) WHERE holder_id IS NOT NULL;
CREATE INDEX lead_account ON lead (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX lead_recent ON lead (decided_at DESC, id);

CREATE TABLE person (
    lead_id uuid PRIMARY KEY,
    stamp bigint NOT NULL,
    email text,
    first_name text,
    last_name text,
    phone text,
    job_title text,
    country text,
    region text,
    company_name text,
    company_domain text,
    employees integer,
    industry text,
    crm text[] NOT NULL DEFAULT '{}',
    anonymous_id text,
    submission_id text,
    form_id text,
    source text
) WITH (fillfactor = 80);
COMMENT ON TABLE person IS 'Direct identifiers; nothing else but note, parked and quarantine holds any. Deleted on erasure.';

CREATE TABLE note (
    id uuid PRIMARY KEY,
    lead_id uuid,
    at bigint NOT NULL,
    author text NOT NULL,
    theme text NOT NULL,
    body text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    may_quote boolean NOT NULL DEFAULT false
);
CREATE INDEX note_lead ON note (lead_id, at);
CREATE INDEX note_theme ON note (theme, at);

CREATE TABLE touch (
    lead_id uuid NOT NULL,
    signal bytea NOT NULL CHECK (length(signal) = 16),
    at bigint NOT NULL,
    kind text NOT NULL,
    origin text NOT NULL,
    campaign text,
    source text,
    medium text,
    form_id text,
    PRIMARY KEY (lead_id, signal)
);
CREATE INDEX touch_campaign ON touch (campaign, at) WHERE campaign IS NOT NULL;

CREATE TABLE handoff (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    cycle integer NOT NULL,
    mql_at bigint,
    priority smallint NOT NULL,
    accepted_at bigint,
    sql_at bigint,
    rejected text,
    CONSTRAINT one_handoff_per_cycle UNIQUE (lead_id, cycle)
) WITH (fillfactor = 80);
CREATE INDEX handoff_mql_at ON handoff (mql_at);

CREATE TABLE account (
    id uuid PRIMARY KEY,
    name text,
    kind text,
    owner text,
    segment text,
    region text,
    customer_since integer
) WITH (fillfactor = 80);

CREATE TABLE account_key (
    key text PRIMARY KEY,
    account_id uuid NOT NULL
);
CREATE INDEX account_key_account ON account_key (account_id);

CREATE TABLE crm_user (
    system text NOT NULL,
    id text NOT NULL,
    active boolean NOT NULL,
    name text,
    time_zone text,
    at bigint NOT NULL,
    PRIMARY KEY (system, id)
);

CREATE TABLE campaign (
    id text PRIMARY KEY,
    name text NOT NULL,
    channel text NOT NULL,
    source text NOT NULL,
    origin text NOT NULL,
    starts_on integer,
    ends_on integer,
    at bigint NOT NULL
);

CREATE TABLE spend (
    id text PRIMARY KEY,
    revision bigint NOT NULL,
    period_start integer NOT NULL,
    period_end integer NOT NULL,
    ten_thousandths bigint NOT NULL,
    currency text NOT NULL,
    department text NOT NULL,
    kind text NOT NULL,
    campaign text,
    source text,
    channel text
);
CREATE INDEX spend_period ON spend (period_start);

CREATE TABLE opportunity (
    id uuid PRIMARY KEY,
    system text NOT NULL,
    external_id text NOT NULL,
    revision bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'won', 'lost', 'void')),
    kind text NOT NULL,
    account_id uuid,
    stage text,
    probability smallint,
    ten_thousandths bigint,
    first_ten_thousandths bigint,
    recurring_ten_thousandths bigint,
    currency text,
    term_months integer,
    opened_at bigint NOT NULL,
    close_date integer,
    closed_on integer,
    owner text,
    lead_source text,
    reason text,
    competitor text
) WITH (fillfactor = 80);
CREATE INDEX opportunity_opened ON opportunity (opened_at);
CREATE INDEX opportunity_account ON opportunity (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE opportunity_contact (
    opportunity_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    role text,
    is_primary boolean NOT NULL,
    PRIMARY KEY (opportunity_id, lead_id)
);
CREATE INDEX opportunity_contact_lead ON opportunity_contact (lead_id);

CREATE TABLE anonymous_signal (
    key bytea NOT NULL,
    signal_id bytea NOT NULL CHECK (length(signal_id) = 16),
    at bigint NOT NULL,
    signal bytea NOT NULL,
    campaign text,
    source text,
    medium text,
    PRIMARY KEY (key, signal_id)
);
COMMENT ON TABLE anonymous_signal IS 'Signals of somebody who has not said who they are, for 90 days.';
CREATE INDEX anonymous_signal_at ON anonymous_signal (at);

CREATE TABLE disagreement (
    lead_id uuid NOT NULL,
    version bigint NOT NULL,
    at bigint NOT NULL,
    code text NOT NULL,
    ours text NOT NULL,
    theirs text NOT NULL,
    settled_at bigint,
    PRIMARY KEY (lead_id, version)
);
CREATE INDEX disagreement_open ON disagreement (at) WHERE settled_at IS NULL;
