-- Contests that wait for a verdict stand on the arbiter's page: few among all that happens in handoffs.

CREATE INDEX handoff_fact_contested ON handoff_fact (at) WHERE kind = 'contested';
