-- Rows that hold their lead's later ones are nearly none, and each read of the relay asks for them: without an index of their
-- own it walks all that is unsent, which after an outage is everything.
CREATE INDEX outbox_held ON outbox (lead_id, seq) WHERE sent_at IS NULL AND held_reason IS NOT NULL;
