//! One lead out of two (LIFECYCLE N5): whose passage goes on, and what both know together. It never decides whether.

use super::contest::{RETURNED_MAX, Returned};
use super::lead::{
    DEALS_MAX, Deal, DealState, Lead, Motion, Origin, PAST_CYCLES_MAX, PastCycle, Stage, StageKind,
    SuppressedFor,
};
use super::policy::Guards;
use super::profile::{Profile, Stamped};
use super::time::Moment;

/// Whose stage, holder, handoff and cycle go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    Ours,
    Theirs,
}

/// Suppressed beats all; then the furthest open stage; open beats closed; of two closed ones won, then the later.
#[must_use]
pub fn goes_on(ours: &Lead, theirs: &Lead) -> Goes {
    if rank(theirs) > rank(ours) { Goes::Theirs } else { Goes::Ours }
}

/// Order of passages: suppressed, open by stage, closed by kind, then when it was decided. Erasure is the strictest.
fn rank(lead: &Lead) -> (u8, u8, Moment) {
    let stage = lead.stage.kind().number();
    let stage = u8::try_from(stage).unwrap_or(0);
    match &lead.stage {
        Stage::Suppressed { reason, .. } => {
            let strict = match reason {
                SuppressedFor::OptOut => 0,
                SuppressedFor::Legal => 1,
                SuppressedFor::Erased => 2,
            };
            (9, strict, lead.decided_at)
        }
        Stage::Captured(_)
        | Stage::Queued { .. }
        | Stage::Offered { .. }
        | Stage::SalesAccepted(_)
        | Stage::SalesQualified(_)
        | Stage::Opportunity(_) => (8, stage, Moment::EVER),
        Stage::Won { at } | Stage::WonUnderReview { at, .. } => (5, 1, *at),
        Stage::Lost { at, .. } => (4, 0, *at),
        // A rest ends by itself: the person is nearer to a passage than one who was set aside.
        Stage::Recycled { at, .. } => (4, 0, *at),
        Stage::Disqualified { .. } => (3, 0, lead.decided_at),
        Stage::Unseen | Stage::Merged { .. } => (0, 0, Moment::EVER),
    }
}

/// Both leads as the one that survives under our id; version and custody version are the event's business.
#[must_use]
pub fn united(ours: &Lead, theirs: &Lead, goes: Goes) -> Lead {
    let (leads, other) = match goes {
        Goes::Ours => (ours, theirs),
        Goes::Theirs => (theirs, ours),
    };
    let mut cycle = leads.cycle.clone();
    if goes == Goes::Theirs {
        // A handoff that is taken over keeps its id; its passage gets the next number here.
        cycle.number = ours.cycle.number.max(theirs.cycle.number) + 1;
    }
    let customer = ours.customer || theirs.customer;
    let won_beside_open = other.stage.kind() == StageKind::Won && leads.stage.kind() != StageKind::Suppressed;
    if won_beside_open && leads.stage.kind() != StageKind::Won {
        cycle.motion = Motion::Expansion;
    }
    let (origin, origin_at) = earlier_origin(ours, theirs);
    let first = earlier_campaign(ours, theirs);
    let last = later_campaign(ours, theirs);
    let (consent, consent_at) = ours.consent.heard(ours.consent_at, theirs.consent, theirs.consent_at);
    Lead {
        id: ours.id,
        version: ours.version,
        custody_version: ours.custody_version,
        first_seen_at: ours.first_seen_at.min(theirs.first_seen_at),
        decided_at: ours.decided_at.max(theirs.decided_at),
        profile: profiles(&ours.profile, &theirs.profile),
        signals: ours.signals.clone().united(&theirs.signals),
        guards: guards(ours.guards, theirs.guards),
        consent,
        origin,
        origin_at,
        first_campaign: first.0,
        first_campaign_at: first.1,
        last_campaign: last.0,
        last_campaign_at: last.1,
        crm_linked: ours.crm_linked || theirs.crm_linked,
        account: ours.account.or(theirs.account),
        customer,
        past: past(ours, theirs, goes, cycle.number),
        deals: deals(ours, theirs, goes, cycle.number),
        cycle,
        stage: leads.stage.clone(),
        consent_at,
        no_contact: ours.no_contact || theirs.no_contact,
        parked: ours.parked.clone(),
        returned: returned(ours, theirs),
        past_offers: leads.past_offers.clone(),
        leg: leads.leg.clone(),
        product: later(ours.product.as_ref(), theirs.product.as_ref()),
        // Who is not free is looked at anew.
        nobody_free_at: 0,
    }
}

/// Rejections of both, each handoff once; what is contested of either goes on.
fn returned(ours: &Lead, theirs: &Lead) -> Vec<Returned> {
    let known = |returned: &&Returned| ours.returned.iter().all(|mine| mine.handoff != returned.handoff);
    let mut returned: Vec<Returned> =
        ours.returned.iter().chain(theirs.returned.iter().filter(known)).cloned().collect();
    returned.sort_by_key(|returned| (returned.at, returned.handoff));
    let surplus = returned.len().saturating_sub(RETURNED_MAX);
    returned.drain(..surplus);
    returned
}

