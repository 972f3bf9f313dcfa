//! What a reader hears of a lead that they hold, held or answer for: reminders, breaches, escalations, leads that went on or
//! came, people who asked again. It never tells an offer, which has a notice of its own.

use super::words::{length, moment, span, to_do};
use super::{Buttons, Kind, Named, Text};
use crate::domain::custody::{ClockKind, Rung};
use crate::domain::ids::{HandoffId, LeadId};
use crate::domain::time::{DAY, Moment};
use serde_json::Value;
use uuid::Uuid;

/// News that is not tied to a deadline is worth telling for so long: whoever hears of it later has seen it on their page.
const LIVES: i64 = DAY;

/// What becomes of a queued lead that the router still offers, and of one that it does not.
const LOOKS_ON: &str = "The router goes on looking; you may give it to somebody yourself.";
const NO_ROUTE: &str =
    "The router has nobody to offer it to: give it to somebody yourself, or mend the routes.";
/// What becomes of a contest that nobody decides.
const LAPSES: &str = "Without a verdict by then the rejection stands.";

/// News of a lead, as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub kind: Kind,
    pub lead: LeadId,
    pub handoff: Option<HandoffId>,
    pub custody_version: u64,
    /// Who held the lead after the event, by the id in the team.
    pub holder: Option<String>,
    /// Whether that is a rep, who calls people; stewards and owners decide.
    pub with_rep: bool,
    /// Who held it before, where that changed.
    pub former: Option<String>,
    /// The clock that the event is about.
    pub clock: Option<(ClockKind, Moment, Rung)>,
    /// The clock that runs out first.
    pub next: Option<(ClockKind, Moment)>,
    /// Until when the lead must be accepted, while nobody has.
    pub accept_by: Option<Moment>,
    /// Whether the router goes on looking for a rep, where it waits in a queue.
    pub routed: bool,
    /// Why, as a code.
    pub reason: String,
    pub occurred_at: Moment,
    /// The lead's page.
    pub page: Option<String>,
}

/// Who and what is around a notice when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    pub person: Named,
    /// The reader's id.
    pub reader: String,
    /// Name of whoever holds the lead now; `None`: nobody, or it waits in a queue.
    pub holder_name: Option<String>,
    /// The links of a holder who is a rep.
    pub buttons: Option<Buttons>,
    pub now: Moment,
    /// IANA name of the reader's time zone.
    pub time_zone: Option<String>,
}

impl News {
    /// Reads an event's body as news of a kind; `None` where it tells no such thing.
    #[must_use]
    pub fn read(kind: Kind, body: &[u8]) -> Option<Self> {
        let event: Value = serde_json::from_slice(body).ok()?;
        let data = &event["data"];
        let id = |name: &str| Uuid::try_parse(data[name].as_str()?).ok();
        let member = |name: &str| data[name]["id"].as_str().map(str::to_owned);
        let time = |value: &Value| Moment::parse(value.as_str()?).ok();
        let deadlines = data["deadlines"].as_array().map(Vec::as_slice).unwrap_or_default();
        let due = |clock: &Value| Some((ClockKind::parse(clock["kind"].as_str()?)?, time(&clock["at"])?));
        let running: Vec<(ClockKind, Moment)> = deadlines.iter().filter_map(due).collect();
        let of = |kind| running.iter().find(|(it, _)| *it == kind).map(|(_, at)| *at);
        let clock = match kind {
            Kind::Reminder | Kind::Breach | Kind::Escalation => Some((
                ClockKind::parse(data["reason"].as_str()?)?,
                time(&data["due_by"])?,
                Rung::parse(data["rung"].as_str()?)?,
            )),
            Kind::Contest => Some((ClockKind::VerdictBy, time(&data["due_by"])?, Rung::RemindHalf)),
            Kind::Reply => of(ClockKind::RespondBy).map(|at| (ClockKind::RespondBy, at, Rung::RemindHalf)),
            Kind::Offer | Kind::TakenBack | Kind::Given | Kind::Summary | Kind::Digest => None,
        };
        Some(Self {
            kind,
            lead: LeadId(id("lead_id")?),
            handoff: id("handoff_id").map(HandoffId),
            custody_version: data["custody_version"].as_u64()?,
            holder: member("holder"),
            with_rep: data["holder"]["kind"] == "rep",
            former: member("previous_holder"),
            clock,
            next: running.first().copied(),
            accept_by: of(ClockKind::AcceptBy),
            // An event from before it was said is of a queue that the router served.
            routed: data["routed"] != false,
            reason: why(data),
            occurred_at: time(&event["time"])?,
            page: data["action_url"].as_str().map(str::to_owned),
        })
    }

