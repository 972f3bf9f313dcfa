//! The parts that published records are made of. They never hold direct identifiers of a lead.

use super::{AccountShown, DealShown, Handed};
use crate::contract::request::{CrmKey, Money};
use crate::domain::custody::{ClockKind, Custody, Holder};
use crate::domain::event::Event;
use crate::domain::lead::{Lead, Origin};
use crate::domain::policy::{Priority, SqlFacts};
use crate::domain::profile::Profile;
use crate::domain::routing::{Candidate, RouteReceipt, WhyNot};
use crate::domain::scoring::{Receipt, ReceiptPart};
use crate::domain::team::{PoolId, Team};
use crate::domain::time::{DAY, Moment};
use serde_json::{Map, Value, json};

/// Candidates that a receipt names; the schema's bound.
const CANDIDATES_MAX: usize = 20;
/// Lines of a receipt and reasons of a score; the schema's bound.
const LINES_MAX: usize = 100;
/// Talking points of one record.
const TALKING_POINTS_MAX: usize = 3;
/// Characters of a rule's id or label on the wire.
const LABEL_CHARS_MAX: usize = 200;

pub(super) type Object = Map<String, Value>;

/// A member that is null where there is nothing to say.
pub(super) fn put(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

/// RFC 3339; a time that says "since ever" is none.
pub(super) fn time(moment: Moment) -> Option<String> {
    (moment.0 > -62_135_596_800 * crate::domain::time::SECOND).then(|| moment.to_string())
}

/// A calendar date of days since 1970-01-01.
pub(super) fn date(days: i32) -> String {
    let start = Moment(i64::from(days) * DAY).to_string();
    start.split('T').next().unwrap_or_default().to_owned()
}

/// A decimal text of ten-thousandths, with two digits unless more are needed.
pub(super) fn decimal(ten_thousandths: i64) -> String {
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let units = ten_thousandths.unsigned_abs();
    let (whole, fraction) = (units / 10_000, units % 10_000);
    if fraction % 100 == 0 {
        format!("{sign}{whole}.{:02}", fraction / 100)
    } else {
        format!("{sign}{whole}.{fraction:04}")
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LABEL_CHARS_MAX).collect()
}

pub(super) fn crm_key(key: &CrmKey) -> Value {
    json!({ "system": key.system, "object": key.object, "id": key.id })
}

/// Who must act, with name and CRM user from the team.
pub(super) fn holder(holder: &Holder, team: &Team) -> Value {
    let member = team.member(holder.member());
    json!({
        "kind": holder.kind(),
        "id": holder.member().0,
        "name": member.map(|member| cut(&member.name)),
        "crm": member.map(|member| json!({
            "system": member.crm.system, "object": "user", "id": member.crm.id,
        })),
    })
}

/// The holder of a lead; null when it is closed.
pub(super) fn holder_of(lead: &Lead, team: &Team) -> Value {
    lead.holder().map_or(Value::Null, |it| holder(it, team))
}

/// The running clocks, the earliest first.
pub(super) fn deadlines(custody: Option<&Custody>) -> Value {
    let mut clocks: Vec<_> = custody.into_iter().flat_map(Custody::clocks).collect();
    clocks.sort_by_key(|clock| (clock.due_by, clock.kind));
    let shown = clocks.into_iter().map(|clock| {
        json!({ "kind": clock.kind.code(), "at": clock.due_by.to_string(), "clock": clock.basis.code() })
    });
    shown.collect()
}

/// By when a lead that became P1, or was raised to it in its queue, is called, where its pool was closed then and it waits for
/// the opening; a raised one goes to the next region on shift, if there is one.
pub(super) fn called_after_opening(handed: &Handed<'_>) -> Option<Moment> {
    if let Event::LeadMarketingQualified { terms, pool, .. } = handed.event {
        let open = handed.team.pool_hours(pool).is_open(terms.contact_from);
        return (terms.priority == Priority::P1 && !open).then_some(terms.contact_by);
    }
    let Event::PriorityRaised { priority: Priority::P1, contact_by, .. } = handed.event else { return None };
    let (team, at) = (handed.team, handed.decided_at);
    let (pool, _) = handed.after.queue().filter(|(_, held)| !held)?;
    let open = team.pool_hours(pool).is_open(at) || team.on_shift(pool, at).is_some();
    (!open).then_some(*contact_by)
}

/// The score: of the receipt with its reasons, else of the cycle's terms; null where there is neither.
pub(super) fn score(lead: &Lead, receipt: Option<&Receipt>) -> Value {
    if let Some(receipt) = receipt {
        let reasons = receipt.lines.iter().filter(|line| line.points != 0).take(LINES_MAX);
        let reasons: Vec<Value> = reasons
            .map(|line| json!({ "rule": cut(&line.id), "label": cut(&line.label), "points": line.points }))
            .collect();
        return json!({ "points": receipt.score.points, "grade": receipt.score.grade.code(), "reasons": reasons });
    }
    match &lead.cycle.terms {
        Some(terms) => json!({ "points": terms.points, "grade": terms.grade.code() }),
        None => Value::Null,
    }
}

/// How the score came about, rule by rule: engagement and caps, then fit.
pub(super) fn receipt_lines(receipt: Option<&Receipt>) -> Value {
    let Some(receipt) = receipt else { return json!([]) };
    let engagement = receipt.lines.iter().map(|line| {
        json!({
            "rule": cut(&line.id),
            "label": cut(&line.label),
            "points": line.points,
            "signals": line.signals.len(),
            "part": match line.part {
                ReceiptPart::Rule => "engagement",
                ReceiptPart::GroupCap | ReceiptPart::Total => "cap",
            },
            "before_caps": line.before_cap.clamp(-1_000, 1_000),
        })
    });
    let fit = receipt.fit.iter().map(|line| {
        let known = if line.known { "" } else { ", unknown" };
        json!({
            "rule": line.field.code(),
            "label": format!("{} of {} for {}{known}", line.points, line.maximum, line.field.code()),
            "points": line.points,
            "part": "fit",
        })
    });
    engagement.chain(fit).take(LINES_MAX).collect()
}

/// An offer, as far as its route explains it.
pub(super) struct Routed<'a> {
    pub rule: &'a str,
    pub pool: &'a PoolId,
    pub candidates: &'a [Candidate],
    pub receipt: Option<&'a RouteReceipt>,
    pub priority: Option<u8>,
    pub custody: &'a Custody,
}

