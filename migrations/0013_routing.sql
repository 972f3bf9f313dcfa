-- Who was given which lead, for daily bounds and for fairness; and companies by name, legal form aside.

CREATE TABLE assignment (
    lead_id uuid NOT NULL,
    -- The lead's version that the offer made.
    version bigint NOT NULL,
    at bigint NOT NULL,
    pool text NOT NULL,
    member text NOT NULL,
    rule text NOT NULL,
    -- The pool's rotation chose the member; false where somebody was named.
    by_turn boolean NOT NULL,
    PRIMARY KEY (lead_id, version)
);
CREATE INDEX assignment_member ON assignment (member, at);
CREATE INDEX assignment_at ON assignment (at);
COMMENT ON TABLE assignment IS 'Every offer, as the rotation counts it. The audit explains it.';

ALTER TABLE account ADD COLUMN name_key text;
-- The same as `domain::routing::name_key` for names in Latin script; others are mended when the company is next reported.
UPDATE account SET name_key = nullif(regexp_replace(
    trim(regexp_replace(regexp_replace(lower(name), '[.''’]', '', 'g'), '[^[:alnum:]]+', ' ', 'g')),
    '( (ab|ag|aps|as|asa|bv|bvba|co|company|corp|corporation|gmbh|inc|incorporated|kg|kgaa|kk|limited|llc|llp|lp|ltd'
        || '|ltda|mbh|nv|ohg|oy|oyj|plc|pte|pty|sa|sarl|sas|se|sl|spa|spzoo|srl|ug))+$', ''), '')
WHERE name IS NOT NULL;
CREATE INDEX account_name_key ON account (name_key) WHERE name_key IS NOT NULL;