    /// When it is not worth telling any more: a reminder ends with its deadline.
    #[must_use]
    pub fn ends_at(&self) -> Moment {
        match (self.kind, self.clock) {
            (Kind::Reminder | Kind::Contest, Some((_, due_by, _))) => due_by,
            _ => self.occurred_at.plus(LIVES),
        }
    }

    /// Whether it waits for its reader's hours: that a queue has nobody to go to is its steward's to mend, and the clock of the
    /// queue runs in those hours too. Rungs of clocks wait by themselves; whom a lead comes to or leaves hears of it at once.
    #[must_use]
    pub fn waits_for_hours(&self) -> bool {
        self.kind == Kind::Given && matches!(self.reason.as_str(), "nobody_free" | "no_route")
    }

    /// The words.
    #[must_use]
    pub fn text(&self, circle: &Circle) -> Text {
        let (heading, mut lines) = match self.kind {
            Kind::Reminder => self.reminder(circle),
            Kind::Breach => self.breach(circle),
            Kind::Escalation => self.escalation(circle),
            Kind::TakenBack => self.taken_back(circle),
            Kind::Reply => self.reply(circle),
            Kind::Contest => self.contest(circle),
            Kind::Offer | Kind::Given | Kind::Summary | Kind::Digest => self.given(circle),
        };
        lines.insert(0, circle.person.line());
        let mut ways = Vec::new();
        match (&circle.buttons, &self.page) {
            (Some(buttons), _) => {
                if self.accept_by.is_some() {
                    ways.push(("Accept", buttons.accept.clone()));
                    ways.push(("Pass on", buttons.pass.clone()));
                }
                ways.push(("Open the lead", buttons.open.clone()));
            }
            (None, Some(page)) => ways.push(("Open the lead", page.clone())),
            (None, None) => {}
        }
        let foot = circle.buttons.as_ref().map(
            |_| "Each link works once, and shows a button first. Whatever you do in the CRM counts as well.",
        );
        Text { heading, lines, links: ways, foot }
    }

    fn reminder(&self, circle: &Circle) -> (String, Vec<String>) {
        let Some((kind, due_by, rung)) = self.clock else { return self.given(circle) };
        // How much is gone by then is the policy's to say.
        let only = if rung == Rung::RemindLate { "Only " } else { "" };
        let whose = if self.with_rep && kind != ClockKind::VerdictBy { "your" } else { "the" };
        let left = length(due_by.since(circle.now));
        let heading =
            format!("{only}{left} left of {whose} time to {}: {}", to_do(kind), circle.person.short());
        let mut lines = vec![format!("{}.", circle.due(kind, due_by))];
        let unaccepted =
            self.accept_by.filter(|_| !matches!(kind, ClockKind::AcceptBy | ClockKind::VerdictBy));
        if let Some(accept_by) = unaccepted {
            let until = moment(accept_by, circle.time_zone.as_deref());
            lines.push(format!("You have not accepted it yet: accept by {until}."));
        }
        if kind == ClockKind::VerdictBy {
            lines.push(LAPSES.to_owned());
        } else if !self.with_rep {
            lines.push("No rep has it: it waits with you.".to_owned());
        }
        (heading, lines)
    }

    fn breach(&self, circle: &Circle) -> (String, Vec<String>) {
        let Some((kind, due_by, _)) = self.clock else { return self.given(circle) };
        if kind == ClockKind::RouteBy {
            let heading = format!("No rep was found in time: {}", circle.person.short());
            let way = if self.routed { LOOKS_ON } else { NO_ROUTE };
            let line = format!("It is in your name now. {way}");
            return (heading, vec![circle.was_due(due_by), line]);
        }
        let whose = if self.with_rep { "Your" } else { "The" };
        let heading = format!("{whose} time to {} is over: {}", to_do(kind), circle.person.short());
        let mut lines = vec![circle.was_due(due_by)];
        if self.with_rep && matches!(kind, ClockKind::AcceptBy | ClockKind::ContactBy) {
            lines.push("Do it now, or it goes to somebody else.".to_owned());
        }
        (heading, lines)
    }

