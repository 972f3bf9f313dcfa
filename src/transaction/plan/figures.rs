//! Rows for figures and queues that follow from an event: the handoff as it stands, and what happened in it. It decides
//! nothing.

use super::Planner;
use crate::domain::contest::{Verdict, awaited};
use crate::domain::custody::{Clock, ClockKind, Holder, Rung};
use crate::domain::event::Event;
use crate::domain::ids::HandoffId;
use crate::domain::lead::{Lead, Stage, StageKind};
use crate::domain::leg::LegStep;
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;
use crate::store::rows::{HandoffFactRow, HandoffRow, RotationEntryRow};

/// What an event says for the figures.
struct Told {
    kind: &'static str,
    code: Option<String>,
    member: Option<MemberId>,
    /// Rejections: counts in the acceptance figures.
    counts: bool,
    /// Rejections: the reason was missing or a demand unmet; acceptances and SQLs: implied; verdicts: moot; mended data:
    /// the missed deadline is a fact already.
    flagged: bool,
    /// Verdicts: the rejection that it is about.
    about: Option<(HandoffId, u64)>,
}

impl Told {
    fn plain(kind: &'static str) -> Self {
        Self { kind, code: None, member: None, counts: false, flagged: false, about: None }
    }

    fn with(kind: &'static str, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..Self::plain(kind) }
    }

    fn by(mut self, member: Option<MemberId>) -> Self {
        self.member = member;
        self
    }

    fn flagged(mut self, flagged: bool) -> Self {
        self.flagged = flagged;
        self
    }
}

impl Planner<'_> {
    /// Rows for figures and queues that follow from an event.
    pub(super) fn follow(&mut self, before: &Lead, after: &Lead, event: &Event, occurred_at: Moment) {
        // The handoff of a merged lead is the survivor's, or ended.
        if after.stage.kind() != StageKind::Merged {
            self.handoff(before, after, event, occurred_at);
        }
        self.fact(before, after, event, occurred_at);
        if let Event::DisagreementSettled { version } = event {
            let version = i64::try_from(*version).unwrap_or(i64::MAX);
            self.write.settled.push((after.id, version, after.decided_at));
        }
        if let Event::LeadAccepted { by, .. } | Event::CloserAccepted { by, .. } = event
            && let Some(pool) = taken_from(before, event)
        {
            let member = by.clone();
            self.write.rotation_entries.push(RotationEntryRow { pool, member, lead: after.id });
        }
    }

    fn handoff(&mut self, before: &Lead, after: &Lead, event: &Event, occurred_at: Moment) {
        let Some(terms) = after.cycle.terms.as_ref() else { return };
        let campaign = after.last_campaign.as_ref().or(after.first_campaign.as_ref());
        let complete = matches!(event, Event::LeadMarketingQualified { .. })
            .then(|| self.world.policy.missing_fields(&after.profile).is_empty());
        let row = self.handoffs.entry(terms.handoff).or_insert_with(|| HandoffRow {
            id: terms.handoff,
            lead: after.id,
            campaign: campaign.cloned(),
            ..HandoffRow::default()
        });
        row.lead = after.id;
        row.cycle = i32::try_from(after.cycle.number).unwrap_or(i32::MAX);
        row.stage = after.stage.kind().number();
        row.motion = after.cycle.motion.code();
        row.mql_at = terms.mql_at;
        row.priority = i16::from(terms.priority.number());
        row.contact_from = Some(terms.contact_from);
        row.contact_by = Some(terms.contact_by);
        row.accepted_at = after.cycle.accepted_at;
        row.first_attempt_at = after.cycle.first_attempt_at;
        row.sql_at = after.cycle.sql_at;
        row.complete = complete.or(row.complete);
        if let Event::LeadRejected { code, .. } = event {
            row.rejected = Some(code.code());
        }
        if let Stage::Queued { pool, .. } | Stage::Offered { pool, .. } = &after.stage {
            row.pool = Some(pool.0.clone());
        }
        if let Some(Holder::Rep(rep)) = after.stage.custody().map(|custody| &custody.holder) {
            row.rep = Some(rep.0.clone());
        }
        row.pulled |= matches!(event, Event::OpportunityOpened { implied: true, .. });
        disposition(row, before, after, event, occurred_at);
    }

    fn fact(&mut self, before: &Lead, after: &Lead, event: &Event, occurred_at: Moment) {
        let Some(told) = told(before, event, occurred_at) else { return };
        let about = told.about.map(|(handoff, _)| handoff).or_else(|| after.handoff());
        let Some(handoff) = about else { return };
        let pool = told.member.as_ref().and_then(|member| self.world.team.pool_of(member));
        self.write.handoff_facts.push(HandoffFactRow {
            handoff,
            version: i64::try_from(after.version).unwrap_or(i64::MAX),
            lead: after.id,
            at: occurred_at,
            kind: told.kind,
            code: told.code,
            counts: told.counts,
            flagged: told.flagged,
            after_sql: before.stage.kind() == StageKind::SalesQualified,
            of_version: told.about.and_then(|(_, version)| i64::try_from(version).ok()),
            pool: pool.map(|pool| pool.id.0.clone()),
            member: told.member.map(|member| member.0),
        });
    }
}

/// The pool in whose queue somebody took the lead without the router (LIFECYCLE N14).
fn taken_from(before: &Lead, event: &Event) -> Option<PoolId> {
    match (event, &before.stage, &before.leg) {
        (Event::LeadAccepted { .. }, Stage::Queued { pool, .. }, _) => Some(pool.clone()),
        (Event::CloserAccepted { .. }, _, Some(leg)) => match leg.step {
            LegStep::Waiting { .. } => Some(leg.pool.clone()),
            LegStep::Offered(_) | LegStep::Working(_) => None,
        },
        (_, _, _) => None,
    }
}