fn earlier_origin(ours: &Lead, theirs: &Lead) -> (Origin, Moment) {
    let known = |lead: &Lead| lead.origin != Origin::Unknown;
    let take_theirs = known(theirs) && (!known(ours) || theirs.origin_at < ours.origin_at);
    if take_theirs { (theirs.origin, theirs.origin_at) } else { (ours.origin, ours.origin_at) }
}

fn earlier_campaign(ours: &Lead, theirs: &Lead) -> (Option<String>, Moment) {
    let take_theirs = theirs.first_campaign.is_some()
        && (ours.first_campaign.is_none() || theirs.first_campaign_at < ours.first_campaign_at);
    let from = if take_theirs { theirs } else { ours };
    (from.first_campaign.clone(), from.first_campaign_at)
}

fn later_campaign(ours: &Lead, theirs: &Lead) -> (Option<String>, Moment) {
    let take_theirs = theirs.last_campaign.is_some()
        && (ours.last_campaign.is_none() || theirs.last_campaign_at > ours.last_campaign_at);
    let from = if take_theirs { theirs } else { ours };
    (from.last_campaign.clone(), from.last_campaign_at)
}

fn later<T: Clone>(ours: Option<&Stamped<T>>, theirs: Option<&Stamped<T>>) -> Option<Stamped<T>> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if theirs.stamp > ours.stamp => Some(theirs.clone()),
        (Some(ours), _) => Some(ours.clone()),
        (None, theirs) => theirs.cloned(),
    }
}

/// Field by field the later writer, as if both had always been one.
fn profiles(ours: &Profile, theirs: &Profile) -> Profile {
    let mut known = ours.known;
    known.email |= theirs.known.email;
    known.phone |= theirs.known.phone;
    known.name |= theirs.known.name;
    known.company |= theirs.known.company;
    known.job_title |= theirs.known.job_title;
    Profile {
        employees: later(ours.employees.as_ref(), theirs.employees.as_ref()),
        industry: later(ours.industry.as_ref(), theirs.industry.as_ref()),
        country: later(ours.country.as_ref(), theirs.country.as_ref()),
        region: later(ours.region.as_ref(), theirs.region.as_ref()),
        seniority: later(ours.seniority.as_ref(), theirs.seniority.as_ref()),
        function: later(ours.function.as_ref(), theirs.function.as_ref()),
        company_domain: later(ours.company_domain.as_ref(), theirs.company_domain.as_ref()),
        mail: later(ours.mail.as_ref(), theirs.mail.as_ref()),
        known,
    }
}

/// What blocked one of them blocks the person, but for junk: whoever works the other lead knows better.
fn guards(ours: Guards, theirs: Guards) -> Guards {
    Guards {
        hard_bounce: ours.hard_bounce && theirs.hard_bounce,
        own: ours.own || theirs.own,
        test: ours.test || theirs.test,
        competitor: ours.competitor || theirs.competitor,
        junk: ours.junk && theirs.junk,
        disposable: ours.disposable && theirs.disposable,
        bot: ours.bot && theirs.bot,
        email_opt_out: ours.email_opt_out || theirs.email_opt_out,
    }
}

/// Passages that are over: of both, the one that does not go on among them.
fn past(ours: &Lead, theirs: &Lead, goes: Goes, number: u32) -> Vec<PastCycle> {
    let ended = match goes {
        Goes::Ours => theirs,
        Goes::Theirs => ours,
    };
    let now = ours.decided_at.max(theirs.decided_at);
    let superseded = (ended.cycle.number > 0).then(|| PastCycle {
        number: ended.cycle.number.min(number),
        started_at: ended.cycle.started_at,
        ended_at: now,
        hand_raised: ended.cycle.hand_raised,
    });
    let mut past: Vec<PastCycle> = ours.past.iter().chain(&theirs.past).copied().chain(superseded).collect();
    past.sort_by_key(|cycle| (cycle.ended_at, cycle.started_at));
    let surplus = past.len().saturating_sub(PAST_CYCLES_MAX);
    past.drain(..surplus);
    past
}

/// Deals of both; one that both know stands as the leading passage knows it.
fn deals(ours: &Lead, theirs: &Lead, goes: Goes, number: u32) -> Vec<Deal> {
    let (leads, other) = match goes {
        Goes::Ours => (ours, theirs),
        Goes::Theirs => (theirs, ours),
    };
    let renumbered = |deal: &Deal| {
        // Deals of the passage that goes on count for it under its number here.
        let cycle = if deal.cycle == leads.cycle.number { number } else { 0 };
        Deal { cycle, ..*deal }
    };
    let mut deals: Vec<Deal> = leads.deals.iter().map(renumbered).collect();
    for deal in &other.deals {
        if deals.iter().all(|known| known.id != deal.id) {
            // An open deal of the other lead is a deal of this passage now; a closed one belongs to one that is over.
            let cycle = if deal.state == DealState::Open { number } else { 0 };
            deals.push(Deal { cycle, ..*deal });
        }
    }
    while deals.len() > DEALS_MAX {
        let oldest_closed = deals.iter().position(|deal| deal.state != DealState::Open).unwrap_or(0);
        deals.remove(oldest_closed);
    }
    deals
}
