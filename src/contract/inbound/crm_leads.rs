//! `crm.lead-events.v1`, leads: what sales did with a person. It never decides whether that was allowed.

use super::reading::{Reading, acted_by, commanded, row_only};
use super::{InType, crm_opportunities, in_types};
use crate::contract::keys;
use crate::contract::request::{Creates, CrmKey, Decoded, Request, Subject, Unreadable};
use crate::domain::command::{Command, Rejection, Report};
use crate::domain::lead::{Attempt, AttemptOutcome, Channel};
use crate::domain::policy::reference::StatusMeaning;
use crate::domain::policy::{Authority, Budget, Need, RejectionCode, SqlFacts};
use crate::domain::team::MemberId;

pub(super) const TYPES: &[InType] = in_types!("crm.lead-events.v1":
    "crm.lead.created.v1" => |reading| Ok(created(reading)),
    "crm.lead.updated.v1" => |reading| Ok(updated(reading)),
    "crm.lead.accepted.v1" => |reading| Ok(commanded(sales_fact(reading, Creates::NeverParked), Command::AcceptLead)),
    "crm.lead.declined.v1" => |reading| Ok(commanded(sales_fact(reading, Creates::NeverParked), Command::DeclineLead)),
    "crm.lead.qualified.v1" => qualified,
    "crm.lead.contacted.v1" => contacted,
    "crm.lead.converted.v1" => |reading| Ok(converted(reading)),
    "crm.lead.merged.v1" => |reading| Ok(merged(reading)),
    "crm.lead.deleted.v1" => |reading| Ok(deleted(reading)),
);

/// A fact by a person of sales about a lead, with the handoff that it names.
pub(super) fn sales_fact(reading: &Reading<'_>, creates: Creates) -> Request {
    let request = Request { view: reading.view(), ..reading.fact(reading.who(), creates) };
    acted_by(request, reading.data.crm("actor"))
}

fn created(reading: &Reading<'_>) -> Decoded {
    let data = reading.data;
    let named = reading.who_in_full();
    let report = Report { campaign: reading.campaign(), ..reading.report(&named, None) };
    let by_person = data.text("record_origin") == Some("human");
    let request = Request { named: data.crm("owner"), ..reading.fact(named, Creates::AnyKey) };
    let request = acted_by(request, data.crm("created_by"));
    commanded(request, Command::LinkCrmRecord { by_person, owner: None, report })
}

/// The record names a person, and the records that were united; all of them are one person.
fn merged(reading: &Reading<'_>) -> Decoded {
    let data = reading.data;
    let winner = data.crm("winner").into_iter();
    let losers = data.objects("losers").filter_map(|key| key.as_crm());
    let others = winner.chain(losers).map(|key| reading.by_crm(key)).collect();
    let request =
        Request { others, subject: Subject::Merge, ..reading.fact(reading.who(), Creates::NeverParked) };
    row_only(request)
}

/// What the record became names the person from now on; an opportunity that came with it is a deal whose own record,
/// of any revision, says more.
fn converted(reading: &Reading<'_>) -> Decoded {
    let into = reading.data.object("converted");
    let mut named = reading.who();
    if let Some(contact) = into.crm("contact") {
        named.person.add_crm(reading.keys.crm(&contact), contact);
    }
    if let Some(account) = into.crm("account") {
        named.person.patch.crm.push(account);
    }
    let report = reading.report(&named, None);
    let fact = reading.fact(named, Creates::AnyKey);
    let request = match crm_opportunities::made_by_conversion(reading, into) {
        Some(deal) => Request { subject: Subject::Opportunity(deal), ..fact },
        None => fact,
    };
    commanded(acted_by(request, author(reading)), Command::ConvertCrmRecord { owner: None, report })
}

/// A deleted record is no erasure: the person and what was decided stay.
fn deleted(reading: &Reading<'_>) -> Decoded {
    let request = reading.fact(reading.who(), Creates::NeverFiltered);
    commanded(
        acted_by(request, reading.data.crm("deleted_by").or_else(|| author(reading))),
        Command::UnlinkCrmRecord,
    )
}

/// One record may change status, owner and particulars at once, and a person gets one command: a status that reference
/// data maps goes before a change of owner, and that before particulars. Particulars are written in every case: they
/// stand in the person's patch.
fn updated(reading: &Reading<'_>) -> Decoded {
    let data = reading.data;
    let named = reading.who_in_full();
    let report = reading.report(&named, None);
    let owner = data.crm("owner");
    let (command, creates) = match status(reading) {
        Some(StatusMeaning::Accepted) => (Command::AcceptLead, Creates::NeverParked),
        Some(StatusMeaning::Qualified) => {
            (Command::QualifyLead { facts: SqlFacts::default(), next_owner: None }, Creates::WithEmail)
        }
        Some(StatusMeaning::Rejected(code)) => {
            (Command::RejectLead(bare_rejection(code)), Creates::NeverParked)
        }
        None if owner.is_some() && changed(reading, "owner") => {
            (Command::ReassignLead { to: unresolved_member() }, Creates::NeverParked)
        }
        // Particulars of an unknown person with an e-mail address make a lead (LIFECYCLE, profile changed).
        None => (Command::ReportProfile { report }, Creates::WithEmail),
    };
    let request = Request { named: owner.clone(), ..reading.fact(named, creates) };
    commanded(acted_by(request, author(reading).or(owner)), command)
}

