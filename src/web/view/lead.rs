//! One lead: its story, custody, person and deals. It reads nothing and decides nothing.

use super::receipt::{ReceiptView, receipt_view, short_hash};
use super::route::{RouteView, route_of, route_view};
use super::{Countdown, grouped, person_name};
use crate::domain::custody::Basis;
use crate::domain::lead::{Lead, Motion, Permission, Stage};
use crate::domain::team::{MemberId, Team};
use crate::domain::time::Moment;
use crate::store::read::lead_page::{DealRead, LeadRead, PersonRead, StoryRow};
use crate::transaction::loaded::Texts;
use crate::web::words::{
    actor_words, ago, clock_words, countdown, date, duty_words, event_words, member_name, moment_words,
    origin_words, plain, priority_words, stage_words,
};

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    pub key: i64,
    pub class: &'static str,
    pub when: String,
    pub title_when: String,
    pub what: String,
    pub more: String,
    /// Who, and by which record or audit row.
    pub cause: String,
    /// The receipt of an offer, and of a search in vain.
    pub route: Option<RouteView>,
}

/// One running clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    pub name: &'static str,
    pub hint: &'static str,
    pub basis: &'static str,
    pub due: Countdown,
}

/// A note, a deal, a disagreement: lines of the side column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteView {
    pub text: String,
    pub byline: String,
}

/// A deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealView {
    pub title: String,
    pub more: String,
    pub class: &'static str,
}

