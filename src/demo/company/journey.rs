//! What somebody is going to do, planned when they show up: visits, forms, webinars, mails. It never emits a record.

use super::hours::{DAY, HOUR, MINUTE, Millis, SECOND, days_later, next_weekday};
use super::people::{Kind, Person};
use super::words;

/// One thing that a person does, or that is done to them by marketing's systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    AdClick,
    /// A visit; the kind of page that stood for it.
    Session(&'static str),
    /// A single page; the kind of page.
    Page(&'static str),
    /// The form's kind.
    Form(&'static str),
    /// The form once more, because the address was wrong in the first.
    CorrectedForm(&'static str),
    /// The form again days later, from the person's private address: two leads, until somebody sees that they are one.
    PrivateForm(&'static str),
    /// A signal with the person's address: webinar, event, chat, call, product, intent.
    Signal(&'static str),
    /// The mail of this number, and what became of it.
    Mail(u32, Mail),
    /// A rep enters the person in the CRM by hand.
    EnteredByRep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mail {
    Sent,
    Delivered,
    Opened,
    Clicked,
    /// A gateway opened the mail or followed its links to see whether they are safe.
    OpenedByMachine,
    ClickedByMachine,
    Replied,
    OutOfOffice,
    BouncedHard,
    BouncedSoft,
    Unsubscribed,
    Complained,
}

/// The webinar begins on Thursdays at 15:00 UTC.
const WEBINAR_DAY: i64 = 3;
const WEBINAR_HOUR: Millis = 15 * HOUR;
/// The newsletter goes out on Tuesdays at 08:00 UTC.
const NEWSLETTER_DAY: i64 = 1;
const NEWSLETTER_HOUR: Millis = 8 * HOUR;

/// The plan of somebody's next weeks, being written.
struct Plan<'a> {
    person: &'a mut Person,
    gateway: bool,
    /// The instant up to which the plan is written.
    at: Millis,
    mails: u32,
    steps: Vec<(Millis, Step)>,
}

/// Everything that `person` will do, with instants not before `now`.
pub(super) fn plan(person: &mut Person, gateway: bool, now: Millis) -> Vec<(Millis, Step)> {
    let mut plan = Plan { person, gateway, at: now, mails: 0, steps: Vec::new() };
    match plan.person.kind {
        Kind::Bot => plan.bot(),
        Kind::Staff => plan.then(SECOND, Step::Form("demo")),
        Kind::Student => plan.student(),
        Kind::JobSeeker => plan.job_seeker(),
        Kind::Competitor => plan.competitor(),
        Kind::Buyer | Kind::FreeMail | Kind::OfCustomer => plan.buyer(),
    }
    plan.steps
}

impl Plan<'_> {
    fn then(&mut self, after: Millis, step: Step) {
        self.at += after.max(0);
        self.steps.push((self.at, step));
    }

    fn chance(&mut self, per_mille: i64) -> bool {
        self.person.rng.chance(per_mille)
    }

    fn between(&mut self, low: Millis, high: Millis) -> Millis {
        self.person.rng.between(low, high)
    }

    fn wait_days(&mut self, low: i64, high: i64) {
        let days = self.person.rng.between(low, high);
        self.at = days_later(self.at, days, &mut self.person.rng);
    }

    fn bot(&mut self) {
        self.then(SECOND, Step::Form("contact"));
        if self.chance(400) {
            let pause = self.between(2 * SECOND, 20 * SECOND);
            self.then(pause, Step::Form("newsletter"));
        }
    }

    fn student(&mut self) {
        self.visit("other");
        self.then(3 * MINUTE, Step::Form("content"));
        if self.chance(350) {
            self.wait_days(1, 6);
            self.then(0, Step::Form("demo"));
        }
    }

    fn job_seeker(&mut self) {
        self.visit("careers");
        if self.chance(500) {
            self.then(6 * MINUTE, Step::Form("contact"));
        } else {
            self.then(2 * MINUTE, Step::Form("newsletter"));
            self.wait_days(2, 9);
            self.visit("careers");
        }
    }

    fn competitor(&mut self) {
        self.visit("pricing");
        let form = if self.chance(400) { "pricing" } else { "content" };
        self.then(4 * MINUTE, Step::Form(form));
    }

    fn buyer(&mut self) {
        let intent = self.person.intent;
        match self.person.campaign {
            words::OUTBOUND => {
                self.then(0, Step::EnteredByRep);
                if self.chance(intent * 4) {
                    self.wait_days(2, 12);
                    self.visit("product");
                    self.then(2 * MINUTE, Step::Form("content"));
                }
                return;
            }
            words::WEBINARS => self.webinar(),
            words::EVENT => self.event(),
            words::NEWSLETTER => self.newsletter(),
            _ => {
                let path = self.person.rng.weighted(&[(0, 4 + intent / 2), (1, 38), (2, 12), (3, 8), (4, 3)]);
                match path {
                    0 => self.hand_raise(),
                    1 => self.content(),
                    2 => self.webinar(),
                    3 => self.newsletter(),
                    _ => self.chat(),
                }
            }
        }
        if self.chance(30 + intent) {
            // Months later they come back by themselves.
            self.wait_days(30, 65);
            self.visit("pricing");
            self.then(5 * MINUTE, Step::Form("demo"));
        }
    }

    fn visit(&mut self, page: &'static str) {
        let paid = words::CAMPAIGNS[self.person.campaign].medium.starts_with("paid")
            || words::CAMPAIGNS[self.person.campaign].medium == "cpc";
        if self.steps.is_empty() && paid && self.chance(500) {
            self.then(0, Step::AdClick);
            self.then(4 * SECOND, Step::Page(page));
        } else {
            self.then(0, Step::Session(page));
        }
    }

    fn hand_raise(&mut self) {
        if self.chance(500) {
            self.visit("product");
            if self.chance(400) {
                self.wait_days(1, 5);
            } else {
                self.at += 3 * MINUTE;
            }
        }
        if self.chance(600) {
            self.visit("pricing");
        }
        let form = self.person.rng.weighted(&[("demo", 50), ("pricing", 18), ("contact", 18), ("trial", 14)]);
        let pause = self.between(MINUTE, 9 * MINUTE);
        self.then(pause, Step::Form(form));
        if form == "trial" && self.chance(550) {
            self.wait_days(0, 2);
            self.then(0, Step::Signal("product_activated"));
        }
    }

    fn content(&mut self) {
        self.visit("other");
        let pause = self.between(MINUTE, 6 * MINUTE);
        self.then(pause, Step::Form("content"));
        if self.chance(15) {
            // A rep finds them too and enters them anew.
            self.then(HOUR, Step::EnteredByRep);
        }
        self.nurture(3);
        self.convert(2);
    }

    fn newsletter(&mut self) {
        if self.chance(500) {
            self.visit("other");
        }
        self.then(MINUTE, Step::Form("newsletter"));
        let issues = self.between(1, 2);
        for _ in 0..issues {
            self.at = next_weekday(self.at, NEWSLETTER_DAY, NEWSLETTER_HOUR) + self.between(0, 20 * MINUTE);
            self.mail();
        }
        if self.chance(200) {
            self.wait_days(1, 8);
            self.then(0, Step::Form("content"));
        }
        self.convert(1);
    }

    fn webinar(&mut self) {
        self.then(0, Step::Form("webinar"));
        self.then(20 * SECOND, Step::Signal("webinar_registered"));
        let starts = next_weekday(self.at + HOUR, WEBINAR_DAY, WEBINAR_HOUR);
        let attends = self.person.intent * 6 + 250;
        if self.chance(attends) {
            self.at = starts + self.between(45 * MINUTE, 58 * MINUTE);
            self.then(0, Step::Signal("webinar_attended"));
            if self.chance(350) {
                self.wait_days(0, 2);
                self.visit("product");
            }
            self.convert(4);
        } else {
            self.at = starts + 20 * HOUR;
            self.nurture(6);
            self.convert(1);
        }
    }

    fn event(&mut self) {
        self.then(0, Step::Signal("event_attended"));
        self.nurture(5);
        self.convert(3);
    }

    fn chat(&mut self) {
        self.visit("pricing");
        self.then(2 * MINUTE, Step::Form("contact"));
        let kind = if self.chance(700) { "chat" } else { "inbound_call" };
        self.then(4 * MINUTE, Step::Signal(kind));
    }

    /// Some mails, the first after about `days`.
    fn nurture(&mut self, days: i64) {
        let mails = self.person.rng.weighted(&[(0, 25), (1, 50), (2, 25)]);
        for _ in 0..mails {
            self.wait_days(days, days + 4);
            self.mail();
        }
    }

    /// Somebody who wants it looks around again, and raises a hand; `push` is how much the path warms people up.
    fn convert(&mut self, push: i64) {
        let intent = self.person.intent;
        if !self.chance(intent * (2 + push)) {
            return;
        }
        self.wait_days(1, 10);
        let page = if self.chance(500) { "case" } else { "product" };
        self.visit(page);
        match self.person.rng.weighted(&[("hand", 50), ("webinar", 25), ("content", 25)]) {
            "hand" => {
                self.wait_days(0, 4);
                self.visit("pricing");
                let form = if self.chance(600) { "demo" } else { "contact" };
                self.then(4 * MINUTE, Step::Form(form));
            }
            "webinar" => {
                self.wait_days(2, 8);
                self.webinar_once_more();
            }
            _ => {
                self.wait_days(1, 6);
                self.then(0, Step::Form("content"));
                self.visit("pricing");
            }
        }
    }

    fn webinar_once_more(&mut self) {
        self.then(0, Step::Form("webinar"));
        self.then(15 * SECOND, Step::Signal("webinar_registered"));
        if self.chance(600) {
            let late = self.between(45 * MINUTE, 58 * MINUTE);
            self.at = next_weekday(self.at + HOUR, WEBINAR_DAY, WEBINAR_HOUR) + late;
            self.then(0, Step::Signal("webinar_attended"));
            self.wait_days(0, 2);
            self.visit("pricing");
        }
    }

    /// One mail from sending to what became of it.
    fn mail(&mut self) {
        self.mails += 1;
        let number = self.mails;
        self.then(0, Step::Mail(number, Mail::Sent));
        let arrives = self.between(3 * SECOND, 40 * SECOND);
        if self.chance(12) {
            self.then(
                arrives,
                Step::Mail(number, if self.gateway { Mail::BouncedSoft } else { Mail::BouncedHard }),
            );
            return;
        }
        self.then(arrives, Step::Mail(number, Mail::Delivered));
        if self.gateway {
            self.then(3 * SECOND, Step::Mail(number, Mail::ClickedByMachine));
        } else if self.chance(120) {
            self.then(8 * SECOND, Step::Mail(number, Mail::OpenedByMachine));
        }
        if self.chance(50) {
            self.then(20 * SECOND, Step::Mail(number, Mail::OutOfOffice));
            return;
        }
        let intent = self.person.intent;
        if !self.chance(150 + intent * 6) {
            return;
        }
        let reads = self.between(10 * MINUTE, DAY);
        self.then(reads, Step::Mail(number, Mail::Opened));
        if self.chance(80 + intent * 5) {
            self.then(40 * SECOND, Step::Mail(number, Mail::Clicked));
            if self.chance(350) {
                self.then(8 * SECOND, Step::Session("product"));
            }
        } else if self.chance(60) {
            self.then(30 * SECOND, Step::Mail(number, Mail::Unsubscribed));
        } else if self.chance(8) {
            self.then(30 * SECOND, Step::Mail(number, Mail::Complained));
        }
        if self.chance(intent / 2) {
            let writes = self.between(5 * MINUTE, 3 * HOUR);
            self.then(writes, Step::Mail(number, Mail::Replied));
        }
    }
}