    fn escalation(&self, circle: &Circle) -> (String, Vec<String>) {
        let Some((kind, due_by, rung)) = self.clock else { return self.given(circle) };
        let how = match rung {
            Rung::Daily => "Still not done",
            Rung::Due => "Not done in time",
            Rung::RemindHalf | Rung::RemindLate | Rung::TakeBack | Rung::Escalate => "Long overdue",
        };
        let heading = format!("{how}: to {}: {}", to_do(kind), circle.person.short());
        let holder = match &circle.holder_name {
            Some(name) => format!("{name} holds it."),
            None => "Nobody holds it.".to_owned(),
        };
        (heading, vec![circle.was_due(due_by), holder])
    }

    fn taken_back(&self, circle: &Circle) -> (String, Vec<String>) {
        let heading = format!("Given on, nothing to do: {}", circle.person.short());
        let why = match self.reason.as_str() {
            "not_accepted" => "It was not accepted in time.",
            "not_contacted" => "Nobody reached out in time.",
            "reclaimed" => "The rep before you had acted in time.",
            "merged" => "The person is worked as another lead.",
            _ => "Somebody else was named.",
        };
        let now = match &circle.holder_name {
            Some(name) => format!("{name} has it now."),
            None => "It waits for the next rep.".to_owned(),
        };
        (heading, vec![why.to_owned(), now])
    }

    fn given(&self, circle: &Circle) -> (String, Vec<String>) {
        let person = circle.person.short();
        let yours = self.holder.as_deref() == Some(circle.reader.as_str());
        let heading = match (&circle.holder_name, yours) {
            (_, true) if self.reason == "no_route" => {
                format!("No route takes it, and it waits with you: {person}")
            }
            (_, true) if self.reason == "nobody_free" => {
                format!("Nobody is free to take it, and it waits in your queue: {person}")
            }
            (_, true) if self.next.is_some_and(|(kind, _)| kind == ClockKind::ReviewBy) => {
                format!("Yours to review: {person}")
            }
            (_, true) => format!("In your hands now: {person}"),
            (Some(name), false) => format!("In the hands of {name} now: {person}"),
            (None, false) => format!("In nobody's hands now: {person}"),
        };
        let mut lines = vec![format!("Why: {}.", self.reason.replace('_', " "))];
        match self.reason.as_str() {
            "" => lines.clear(),
            "no_route" => lines = vec![NO_ROUTE.to_owned()],
            "nobody_free" => lines = vec![LOOKS_ON.to_owned()],
            _ => {}
        }
        if let Some((kind, at)) = self.next {
            lines.push(format!("{}.", circle.due(kind, at)));
        }
        (heading, lines)
    }

    fn contest(&self, circle: &Circle) -> (String, Vec<String>) {
        let heading = format!("Contested, and yours to decide: {}", circle.person.short());
        let reason = self.reason.replace('_', " ");
        let mut lines =
            vec![format!("Marketing says that the rejection \u{201c}{reason}\u{201d} should not count.")];
        lines.extend(self.clock.map(|(kind, at, _)| format!("{}.", circle.due(kind, at))));
        lines.push(LAPSES.to_owned());
        (heading, lines)
    }

    fn reply(&self, circle: &Circle) -> (String, Vec<String>) {
        let heading = format!("Asked again and waits for your answer: {}", circle.person.short());
        let due = self.clock.map(|(kind, at, _)| format!("{}.", circle.due(kind, at)));
        (heading, due.into_iter().collect())
    }
}

/// Why, as a code; of a review what it is about.
fn why(data: &Value) -> String {
    let code = ["reason_code", "reason"].into_iter().find_map(|name| data[name].as_str()).unwrap_or_default();
    let finer = data["sub_reason"].as_str().filter(|_| code == "review_asked");
    finer.unwrap_or(code).to_owned()
}

impl Circle {
    /// What is to be done, by when in the reader's time, and how far off that is.
    fn due(&self, kind: ClockKind, at: Moment) -> String {
        let until = moment(at, self.time_zone.as_deref());
        format!("Due: to {} by {until} ({})", to_do(kind), span(at.since(self.now)))
    }

    fn was_due(&self, at: Moment) -> String {
        let due = moment(at, self.time_zone.as_deref());
        format!("It was due {due}, {} ago.", length(self.now.since(at)))
    }
}
