//! What happens by the calendar: the opening inventory, each day's visitors, spend, holidays. It never reacts to the service.

use serde_json::json;

use super::hours::{DAY, HOUR, MINUTE, Millis, Rhythm, SECOND, date, day_of_month, midnight, weekday};
use super::journey;
use super::prng::Rng;
use super::record::{CAMPAIGNS_TOPIC, Draft, SPEND_TOPIC};
use super::roster::{self, COLLEAGUES, Role};
use super::words::{CAMPAIGNS, COMPETITOR_DOMAINS, OWN_DOMAIN};
use super::{Act, Company, MOST_LEADS_PER_DAY};

/// Companies that the CRM knows from the start, and how many of them are customers.
const KNOWN_ACCOUNTS: usize = 24;
pub(super) const KNOWN_CUSTOMERS: usize = 6;

/// Salaries and tools a month, whole units of US dollars.
const MONTHLY_COSTS: [(&str, &str, i64); 4] = [
    ("marketing", "salary", 21_000),
    ("sales", "salary", 48_000),
    ("sales", "commission", 9_000),
    ("marketing", "tool", 3_200),
];

impl Company {
    /// Everything that the CRM and marketing's systems hold before the first visitor comes.
    pub(super) fn take_inventory(&mut self) {
        for place in 0..CAMPAIGNS.len() {
            self.publish_campaign(place);
        }
        for colleague in 0..COLLEAGUES.len() {
            self.publish_user(colleague, "start");
        }
        for number in 0..KNOWN_ACCOUNTS {
            let place = self.found_firm();
            self.firms[place].customer = number < KNOWN_CUSTOMERS;
            self.publish_known_account(place);
        }
        let own =
            json!({"account_id": "001own", "name": "Harbourline", "domains": [OWN_DOMAIN], "kind": "own"});
        self.emit(&Draft::crm("crm.account.updated.v1", "001own", String::from("account/own"), own));
        for (number, domain) in COMPETITOR_DOMAINS.iter().enumerate() {
            let id = format!("001rival{number}");
            let data = json!({"account_id": id, "name": super::words::COMPETITORS[number], "domains": [domain], "kind": "competitor"});
            self.emit(&Draft::crm("crm.account.updated.v1", &id, format!("account/rival/{number}"), data));
        }
        self.schedule(self.now, Act::Day);
    }

    fn publish_campaign(&mut self, place: usize) {
        let campaign = &CAMPAIGNS[place];
        let owner = if campaign.origin == "sales" { "paul-dupont" } else { "noah-fischer" };
        let data = json!({
            "campaign_id": campaign.id,
            "name": campaign.name,
            "channel": campaign.channel,
            "source": campaign.source,
            "origin": campaign.origin,
            "owner": roster::crm_key("user", &format!("u-{owner}")),
            "starts_on": date(self.now - 20 * DAY),
        });
        self.emit(&Draft {
            topic: CAMPAIGNS_TOPIC,
            kind: "campaign.updated.v1",
            source: "/marketing/campaigns",
            key: campaign.id.to_owned(),
            label: format!("campaign/{}", campaign.id),
            data,
            oddities: Vec::new(),
        });
    }

    fn publish_user(&mut self, colleague: usize, occasion: &str) {
        let id = COLLEAGUES[colleague].id;
        let data = roster::user_data(colleague, self.away[colleague]);
        self.emit(&Draft::crm("crm.user.updated.v1", id, format!("user/{id}/{occasion}"), data));
    }

    fn publish_known_account(&mut self, place: usize) {
        self.firms[place].account_published = true;
        let firm = &self.firms[place];
        let mut rng = Rng::named(self.settings.seed, &format!("account/{place}"));
        let pool = roster::pool_for(Some(firm.employees));
        let mut data = json!({
            "account_id": firm.account_id(),
            "name": firm.name,
            "domains": [firm.domain],
            "owner": roster::user_key(*rng.pick(&roster::members(pool))),
            "kind": if firm.customer { "customer" } else { "prospect" },
            "segment": pool,
            "region": firm.country,
        });
        if firm.customer {
            data["customer_since"] = json!(date(self.now - rng.between(60, 900) * DAY));
        }
        let (key, label) = (firm.account_id(), format!("account/{}/start", firm.domain));
        self.emit(&Draft::crm("crm.account.updated.v1", &key, label, data));
    }

    /// A day begins: who will come, what was spent, who goes on holiday.
    pub(super) fn day(&mut self) {
        let (seed, today) = (self.settings.seed, midnight(self.now));
        self.schedule(today + DAY, Act::Day);
        let mut rng = Rng::named(seed, &format!("day/{}", today / DAY));
        self.expect_visitors(today, &mut rng);
        if weekday(today) == 0 {
            self.schedule((today + 6 * HOUR).max(self.now), Act::Spend);
            self.announce_holidays(today);
        }
        if day_of_month(today) == 1 {
            self.monthly_costs(today);
        }
    }

