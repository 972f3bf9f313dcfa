-- Clocks collapse on one moment (an opening, a batch's time), and so do the times of a batch's leads. Where an index leaves the
-- order of equal ones open, Postgres reads and sorts all of them for the first few: after an outage that is everything.
DROP INDEX lead_due;
CREATE INDEX lead_due ON lead (next_due_at, id) WHERE next_due_at IS NOT NULL;
DROP INDEX lead_waiting;
CREATE INDEX lead_waiting ON lead (pool, priority, mql_at, id) WHERE stage IN (2, 5) AND pool IS NOT NULL AND NOT held;
