//! Words that people read for the codes that programs use. It decides nothing and never reads a database.

mod asks;
mod clocks;
mod details;
mod events;
mod handshake;
mod signals;
mod time;

pub use asks::{RefusalWords, missing_demand_words, missing_fact_words, refusal, rejection_words};
pub use events::{EventWords, Tone, event_words};
pub use time::{ago, countdown, date, moment_words, paused_words, span};

use crate::domain::custody::{ClockKind, Holder};
use crate::domain::lead::{AttemptOutcome, Channel, Origin, StageKind};
use crate::domain::policy::{Grade, Priority};
use crate::domain::profile::{Function, Seniority};
use crate::domain::routing::WhyNot;
use crate::domain::scoring::{FitField, Missing};
use crate::domain::signal::{FormKind, PageKind, SignalKind};
use crate::domain::team::{MemberId, PoolId, Team};

/// The words with a capital first letter, to stand at the beginning of a line.
#[must_use]
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Name and one line of explanation of a stage.
#[must_use]
pub fn stage_words(kind: StageKind) -> (&'static str, &'static str) {
    match kind {
        StageKind::Unseen => ("Unseen", "Not known yet"),
        StageKind::Captured => ("Captured", "Known, not ready for sales"),
        StageKind::Queued => ("MQL in queue", "Ready, waiting for a rep"),
        StageKind::Offered => ("MQL offered", "With a rep, not accepted yet"),
        StageKind::SalesAccepted => ("Accepted", "Sales is working it"),
        StageKind::SalesQualified => ("Qualified", "Sales confirmed a real need"),
        StageKind::Opportunity => ("Opportunity", "An open deal in the CRM"),
        StageKind::Won => ("Won", "Became a customer"),
        StageKind::Lost => ("Lost", "The deal was lost"),
        StageKind::Recycled => ("Recycled", "Resting until a date"),
        StageKind::Disqualified => ("Disqualified", "Not a fit, or junk"),
        StageKind::Suppressed => ("Suppressed", "Never to be contacted"),
        StageKind::Merged => ("Merged", "Lives on in another lead"),
    }
}

/// The stage's word in links and filters: its own for queue and offer, the wire's for the rest.
#[must_use]
pub fn stage_slug(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Queued => "queued",
        StageKind::Offered => "offered",
        StageKind::Unseen
        | StageKind::Captured
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => kind.wire(),
    }
}

/// The stages that a filter names; `mql` names both of its halves.
#[must_use]
pub fn stages_of_slug(slug: &str) -> Vec<StageKind> {
    StageKind::ALL.iter().copied().filter(|kind| stage_slug(*kind) == slug || kind.wire() == slug).collect()
}

/// What a running clock asks for.
#[must_use]
pub fn clock_words(kind: ClockKind) -> (&'static str, &'static str) {
    match kind {
        ClockKind::AcceptBy => ("Accept", "Take the lead or pass it on"),
        ClockKind::ContactBy => ("First contact", "Reach out in person; this is the lead's own clock"),
        ClockKind::DispositionBy => ("Decide", "Qualify the lead or return it with a reason"),
        ClockKind::NextStepBy => ("Next step", "Hold the next step, or date a new one"),
        ClockKind::RouteBy => ("Find a rep", "The queue must not keep it longer"),
        ClockKind::RecycleAt => ("Comes back", "The lead leaves its rest on that day"),
        ClockKind::ReviewBy => ("Review", "Look at it, or it moves on by itself"),
        ClockKind::RespondBy => ("Answer", "The person asked again and waits"),
        ClockKind::FactsBy => ("Add facts", "Qualified without the facts that the SQL definition asks for"),
        ClockKind::VerdictBy => ("Verdict", "Marketing contested; the arbiter decides"),
        ClockKind::RedriveBy => ("Mend and redrive", "A fault of ours holds this lead"),
    }
}

/// The person behind an id; the id itself where the team no longer lists them.
#[must_use]
pub fn member_name(team: &Team, id: &MemberId) -> String {
    team.member(id).map_or_else(|| id.0.clone(), |member| member.name.clone())
}

/// A pool's name.
#[must_use]
pub fn pool_name(team: &Team, id: &PoolId) -> String {
    team.pool(id).map_or_else(|| id.0.clone(), |pool| pool.name.clone())
}

/// In which duty somebody holds a lead.
#[must_use]
pub fn duty_words(holder: &Holder) -> &'static str {
    match holder {
        Holder::Rep(_) => "sales rep",
        Holder::Steward(_) => "steward of the queue",
        Holder::SegmentOwner(_) => "owner in marketing",
        Holder::MarketingOwner(_) => "mends data in marketing",
        Holder::Arbiter(_) => "arbiter",
        Holder::Operations(_) => "operations",
    }
}

