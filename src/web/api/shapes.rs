//! What the API shows of leads: fields of their own, so that a change inside never changes what programs read.

use super::handshake::{NoteShape, ReturnedShape, note, returned};
use super::routing::RouteShape;
use crate::domain::lead::{Lead, StageKind};
use crate::domain::time::Moment;
use crate::store::read::lead_list::LeadLine;
use crate::store::read::lead_page::{LeadRead, StoryRow};
use crate::store::read::watch::Holding;
use crate::transaction::loaded::Texts;
use crate::web::auth::token::hex;
use crate::web::view::list::stage_of;
use crate::web::view::receipt::{ReceiptView, receipt_view};
use crate::web::words::event_words;
use serde::Serialize;
use utoipa::ToSchema;

/// Who must act, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HolderShape {
    /// `rep`, `steward`, `segment_owner`, `marketing_owner`, `arbiter`, `operations`.
    pub kind: String,
    pub member: String,
}

/// A lead in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeadSummary {
    pub id: String,
    /// The stage's word on the wire.
    pub stage: &'static str,
    pub name: Option<String>,
    pub company: Option<String>,
    pub job_title: Option<String>,
    pub grade: String,
    pub points: i32,
    pub priority: Option<i16>,
    pub segment: String,
    pub origin: String,
    pub cycle: i32,
    pub holder: Option<HolderShape>,
    pub pool: Option<String>,
    /// RFC 3339.
    pub deadline: Option<String>,
    pub custody_version: i64,
    pub decided_at: String,
    pub first_campaign: Option<String>,
    pub last_campaign: Option<String>,
}

/// One page of leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeadPage {
    pub leads: Vec<LeadSummary>,
    /// Give it as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One running clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClockShape {
    pub kind: &'static str,
    /// `business` or `wall`.
    pub basis: &'static str,
    pub started_at: String,
    pub due_by: String,
}

/// A person as known; absent once erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonShape {
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    pub country: Option<String>,
    pub company_name: Option<String>,
    pub company_domain: Option<String>,
    pub employees: Option<i32>,
    pub industry: Option<String>,
    /// `system:object:id`.
    pub crm: Vec<String>,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeadShape {
    pub id: String,
    pub version: u64,
    /// Bring it back as `If-Match` with an ask.
    pub custody_version: u64,
    pub stage: &'static str,
    pub handoff_id: Option<String>,
    pub cycle: u32,
    pub motion: &'static str,
    pub origin: &'static str,
    pub segment: String,
    pub priority: Option<u8>,
    pub mql_at: Option<String>,
    pub first_seen_at: String,
    pub decided_at: String,
    pub holder: Option<HolderShape>,
    pub clocks: Vec<ClockShape>,
    /// The feed that clocks wait for; null while they run.
    pub clocks_held: Option<HeldShape>,
    pub account: Option<String>,
    pub customer: bool,
    pub first_campaign: Option<String>,
    pub last_campaign: Option<String>,
    pub person: Option<PersonShape>,
    /// Rejections that marketing may contest, the latest last, and what came of them.
    pub returned: Vec<ReturnedShape>,
    /// What people wrote about the lead in any of its passages, the newest first.
    pub notes: Vec<NoteShape>,
    pub score: ScoreShape,
    /// Why the latest offer went to whom it did.
    pub route: Option<RouteShape>,
}

/// What holds clocks: none fires for a later moment than what is known of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeldShape {
    pub feed: String,
    /// RFC 3339.
    pub known_to: String,
    /// When its last record came, where it is silent against its habit; null where it is only behind. RFC 3339.
    pub silent_since: Option<String>,
}

/// One line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScoreLineShape {
    pub rule: String,
    pub label: String,
    pub points: i32,
    pub note: String,
    /// How many signals stand behind it.
    pub signals: usize,
}

/// One field of fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FitShape {
    pub field: String,
    pub value: String,
    pub points: u8,
    pub maximum: u8,
    pub known: bool,
}

/// Why a lead has its score: the lines' points sum to `points`, the fields' to `fit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScoreShape {
    pub points: u16,
    pub grade: &'static str,
    pub fit: u8,
    pub lines: Vec<ScoreLineShape>,
    pub fields: Vec<FitShape>,
    /// What is missing to the next threshold.
    pub missing: Vec<String>,
    /// Signals of machines, counted and left out.
    pub automated: u32,
    /// SHA-256 of the policy's text.
    pub policy: String,
    pub as_of: String,
}

/// One audit row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryRow {
    pub version: i64,
    pub event: &'static str,
    /// In words.
    pub summary: String,
    /// The receipt of an offer.
    pub route: Option<RouteShape>,
    pub occurred_at: String,
    pub decided_at: String,
    pub actor: String,
    pub cause_type: Option<String>,
    /// `topic/partition/offset` of the record that caused it.
    pub record: Option<String>,
    pub stream: String,
    pub stream_sequence: i64,
    /// Hexadecimal; `baton audit verify` checks the chain.
    pub hash: String,
}

/// One page of history, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryPage {
    pub history: Vec<HistoryRow>,
    /// Give it as `before` for older rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