/// Stands in `ReassignLead` until the transaction has looked up `Request::named` in the team and put the member here.
#[must_use]
pub fn unresolved_member() -> MemberId {
    MemberId(String::new())
}

/// The CRM user who changed the record, when a person did.
fn author(reading: &Reading<'_>) -> Option<CrmKey> {
    let change = reading.data.object("change");
    if change.text("by") != Some("human") {
        return None;
    }
    let system = reading.data.crm("crm").or_else(|| reading.data.crm("owner"))?.system;
    Some(CrmKey { system, object: "user".to_owned(), id: change.owned("actor_id")? })
}

/// What the new status says, when it did change and reference data maps it.
fn status(reading: &Reading<'_>) -> Option<StatusMeaning> {
    let data = reading.data;
    let status = data.text("status")?;
    changed(reading, "status").then(|| reading.reference.status(status, data.text("status_reason"))).flatten()
}

/// Whether a record that states an owner or status also says that it is new: it differs from the previous one, else a
/// changed field is named after it, else nothing is said and the statement counts.
fn changed(reading: &Reading<'_>, name: &'static str) -> bool {
    let data = reading.data;
    let previous = data.object("previous");
    if previous.has(name) {
        return match name {
            "owner" => previous.crm("owner") != data.crm("owner"),
            other => previous.text(other) != data.text(other),
        };
    }
    let mut fields = data.texts("changed_fields").peekable();
    fields.peek().is_none() || fields.any(|field| field.to_lowercase().contains(name))
}

/// A rejection of which only the code is known.
fn bare_rejection(code: RejectionCode) -> Rejection {
    Rejection {
        code,
        unmapped: false,
        sub_reason: None,
        retry_on: None,
        attempts: None,
        names_duplicate: false,
        names_competitor: false,
        proposed_owner: None,
        proposed_pool: None,
        fields: Vec::new(),
        scope: None,
        note_chars: 0,
    }
}

fn qualified(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let facts = data.object("facts");
    let facts = SqlFacts {
        need: facts.text("need").and_then(Need::parse).unwrap_or_default(),
        authority: facts.text("authority").and_then(Authority::parse).unwrap_or_default(),
        budget: facts.text("budget").and_then(Budget::parse).unwrap_or_default(),
        timeline_months: facts.integer("timeline_months"),
        next_step_on: data.date("next_step_on")?,
        // Attempts tell whether two people spoke; the record does not.
        conversation: false,
    };
    let request = Request { named: data.crm("next_owner"), ..sales_fact(reading, Creates::WithEmail) };
    Ok(commanded(request, Command::QualifyLead { facts, next_owner: None }))
}

fn contacted(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let actor = data.crm("actor");
    let system = actor.as_ref().map_or("", |actor| actor.system.as_str());
    let attempt = Attempt {
        id: keys::attempt(system, data.text("attempt_id").unwrap_or_default()),
        at: reading.cause.occurred_at,
        channel: channel(data.text("channel").unwrap_or_default()),
        outcome: outcome(data.text("outcome").unwrap_or_default()),
        inbound: data.text("direction") == Some("inbound"),
        automated: data.flag("automated"),
        by: None,
        meeting_at: data.moment("meeting_at")?,
    };
    let request = Request { note: reading.note("attempt"), ..sales_fact(reading, Creates::NeverParked) };
    Ok(commanded(request, Command::RecordAttempt(attempt)))
}

/// Channels are in the CRM's own words; what no word fits is "other".
fn channel(word: &str) -> Channel {
    match word.to_lowercase().replace(['-', ' '], "_").as_str() {
        "phone" | "call" | "telephone" | "voice" | "dial" | "mobile" => Channel::Phone,
        "email" | "e_mail" | "mail" => Channel::Email,
        "social" | "linkedin" | "xing" | "twitter" | "x" | "facebook" | "instagram" => Channel::Social,
        "meeting" | "video" | "video_call" | "in_person" | "visit" | "on_site" | "onsite" | "demo" => {
            Channel::Meeting
        }
        "message" | "sms" | "text" | "chat" | "whatsapp" | "messenger" | "teams" | "slack" => {
            Channel::Message
        }
        _ => Channel::Other,
    }
}

fn outcome(word: &str) -> AttemptOutcome {
    match word {
        "voicemail" => AttemptOutcome::Voicemail,
        "conversation" => AttemptOutcome::Conversation,
        "meeting_booked" => AttemptOutcome::MeetingBooked,
        "meeting_held" => AttemptOutcome::MeetingHeld,
        "no_show" => AttemptOutcome::NoShow,
        _ => AttemptOutcome::Attempted,
    }
}