/// Who did something, from the text that audit rows name actors by.
#[must_use]
pub fn actor_words(team: &Team, actor: &str) -> String {
    match actor.strip_prefix("member:") {
        Some(id) => member_name(team, &MemberId(id.to_owned())),
        None => match actor {
            "router" => "Baton's router".to_owned(),
            "sweeper" => "Baton's clock".to_owned(),
            "operator" => "Whoever runs Baton".to_owned(),
            "feed" => "Event feed".to_owned(),
            "stranger" => "Somebody outside the team".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// A signal in words.
#[must_use]
pub fn signal_words(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Form(FormKind::Demo) => "asked for a demo",
        SignalKind::Form(FormKind::Contact) => "sent the contact form",
        SignalKind::Form(FormKind::Pricing) => "asked for pricing",
        SignalKind::Form(FormKind::Trial) => "asked for a trial",
        SignalKind::Form(FormKind::Content) => "downloaded content",
        SignalKind::Form(FormKind::Newsletter) => "subscribed to the newsletter",
        SignalKind::Form(FormKind::Webinar) => "filled in a webinar form",
        SignalKind::Form(FormKind::Event) => "filled in an event form",
        SignalKind::Form(FormKind::Other) => "filled in a form",
        SignalKind::PageView(page) | SignalKind::Session(page) => match page {
            PageKind::Pricing => "looked at pricing",
            PageKind::Product => "read product pages",
            PageKind::Case => "read a customer case",
            PageKind::Careers => "looked at careers",
            PageKind::Other => "visited the site",
        },
        SignalKind::EmailSent => "was sent an e-mail",
        SignalKind::EmailDelivered => "received an e-mail",
        SignalKind::EmailOpened => "opened an e-mail",
        SignalKind::EmailClicked => "clicked in an e-mail",
        SignalKind::EmailReplied => "replied to an e-mail",
        SignalKind::SoftBounce => "an e-mail bounced for now",
        SignalKind::HardBounce => "the address does not exist",
        SignalKind::EmailOptOut => "opted out of e-mail",
        SignalKind::WebinarRegistered => "registered for a webinar",
        SignalKind::WebinarAttended => "attended a webinar",
        SignalKind::EventAttended => "came to an event",
        SignalKind::AdClick => "clicked an ad",
        SignalKind::Chat => "started a chat",
        SignalKind::InboundCall => "called us",
        SignalKind::ProductActivated => "activated the product",
        SignalKind::Intent => "the company shows intent",
        SignalKind::ColleagueActive => "a colleague is active",
        SignalKind::RecycleDateReached => "the agreed date arrived",
    }
}

/// What a priority means.
#[must_use]
pub fn priority_words(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "P1, hand-raise",
        Priority::P2 => "P2, warm",
        Priority::P3 => "P3, engaged",
        Priority::P4 => "P4, low touch",
    }
}

/// What a grade means.
#[must_use]
pub fn grade_words(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "excellent fit",
        Grade::B => "good fit",
        Grade::C => "fair fit",
        Grade::D => "poor fit",
    }
}

/// Who brought the lead.
#[must_use]
pub fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Marketing => "marketing",
        Origin::Sales => "sales",
        Origin::Partner => "partner",
        Origin::Unknown => "not known",
    }
}

/// How somebody was contacted.
#[must_use]
pub fn channel_words(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "phone",
        Channel::Email => "e-mail",
        Channel::Social => "social network",
        Channel::Meeting => "meeting",
        Channel::Message => "message",
        Channel::Other => "another way",
    }
}

/// What came of an attempt.
#[must_use]
pub fn attempt_words(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Attempted => "no answer",
        AttemptOutcome::Voicemail => "left a voicemail",
        AttemptOutcome::Conversation => "they talked",
        AttemptOutcome::MeetingBooked => "meeting booked",
        AttemptOutcome::MeetingHeld => "meeting held",
        AttemptOutcome::NoShow => "did not show up",
    }
}

/// Why somebody was not chosen.
#[must_use]
pub fn why_not_words(why_not: Option<WhyNot>) -> &'static str {
    match why_not {
        None => "Chosen",
        Some(WhyNot::Unknown) => "not in the team",
        Some(WhyNot::Inactive) => "inactive",
        Some(WhyNot::HadItBefore) => "had this lead before",
        Some(WhyNot::Full) => "holds as many as allowed",
        Some(WhyNot::NotNext) => "another's turn",
        Some(WhyNot::Away) => "away",
        Some(WhyNot::OffShift) => "off shift, and it cannot wait",
        Some(WhyNot::FullToday) => "got as many today as allowed",
    }
}

/// A field of fit.
#[must_use]
pub fn fit_words(field: FitField) -> &'static str {
    match field {
        FitField::Employees => "Company size",
        FitField::Industry => "Industry",
        FitField::Country => "Country",
        FitField::Seniority => "Seniority",
        FitField::Function => "Function",
    }
}

/// How senior somebody is.
#[must_use]
pub fn seniority_words(seniority: Seniority) -> &'static str {
    match seniority {
        Seniority::Student => "student",
        Seniority::Individual => "individual contributor",
        Seniority::Manager => "manager",
        Seniority::Director => "director",
        Seniority::VicePresident => "vice president",
        Seniority::Chief => "chief officer",
    }
}

/// How near to buying a job is.
#[must_use]
pub fn function_words(function: Function) -> &'static str {
    match function {
        Function::Buying => "buying function",
        Function::Adjacent => "adjacent function",
        Function::Other => "other function",
    }
}

/// What is missing to the next threshold.
#[must_use]
pub fn missing_words(missing: Missing) -> String {
    match missing {
        Missing::Points { have, need } => {
            format!("{} more points ({have} of {need})", need.saturating_sub(have))
        }
        Missing::HumanKinds { have, need } => {
            format!("another kind of human signal ({have} of {need})")
        }
        Missing::RecentHuman { within_days } => format!("a human signal within {within_days} days"),
        Missing::HandRaise { priority } => {
            format!(
                "a hand-raise; with this grade nothing else qualifies (it would be P{})",
                priority.number()
            )
        }
    }
}

/// A code in words, where no better ones are known: underscores become spaces.
#[must_use]
pub fn plain(code: &str) -> String {
    code.replace(['_', '.'], " ")
}