/// When the rep's decision was due and came: a lead that left the rep otherwise owes none; an extended one counts at its
/// new date.
fn disposition(row: &mut HandoffRow, before: &Lead, after: &Lead, event: &Event, occurred_at: Moment) {
    let due = |lead: &Lead| {
        let custody = lead.stage.custody()?;
        Some(custody.clock(ClockKind::DispositionBy)?.due_by)
    };
    match after.stage.kind() {
        StageKind::SalesAccepted => {
            row.disposition_by = due(after);
            row.disposed_at = None;
        }
        StageKind::Captured | StageKind::Queued | StageKind::Offered if !decides(event) => {
            row.disposition_by = None;
            row.disposed_at = None;
        }
        StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Recycled
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Unseen
        | StageKind::Merged => {}
    }
    if before.stage.kind() == StageKind::SalesAccepted && decides(event) {
        row.disposition_by = due(before);
        row.disposed_at = Some(occurred_at);
    }
}

/// Whether the rep said what is to become of the lead.
fn decides(event: &Event) -> bool {
    matches!(event, Event::LeadRejected { .. } | Event::LeadSalesQualified { .. })
}

/// What an event says for the figures, if anything.
#[expect(clippy::wildcard_enum_match_arm, reason = "figures count these; every other event is no figure")]
fn told(before: &Lead, event: &Event, occurred_at: Moment) -> Option<Told> {
    let holder = || before.holder().map(|holder| holder.member().clone());
    Some(match event {
        Event::LeadMarketingQualified { .. } => Told::plain("mql"),
        Event::LeadAccepted { by, implied, .. } => {
            Told::plain("accepted").by(Some(by.clone())).flagged(*implied)
        }
        Event::LeadRejected { code, unmapped, flagged, counts, by, .. } => Told {
            counts: *counts,
            ..Told::with("rejected", code.code()).by(by.clone()).flagged(*unmapped || *flagged)
        },
        Event::LeadQueued { misrouted: true, .. } => Told::plain("misrouted").by(holder()),
        Event::OfferWithdrawn { from, why, .. } | Event::CloserWithdrawn { from, why, .. } => {
            Told::with("withdrawn", why.code()).by(Some(from.clone()))
        }
        Event::LeadSalesQualified { by, implied, .. } => {
            Told::plain("qualified").by(by.clone()).flagged(*implied)
        }
        Event::SqlReversed => Told::plain("sql_reversed").by(holder()),
        Event::OpportunityOpened { .. } => Told::plain("opportunity_opened").by(holder()),
        Event::LeadWon { .. } | Event::DealRecorded { win: true, .. } => Told::plain("won").by(holder()),
        Event::LeadLost { reason, .. } => {
            Told::with("lost", reason.as_deref().unwrap_or("unmapped_reason")).by(holder())
        }
        Event::WinReversed { .. } => Told::plain("win_reversed"),
        Event::ClockReminded { kind: ClockKind::VerdictBy, .. } => {
            let clock = before.custody().and_then(|custody| custody.clock(ClockKind::VerdictBy))?;
            let arbiter = awaited(before, clock).map(|contest| contest.arbiter.clone());
            Told::with("reminded", clock.kind.code()).by(arbiter)
        }
        Event::ClockReminded { kind, .. } => Told::with("reminded", kind.code()).by(holder()),
        Event::ClockBreached { .. } if mending(before).is_some() => {
            Told::with("breached", "data_fix").by(holder())
        }
        Event::ClockBreached { kind, .. } => Told::with("breached", kind.code()).by(holder()),
        Event::DataFixed { .. } => {
            let clock = mending(before)?;
            let when = if occurred_at > clock.due_by { "late" } else { "in_time" };
            Told::with("data_fixed", when).by(holder()).flagged(clock.rung > Rung::Due)
        }
        Event::ClockEscalated { kind, .. } => Told::with("escalated", kind.code()).by(holder()),
        Event::BreachVoided { rep, .. } => {
            Told::with("breach_voided", ClockKind::AcceptBy.code()).by(Some(rep.clone()))
        }
        Event::RejectionContested { handoff, by, .. } => {
            settled(before, *handoff, "contested").by(Some(by.clone()))
        }
        Event::ContestResolved { handoff, verdict, by, moot, .. } => {
            let kind = match verdict {
                Verdict::Upheld => "upheld",
                Verdict::Overturned => "overturned",
                Verdict::Lapsed => "lapsed",
            };
            settled(before, *handoff, kind).by(by.clone()).flagged(*moot)
        }
        _ => return None,
    })
}

/// Marketing's clock for data that sales asked for.
fn mending(lead: &Lead) -> Option<&Clock> {
    let Stage::Captured(custody) = &lead.stage else { return None };
    matches!(custody.holder, Holder::MarketingOwner(_)).then(|| custody.clock(ClockKind::ReviewBy)).flatten()
}

/// A contest or verdict with the reason of the rejection that it is about.
fn settled(before: &Lead, handoff: HandoffId, kind: &'static str) -> Told {
    let returned = before.returned.iter().find(|returned| returned.handoff == handoff);
    Told {
        code: returned.map(|returned| returned.code.code().to_owned()),
        about: returned.map(|returned| (handoff, returned.version)),
        ..Told::plain(kind)
    }
}