    /// Puts a day's visitors on the agenda; those who would have come before now do not come.
    fn expect_visitors(&mut self, today: Millis, rng: &mut Rng) {
        let rhythm = self.settings.rhythm;
        let usual = i64::from(self.settings.leads_per_day.min(MOST_LEADS_PER_DAY))
            * rhythm.visitors_percent(weekday(today));
        // In hundredths of a person, give or take a fifth; what is left over comes as one more person now and then.
        let hundredths = usual * rng.between(80, 120) / 100;
        let visitors = hundredths / 100 + i64::from(rng.between(0, 99) < hundredths % 100);
        for _ in 0..visitors {
            let at = today + rhythm.visiting_hour(rng);
            // On the first, broken day only those come who are still to come.
            if at >= self.now {
                self.schedule(at, Act::Arrive);
            }
        }
    }

    /// From now on so many people come on an average day, in this rhythm; they come beside those whom today expects anyway.
    pub fn change_pace(&mut self, leads_per_day: u32, rhythm: Rhythm) {
        self.settings.leads_per_day = leads_per_day;
        self.settings.rhythm = rhythm;
        let mut rng = Rng::named(self.settings.seed, &format!("pace/{}", self.now));
        self.expect_visitors(midnight(self.now), &mut rng);
    }

    pub(super) fn arrive(&mut self) {
        let who = self.invent_person();
        let gateway = self.people[who].firm.is_some_and(|place| self.firms[place].gateway);
        let now = self.now;
        for (at, step) in journey::plan(&mut self.people[who], gateway, now) {
            self.schedule(at, Act::Step(who, step));
        }
    }

    /// What each campaign cost in the week before; one figure in eight is corrected two days later.
    pub(super) fn weekly_spend(&mut self) {
        let today = midnight(self.now);
        for campaign in CAMPAIGNS.iter().filter(|campaign| campaign.weekly_spend > 0) {
            let id = format!("spend-{}-{}", campaign.id, date(today - 7 * DAY));
            let mut rng = Rng::named(self.settings.seed, &id);
            let department = if campaign.origin == "sales" { "sales" } else { "marketing" };
            let amount = campaign.weekly_spend * rng.between(80, 125);
            let spend = Spend {
                period: (today - 7 * DAY, today - DAY),
                cents: amount,
                currency: campaign.currency,
                department,
                kind: campaign.spend_kind,
                campaign: Some((campaign.id, campaign.source, campaign.channel)),
            };
            self.record_spend(&id, 1, &spend);
            if rng.chance(125) {
                let corrected = Spend { cents: amount * 104 / 100, ..spend };
                self.schedule(
                    self.settings.rhythm.working(self.now + 2 * DAY),
                    Act::CorrectSpend(Box::new((id, corrected))),
                );
            }
        }
    }

    fn monthly_costs(&mut self, today: Millis) {
        let last_day = today - DAY;
        let first_day = last_day - (i64::from(day_of_month(last_day)) - 1) * DAY;
        for (department, kind, amount) in MONTHLY_COSTS {
            let id = format!("spend-{department}-{kind}-{}", date(first_day));
            let spend = Spend {
                period: (first_day, last_day),
                cents: amount * 100,
                currency: "USD",
                department,
                kind,
                campaign: None,
            };
            self.record_spend(&id, 1, &spend);
        }
    }

    pub(super) fn record_spend(&mut self, id: &str, revision: u32, spend: &Spend) {
        let mut data = json!({
            "spend_id": id,
            "revision": revision,
            "period_start": date(spend.period.0),
            "period_end": date(spend.period.1),
            "amount": format!("{}.{:02}", spend.cents / 100, spend.cents % 100),
            "currency": spend.currency,
            "department": spend.department,
            "kind": spend.kind,
        });
        if let Some((campaign, source, channel)) = spend.campaign {
            data["campaign_id"] = json!(campaign);
            data["source"] = json!(source);
            data["channel"] = json!(channel);
        }
        self.emit(&Draft {
            topic: SPEND_TOPIC,
            kind: "spend.recorded.v1",
            source: "/finance",
            key: id.to_owned(),
            label: format!("{id}/{revision}"),
            data,
            oddities: Vec::new(),
        });
    }

    /// On Mondays some say that they will be away from the next one on.
    fn announce_holidays(&mut self, today: Millis) {
        for (colleague, who) in COLLEAGUES.iter().enumerate() {
            let mut rng = Rng::named(self.settings.seed, &format!("holiday/{}/{}", who.id, today / DAY));
            let (often, length) = roster::holiday(who.pace);
            let still_away = self.away[colleague].is_some_and(|(_, until)| until > today);
            if who.role == Role::Rep && !still_away && rng.chance(often) {
                let from = today + 7 * DAY;
                self.away[colleague] = Some((from, from + length));
                let at = self.settings.rhythm.working(self.now) + rng.between(5, 200) * MINUTE + SECOND;
                self.schedule(at, Act::Announce(colleague));
            }
        }
    }

    pub(super) fn announce(&mut self, colleague: usize) {
        let occasion = (self.now / DAY).to_string();
        self.publish_user(colleague, &occasion);
    }
}

/// A figure of what was spent; `period` as first and last day.
#[derive(Debug, Clone)]
pub(super) struct Spend {
    period: (Millis, Millis),
    cents: i64,
    currency: &'static str,
    department: &'static str,
    kind: &'static str,
    campaign: Option<(&'static str, &'static str, &'static str)>,
}
