//! Who shows up: companies and the people in them, with a hidden worth that drives what they do and what becomes of them.
//! It never writes the worth into a record.

use serde_json::{Value, json};

use super::Company;
use super::hours::Millis;
use super::prng::Rng;
use super::words;
use super::world::KNOWN_CUSTOMERS;

/// What somebody is, behind what the form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Buyer,
    FreeMail,
    Student,
    JobSeeker,
    Competitor,
    Staff,
    Bot,
    /// Works for a company that is a customer already.
    OfCustomer,
}

/// A company; `worth` 0 to 100 is how well it fits what is sold.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four traits of a company that do not exclude each other")]
pub(super) struct Firm {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) employees: i64,
    pub(super) industry: &'static str,
    pub(super) country: &'static str,
    pub(super) customer: bool,
    /// A mail gateway opens and clicks every link before the mail is delivered.
    pub(super) gateway: bool,
    pub(super) worth: i64,
    pub(super) people: Vec<usize>,
    pub(super) account_published: bool,
    pub(super) open_deal: bool,
}

/// Somebody who shows up.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: String,
    pub(super) title: &'static str,
    pub(super) phone: String,
    pub(super) firm: Option<usize>,
    pub(super) country: &'static str,
    pub(super) campaign: usize,
    /// 0 to 100: how much they want it.
    pub(super) intent: i64,
    /// 0 to 100: how likely a deal is, from the company, the standing and the intent.
    pub(super) worth: i64,
    pub(super) first_seen: Millis,
    /// Wrote the address wrong and never corrected it.
    pub(super) unreachable_mail: bool,
    pub(super) opted_out: bool,
    /// Records so far, so that each gets a label of its own.
    pub(super) records: u32,
    pub(super) rng: Rng,
}

impl Firm {
    fn new(seed: u64, number: usize) -> Self {
        let mut rng = Rng::named(seed, &format!("firm/{number}"));
        let pairs = words::NAME_HEADS.len() * words::NAME_TAILS.len();
        // 331 is prime to the number of pairs: every pair comes once before a number is needed.
        let place = (number * 331 + Rng::named(seed, "names").index(pairs)) % pairs;
        let head = words::NAME_HEADS[place % words::NAME_HEADS.len()];
        let tail = words::NAME_TAILS[place / words::NAME_HEADS.len()];
        let round = number / pairs;
        let (suffix, dash) = if round == 0 {
            (String::new(), String::new())
        } else {
            (format!(" {}", round + 1), format!("-{}", round + 1))
        };
        let (low, high) = rng.weighted(&words::SIZES);
        let employees = rng.between(low, high);
        let industry = rng.weighted(&words::INDUSTRIES);
        let country = rng.weighted(&words::COUNTRIES);
        Self {
            name: format!("{head} {tail}{suffix}"),
            domain: format!("{}{}{dash}.example", head.to_lowercase(), tail.to_lowercase()),
            employees,
            industry,
            country,
            customer: false,
            gateway: employees > 200 && rng.chance(450),
            worth: firm_worth(employees, industry),
            people: Vec::new(),
            account_published: false,
            open_deal: false,
        }
    }

    /// `company{}` of a form.
    pub(super) fn data(&self) -> Value {
        json!({"name": self.name, "domain": self.domain, "employees": self.employees, "industry": self.industry})
    }

    /// The id of its account in the CRM.
    pub(super) fn account_id(&self) -> String {
        format!("001{}", super::desk::short_hash(&self.domain))
    }
}

fn firm_worth(employees: i64, industry: &str) -> i64 {
    let size = match employees {
        ..10 => 5,
        10..50 => 25,
        200..2_001 => 60,
        _ => 45,
    };
    size + match industry {
        "software" | "financial services" | "manufacturing" => 40,
        "retail" | "logistics" | "health care" | "media" => 22,
        _ => 5,
    }
}

impl Company {
    /// A new company, known from now on.
    pub(super) fn found_firm(&mut self) -> usize {
        let firm = Firm::new(self.settings.seed, self.firms.len());
        self.firms.push(firm);
        self.firms.len() - 1
    }

