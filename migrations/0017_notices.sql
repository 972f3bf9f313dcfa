-- Notices: what a telling to a person is about, and tellings that are about no single lead.

-- offer, reminder, breach, escalation, taken_back, given, reply, summary, digest; webhooks have none.
ALTER TABLE delivery ADD COLUMN notice text;
-- A summary of an hour and a weekly digest are about many leads.
ALTER TABLE delivery ALTER COLUMN lead_id DROP NOT NULL;
ALTER TABLE delivery_message ALTER COLUMN lead_id DROP NOT NULL;
-- How many of a kind a receiver got in an hour.
CREATE INDEX delivery_notice ON delivery (endpoint, notice, created_at) WHERE notice IS NOT NULL;