/// How the holder was found, who else was looked at, and which times run since.
pub(super) fn route(routed: &Routed<'_>) -> Value {
    let receipt = routed.receipt;
    let by_account = receipt.filter(|it| it.step.is_by_account()).map(|it| it.step.code());
    let passed_over = receipt.map(|it| {
        let rules = it.passed_over.iter();
        rules
            .map(|passed| json!({ "rule": cut(&passed.rule), "field": passed.field.code() }))
            .collect::<Vec<_>>()
    });
    let account = receipt.and_then(|it| it.account).map(|it| {
        json!({
            "id": it.account.to_string(),
            "by": it.by.code(),
            "tie_break": it.tie.map(crate::domain::routing::Tie::code),
            "rivals": it.rivals,
        })
    });
    let due = |kind| routed.custody.clock(kind).map(|clock| clock.due_by.to_string());
    json!({
        "rule": cut(routed.rule),
        "pool": routed.pool.0,
        "step": receipt.map(|it| it.step.code()),
        "first_pool": receipt.and_then(|it| it.first_pool.as_ref()).map(|pool| pool.0.clone()),
        "account_match": by_account,
        "account": account,
        "passed_over": passed_over.unwrap_or_default(),
        "passed_over_more": receipt.map_or(0, |it| it.passed_over_more),
        "candidates": candidates(routed.candidates),
        "candidates_more": receipt.map_or(0, |it| it.candidates_more),
        "sla": { "priority": routed.priority, "accept_by": due(ClockKind::AcceptBy), "contact_by": due(ClockKind::ContactBy) },
    })
}

/// A person whom somebody named, without any route.
pub(super) fn named_route(holder: &Holder, priority: Option<u8>, custody: Option<&Custody>) -> Value {
    let due = |kind| custody.and_then(|it| it.clock(kind)).map(|clock| clock.due_by.to_string());
    let candidates = [Candidate { rep: holder.member().clone(), why_not: None }];
    json!({
        "rule": "named_person",
        "pool": null,
        "step": "wanted",
        "account_match": null,
        "candidates": self::candidates(&candidates),
        "sla": { "priority": priority, "accept_by": due(ClockKind::AcceptBy), "contact_by": due(ClockKind::ContactBy) },
    })
}

