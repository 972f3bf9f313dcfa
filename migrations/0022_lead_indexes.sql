-- An index over a column that every change of a lead moves makes each of these changes write all indexes of the table: without
-- it most changes stay within their page.
DROP INDEX lead_recent;
-- lead_waiting holds these leads, too.
DROP INDEX lead_queued;