    /// Somebody new shows up now.
    pub(super) fn invent_person(&mut self) -> usize {
        let number = self.people.len();
        let mut rng = Rng::named(self.settings.seed, &format!("person/{number}"));
        let kind = self.draw_kind(&mut rng);
        let firm = self.draw_firm(kind, &mut rng);
        let (first_name, last_name) = (*rng.pick(&words::FIRST_NAMES), *rng.pick(&words::LAST_NAMES));
        let (title, standing) = match kind {
            Kind::Student => ("Student", 0),
            Kind::JobSeeker => ("Sales Representative", 0),
            Kind::Buyer | Kind::FreeMail | Kind::Competitor | Kind::Staff | Kind::Bot | Kind::OfCustomer => {
                rng.weighted(&words::TITLES)
            }
        };
        let campaign = rng.weighted(&campaign_weights());
        let intent =
            (rng.between(0, 70) + rng.between(0, 50) - 10 + words::CAMPAIGNS[campaign].lift).clamp(0, 100);
        let fit = firm.map_or(25, |place| self.firms[place].worth);
        let worth = match kind {
            Kind::Buyer | Kind::OfCustomer => ((fit * 40 + standing * 75 + intent * 45) / 120).clamp(0, 100),
            Kind::FreeMail => intent / 3,
            Kind::Student | Kind::JobSeeker | Kind::Competitor | Kind::Staff | Kind::Bot => 0,
        };
        let country = firm.map_or_else(|| rng.weighted(&words::COUNTRIES), |place| self.firms[place].country);
        let email = self.address(kind, first_name, last_name, firm, &mut rng);
        let person = Person {
            number,
            kind,
            first_name,
            last_name,
            email: email.clone(),
            title,
            phone: format!("+1 555 01{:02} {:04}", rng.between(0, 99), number % 10_000),
            firm,
            country,
            campaign,
            intent,
            worth,
            first_seen: self.now,
            unreachable_mail: false,
            opted_out: false,
            records: 0,
            rng,
        };
        self.people.push(person);
        self.by_email.insert(email, number);
        if let Some(place) = firm {
            self.firms[place].people.push(number);
        }
        self.counts.people += 1;
        number
    }

    fn draw_kind(&self, rng: &mut Rng) -> Kind {
        let noise = self.settings.noise;
        let (bots, staff) = (i64::from(noise.bots_per_mille), i64::from(noise.staff_per_mille));
        rng.weighted(&[
            (Kind::Buyer, (840 - bots - staff).max(1)),
            (Kind::FreeMail, 60),
            (Kind::Student, 30),
            (Kind::JobSeeker, 20),
            (Kind::Competitor, 15),
            (Kind::Staff, staff),
            (Kind::Bot, bots),
            (Kind::OfCustomer, 35),
        ])
    }

    fn draw_firm(&mut self, kind: Kind, rng: &mut Rng) -> Option<usize> {
        match kind {
            Kind::FreeMail | Kind::Student | Kind::JobSeeker | Kind::Competitor | Kind::Staff | Kind::Bot => {
                None
            }
            // The first companies of the inventory are the customers.
            Kind::OfCustomer => Some(rng.index(KNOWN_CUSTOMERS)),
            Kind::Buyer => {
                // A colleague of somebody who came lately, now and then.
                let recent = self.firms.len().min(60);
                if recent > 0 && rng.chance(260) {
                    let place = self.firms.len() - 1 - rng.index(recent);
                    if !self.firms[place].customer {
                        return Some(place);
                    }
                }
                Some(self.found_firm())
            }
        }
    }

    fn address(&self, kind: Kind, first: &str, last: &str, firm: Option<usize>, rng: &mut Rng) -> String {
        let domain = match kind {
            Kind::Buyer | Kind::OfCustomer => {
                firm.map_or(words::FREE_MAIL_DOMAINS[0], |place| self.firms[place].domain.as_str())
            }
            Kind::FreeMail | Kind::Student | Kind::JobSeeker => rng.pick(&words::FREE_MAIL_DOMAINS),
            Kind::Competitor => rng.pick(&words::COMPETITOR_DOMAINS),
            Kind::Staff => words::OWN_DOMAIN,
            Kind::Bot => words::DISPOSABLE_DOMAINS[0],
        };
        let name = format!("{}.{}", first.to_lowercase(), last.to_lowercase());
        let mut email = format!("{name}@{domain}");
        let mut again = 2;
        while self.by_email.contains_key(&email) {
            email = format!("{name}{again}@{domain}");
            again += 1;
        }
        email
    }
}

fn campaign_weights() -> Vec<(usize, i64)> {
    words::CAMPAIGNS.iter().enumerate().map(|(place, campaign)| (place, campaign.weight)).collect()
}

/// The address with two letters of its domain exchanged, or one left out.
pub(super) fn mistype(email: &str, rng: &mut Rng) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, "freemail.example"));
    let stem = domain.strip_suffix(".example").unwrap_or(domain);
    let mut letters: Vec<char> = stem.chars().collect();
    let place = 1 + rng.index(letters.len().saturating_sub(2));
    if letters.len() < 3 || (rng.chance(500) && place + 1 >= letters.len()) {
        return format!("{name}@{stem}x.example");
    }
    if rng.chance(500) && letters[place] != letters[place - 1] {
        letters.swap(place - 1, place);
    } else {
        letters.remove(place);
    }
    format!("{name}@{}.example", letters.iter().collect::<String>())
}