/// A lead's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadView {
    pub id: String,
    pub now_ms: i64,
    pub custody_version: u64,
    pub name: String,
    pub headline: String,
    pub stage: &'static str,
    pub stage_hint: &'static str,
    pub priority: String,
    pub passage: String,
    pub holder: String,
    pub holder_duty: String,
    pub duties: Vec<Duty>,
    pub route: Option<RouteView>,
    pub receipt: ReceiptView,
    /// Label and value.
    pub person: Vec<(&'static str, String)>,
    pub account: Vec<(&'static str, String)>,
    pub deals: Vec<DealView>,
    pub disagreements: Vec<NoteView>,
    pub notes: Vec<NoteView>,
    pub story: Vec<StoryLine>,
    /// The version before which older lines are read.
    pub older: Option<i64>,
    pub merged_into: String,
    /// Why a fault of ours holds the lead; empty while none does.
    pub parked: String,
}

/// The page from what was read; `full` says that the story's page is full and older lines may follow.
#[must_use]
pub fn lead_view(read: &LeadRead, story: &[StoryRow], full: bool, texts: &Texts) -> LeadView {
    let lead = &read.lead;
    let team = &texts.team;
    let person = read.person.clone().unwrap_or_default();
    let company = person.company_name.clone().or_else(|| person.company_domain.clone());
    let (stage, stage_hint) = stage_words(lead.stage.kind());
    let custody = lead.custody();
    LeadView {
        id: lead.id.to_string(),
        now_ms: read.now.0.div_euclid(1_000),
        custody_version: lead.custody_version,
        name: person_name(person.first_name.as_deref(), person.last_name.as_deref(), company.as_deref()),
        headline: [person.job_title.clone(), company].into_iter().flatten().collect::<Vec<_>>().join(", "),
        stage,
        stage_hint,
        priority: lead
            .cycle
            .terms
            .as_ref()
            .map_or_else(String::new, |terms| priority_words(terms.priority).to_owned()),
        passage: passage(lead),
        holder: custody.map_or_else(String::new, |custody| member_name(team, custody.holder.member())),
        holder_duty: custody.map_or_else(String::new, |custody| duty_words(&custody.holder).to_owned()),
        duties: duties(lead, read.now),
        route: route_of(lead, read.last_offer.as_ref(), team),
        receipt: receipt_view(lead, &texts.policy, read.now),
        account: account(read, team),
        deals: read.deals.iter().map(|deal| deal_view(deal, team)).collect(),
        disagreements: read
            .disagreements
            .iter()
            .map(|it| NoteView {
                text: format!("{}: we hold {}, the CRM says {}", plain(&it.code), it.ours, it.theirs),
                byline: ago(read.now, Moment(it.at)),
            })
            .collect(),
        notes: read
            .notes
            .iter()
            .map(|note| NoteView {
                text: note.body.clone(),
                byline: format!(
                    "{}, {}, {}",
                    actor_words(team, &note.author),
                    plain(&note.theme),
                    ago(read.now, Moment(note.at))
                ),
            })
            .collect(),
        person: person_facts(&person, lead),
        story: story.iter().map(|row| story_line(row, team)).collect(),
        older: story.last().filter(|_| full).map(|row| row.version).filter(|version| *version > 1),
        parked: lead.parked.as_ref().map_or_else(String::new, |parked| plain(&parked.reason)),
        merged_into: match &lead.stage {
            Stage::Merged { into } => into.to_string(),
            Stage::Unseen
            | Stage::Captured(_)
            | Stage::Queued { .. }
            | Stage::Offered { .. }
            | Stage::SalesAccepted(_)
            | Stage::SalesQualified(_)
            | Stage::Opportunity(_)
            | Stage::Won { .. }
            | Stage::WonUnderReview { .. }
            | Stage::Lost { .. }
            | Stage::Recycled { .. }
            | Stage::Disqualified { .. }
            | Stage::Suppressed { .. } => String::new(),
        },
    }
}

fn passage(lead: &Lead) -> String {
    let motion = match lead.cycle.motion {
        Motion::NewBusiness => "",
        Motion::Expansion => ", expansion",
    };
    format!("passage {}{motion}", lead.cycle.number)
}

fn duties(lead: &Lead, now: Moment) -> Vec<Duty> {
    let Some(custody) = lead.custody() else { return Vec::new() };
    let mut clocks: Vec<_> = custody.clocks().collect();
    clocks.sort_by_key(|clock| clock.due_by);
    clocks
        .into_iter()
        .map(|clock| {
            let (name, hint) = clock_words(clock.kind);
            let basis = match clock.basis {
                Basis::Hours(_) => "the holder's working time",
                Basis::Business => "Monday to Friday, UTC",
                Basis::Wall | Basis::WallLadder(_) => "calendar time",
            };
            Duty { name, hint, basis, due: countdown(now, clock.due_by) }
        })
        .collect()
}

fn person_facts(person: &PersonRead, lead: &Lead) -> Vec<(&'static str, String)> {
    let permission = |given: Permission| match given {
        Permission::Unknown => None,
        Permission::Given => Some("agreed"),
        Permission::Withdrawn => Some("withdrawn"),
    };
    let crm: Vec<&str> = person.crm.iter().map(String::as_str).collect();
    let facts = [
        ("E-mail", person.email.clone()),
        ("Phone", person.phone.clone()),
        ("Job title", person.job_title.clone()),
        ("Place", joined([person.region.as_deref(), person.country.as_deref()])),
        ("CRM", (!crm.is_empty()).then(|| crm.join(", "))),
        ("Marketing e-mail", permission(lead.consent.email).map(str::to_owned)),
        ("Calls", permission(lead.consent.phone).map(str::to_owned)),
        ("First seen", Some(moment_words(lead.first_seen_at))),
    ];
    known(facts)
}

fn account(read: &LeadRead, team: &Team) -> Vec<(&'static str, String)> {
    let person = read.person.clone().unwrap_or_default();
    let facts = [
        ("Company", read.account_name.clone().or(person.company_name)),
        ("Domain", person.company_domain),
        ("Employees", person.employees.map(|count| grouped(i64::from(count)))),
        ("Industry", person.industry),
        ("Segment", Some(plain(&read.segment))),
        ("Owner", read.account_owner.clone().map(|owner| member_name(team, &MemberId(owner)))),
        ("Customer", read.lead.customer.then(|| "yes".to_owned())),
        ("Brought by", Some(origin_words(read.lead.origin).to_owned())),
        ("First campaign", read.first_campaign.clone().or_else(|| read.lead.first_campaign.clone())),
        ("Last campaign", read.last_campaign.clone().or_else(|| read.lead.last_campaign.clone())),
    ];
    known(facts)
}

fn known<const N: usize>(facts: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    facts
        .into_iter()
        .filter_map(|(label, value)| value.filter(|it| !it.is_empty()).map(|value| (label, value)))
        .collect()
}

fn joined(parts: [Option<&str>; 2]) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Ten-thousandths in one unit of money.
const UNIT: i64 = 10_000;

fn deal_view(deal: &DealRead, team: &Team) -> DealView {
    let money = deal
        .ten_thousandths
        .map(|amount| format!("{} {}", grouped(amount / UNIT), deal.currency.as_deref().unwrap_or_default()));
    let parts = [
        Some(format!("opened {}", moment_words(Moment(deal.opened_at)))),
        deal.stage.clone(),
        deal.closed_on.map(|day| format!("closed {}", date(day))),
        deal.close_date.filter(|_| deal.closed_on.is_none()).map(|day| format!("expected {}", date(day))),
        deal.owner.clone().map(|owner| member_name(team, &MemberId(owner))),
        deal.reason.as_deref().map(plain),
    ];
    DealView {
        title: [Some(plain(&deal.state)), money, Some(plain(&deal.kind))]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
        more: parts.into_iter().flatten().collect::<Vec<_>>().join("; "),
        class: match deal.state.as_str() {
            "won" => "good",
            "lost" => "bad",
            "open" => "accent",
            _ => "",
        },
    }
}

/// One audit row as people read it.
#[must_use]
pub fn story_line(row: &StoryRow, team: &Team) -> StoryLine {
    let words = event_words(&row.event, team);
    let mut cause = vec![actor_words(team, &row.actor)];
    if let Some((_, kind)) = &row.cause {
        cause.push(kind.clone());
    }
    if let Some((topic, partition, offset)) = &row.record {
        cause.push(format!("{topic} {partition}:{offset}"));
    }
    cause.push(format!("audit {}#{} {}", row.stream, row.stream_sequence, short_hash(&row.hash)));
    StoryLine {
        key: row.version,
        class: words.tone.class(),
        when: row.occurred_at.timestamp().strftime("%-d %b, %H:%M").to_string(),
        title_when: format!(
            "happened {}, decided {}",
            moment_words(row.occurred_at),
            moment_words(row.decided_at)
        ),
        what: words.title,
        more: words.more,
        cause: cause.join(" \u{b7} "),
        route: route_view(&row.event, team),
    }
}