pub(super) fn summary(row: &LeadLine) -> LeadSummary {
    let name = [row.first_name.as_deref(), row.last_name.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    LeadSummary {
        id: row.id.to_string(),
        stage: stage_of(row.stage).map_or("unknown", StageKind::wire),
        name: (!name.is_empty()).then_some(name),
        company: row.company.clone(),
        job_title: row.job_title.clone(),
        grade: row.grade.clone(),
        points: row.points,
        priority: row.priority,
        segment: row.segment.clone(),
        origin: row.origin.clone(),
        cycle: row.cycle,
        holder: row
            .holder_kind
            .clone()
            .zip(row.holder_id.clone())
            .map(|(kind, member)| HolderShape { kind, member }),
        pool: row.pool.clone(),
        deadline: row.deadline.map(|at| Moment(at).to_string()),
        custody_version: row.custody_version,
        decided_at: Moment(row.decided_at).to_string(),
        first_campaign: row.first_campaign.clone(),
        last_campaign: row.last_campaign.clone(),
    }
}

pub(super) fn lead(read: &LeadRead, held: Option<&Holding>, texts: &Texts) -> LeadShape {
    let lead = &read.lead;
    let terms = lead.cycle.terms.as_ref();
    LeadShape {
        id: lead.id.to_string(),
        version: lead.version,
        custody_version: lead.custody_version,
        stage: lead.stage.kind().wire(),
        handoff_id: lead.handoff().map(|id| id.to_string()),
        cycle: lead.cycle.number,
        motion: lead.cycle.motion.code(),
        origin: lead.origin.code(),
        segment: read.segment.clone(),
        priority: terms.map(|terms| terms.priority.number()),
        mql_at: terms.and_then(|terms| terms.mql_at).map(|at| at.to_string()),
        first_seen_at: lead.first_seen_at.to_string(),
        decided_at: lead.decided_at.to_string(),
        holder: lead
            .holder()
            .map(|holder| HolderShape { kind: holder.kind().to_owned(), member: holder.member().0.clone() }),
        clocks: clocks(lead),
        clocks_held: held.map(|it| HeldShape {
            feed: it.topic.clone(),
            known_to: it.known_to.to_string(),
            silent_since: it.silent_since.map(|at| at.to_string()),
        }),
        account: read.account_name.clone(),
        customer: lead.customer,
        first_campaign: lead.first_campaign.clone(),
        last_campaign: lead.last_campaign.clone(),
        person: read.person.clone().map(|person| PersonShape {
            email: person.email,
            first_name: person.first_name,
            last_name: person.last_name,
            phone: person.phone,
            job_title: person.job_title,
            country: person.country,
            company_name: person.company_name,
            company_domain: person.company_domain,
            employees: person.employees,
            industry: person.industry,
            crm: person.crm,
        }),
        returned: lead.returned.iter().map(returned).collect(),
        notes: read.notes.iter().map(note).collect(),
        score: score(lead, texts, read.now),
        route: super::routing::route(read.last_offer.as_ref()),
    }
}

fn clocks(lead: &Lead) -> Vec<ClockShape> {
    let Some(custody) = lead.custody() else { return Vec::new() };
    custody
        .clocks()
        .map(|clock| ClockShape {
            kind: clock.kind.code(),
            basis: clock.basis.code(),
            started_at: clock.started_at.to_string(),
            due_by: clock.due_by.to_string(),
        })
        .collect()
}

pub(super) fn score(lead: &Lead, texts: &Texts, now: Moment) -> ScoreShape {
    let ReceiptView { points, grade, fit, lines, fit_rows, missing, automated, .. } =
        receipt_view(lead, &texts.policy, now);
    ScoreShape {
        points,
        grade,
        fit,
        lines: lines
            .into_iter()
            .map(|line| ScoreLineShape {
                rule: line.id,
                label: line.label,
                points: line.points,
                note: line.note,
                signals: line.signals.len(),
            })
            .collect(),
        fields: fit_rows
            .into_iter()
            .map(|row| FitShape {
                field: row.label.to_owned(),
                value: row.value,
                points: row.points,
                maximum: row.maximum,
                known: row.known,
            })
            .collect(),
        missing,
        automated,
        policy: hex(&texts.policy.hash),
        as_of: now.to_string(),
    }
}

pub(super) fn history_row(row: &StoryRow, texts: &Texts) -> HistoryRow {
    let words = event_words(&row.event, &texts.team);
    HistoryRow {
        version: row.version,
        event: row.event.name(),
        route: super::routing::route(Some(&row.event)),
        summary: if words.more.is_empty() { words.title } else { format!("{}: {}", words.title, words.more) },
        occurred_at: row.occurred_at.to_string(),
        decided_at: row.decided_at.to_string(),
        actor: row.actor.clone(),
        cause_type: row.cause.as_ref().map(|(_, kind)| kind.clone()),
        record: row.record.as_ref().map(|(topic, partition, offset)| format!("{topic}/{partition}/{offset}")),
        stream: row.stream.clone(),
        stream_sequence: row.stream_sequence,
        hash: hex(&row.hash),
    }
}
