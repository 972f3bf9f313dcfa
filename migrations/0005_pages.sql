-- What the pages read that no other part needs an index for.

CREATE INDEX audit_offers ON audit (decided_at DESC) WHERE event = 'lead_offered';
COMMENT ON INDEX audit_offers IS 'The board shows the latest handoffs.';