fn candidates(candidates: &[Candidate]) -> Value {
    let shown = candidates.iter().take(CANDIDATES_MAX);
    shown.map(|it| json!({ "rep": it.rep.0, "why_not": it.why_not.map(WhyNot::code) })).collect()
}

/// What to open the conversation with: the strongest reasons, and the company in features.
pub(super) fn talking_points(lead: &Lead, receipt: Option<&Receipt>) -> Value {
    let Some(receipt) = receipt else { return json!([]) };
    let mut lines: Vec<_> =
        receipt.lines.iter().filter(|line| line.points > 0 && line.part == ReceiptPart::Rule).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.points));
    let company = company(&lead.profile);
    let before = returned_before(lead);
    let room = TALKING_POINTS_MAX - usize::from(company.is_some()) - usize::from(before.is_some());
    let points = lines.into_iter().take(room).map(|line| match line.signals.len() {
        0 | 1 => cut(&line.label),
        times => format!("{}, {times} times", cut(&line.label)),
    });
    points.chain(before).chain(company).collect()
}

/// Why sales returned the lead in an earlier passage: whoever gets it again should know.
fn returned_before(lead: &Lead) -> Option<String> {
    let earlier = lead.returned.iter().rev().find(|returned| returned.cycle < lead.cycle.number)?;
    let day = i32::try_from(earlier.at.0.div_euclid(DAY)).ok().map(date)?;
    Some(format!("Returned before: {}, {day}", earlier.code.code().replace('_', " ")))
}

fn company(profile: &Profile) -> Option<String> {
    let employees = Profile::value(profile.employees.as_ref()).map(|count| format!("{count} employees"));
    let industry = Profile::value(profile.industry.as_ref()).cloned();
    let country = Profile::value(profile.country.as_ref()).cloned();
    let known: Vec<String> = [employees, industry, country].into_iter().flatten().collect();
    (!known.is_empty()).then(|| format!("Company: {}", known.join(", ")))
}

pub(super) fn account(account: Option<&AccountShown>) -> Value {
    let Some(account) = account else { return Value::Null };
    json!({
        "id": account.id.to_string(),
        "crm": account.crm.as_ref().map(crm_key),
        "domain": account.domain,
        "name": account.name.as_deref().map(cut),
        "kind": account.kind,
    })
}

pub(super) fn consent(lead: &Lead) -> Value {
    json!({ "email": lead.consent.email.code(), "phone": lead.consent.phone.code() })
}

/// The campaign of the touch that counts: the last before the handoff, else the first.
pub(super) fn campaign(lead: &Lead) -> Option<&String> {
    lead.last_campaign.as_ref().or(lead.first_campaign.as_ref())
}

pub(super) fn origin(origin: Origin) -> &'static str {
    origin.code()
}

pub(super) fn facts(facts: &SqlFacts) -> Value {
    json!({
        "need": facts.need.code(),
        "authority": facts.authority.code(),
        "budget": facts.budget.code(),
        "timeline_months": facts.timeline_months,
    })
}

fn amount(money: Option<&Money>) -> Value {
    money.map_or(Value::Null, |money| decimal(money.ten_thousandths).into())
}

/// The deal. Without its row only its id is known, which is then shown as the id in our own system.
pub(super) fn opportunity(handed: &Handed<'_>, id: crate::domain::ids::OpportunityId) -> Value {
    let Some(deal) = handed.deal else { return json!({ "system": "baton", "id": id.to_string() }) };
    json!({
        "system": deal.system,
        "id": deal.external_id,
        "revision": deal.revision,
        "kind": deal.kind,
        "opened_at": deal.opened_at.and_then(time),
        "stage": deal.stage,
        "amount": amount(deal.amount.as_ref()),
        "currency": currency(deal),
        "recurring_amount": amount(deal.recurring.as_ref()),
        "term_months": deal.term_months,
        "close_date": deal.close_date.map(date),
        "closed_on": deal.closed_on.map(date),
        "reason": deal.reason,
        "competitor": deal.competitor,
    })
}

/// The currency of a deal's amounts.
pub(super) fn currency(deal: &DealShown) -> Option<&String> {
    deal.amount.as_ref().or(deal.recurring.as_ref()).map(|money| &money.currency)
}
