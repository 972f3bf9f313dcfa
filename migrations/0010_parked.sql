-- A record may be parked first and quarantined later: one line for each, and never a second.
ALTER TABLE ledger_resolution DROP CONSTRAINT ledger_resolution_pkey, ADD PRIMARY KEY (kept_id, intake);

-- What queues behind parked leads is named by `parked_key` and read in this order, whoever it is for.
CREATE INDEX parked_order ON parked (lead_order);
