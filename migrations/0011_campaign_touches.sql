-- Whom a campaign touched, in the order of their ids: a campaign that changes sides is worked off a few leads at a time.

CREATE INDEX touch_campaign_lead ON touch (campaign, lead_id) WHERE campaign IS NOT NULL;
DROP INDEX touch_campaign;
