//! "My leads": what somebody holds, what loses most by waiting first, each with what to say and what may be asked. It
//! reads nothing itself.

use super::asks::{AskPanel, panel};
use super::receipt::standing;
use super::route::{RouteView, route_of};
use super::{Countdown, grouped, person_name};
use crate::domain::custody::Clock;
use crate::domain::lead::{Lead, StageKind};
use crate::domain::policy::{Grade, Priority, RejectionCode};
use crate::domain::scoring::{Receipt, ReceiptPart};
use crate::domain::signal::{SignalId, SignalKind};
use crate::domain::team::{Member, MemberId, Team};
use crate::domain::time::Moment;
use crate::domain::worth::{at_risk_cents_a_minute, expected_cents};
use crate::store::read::my::{MyLead, MyRead};
use crate::transaction::loaded::Texts;
use crate::web::words::{
    actor_words, ago, capital, clock_words, countdown, grade_words, member_name, plain, priority_words,
    rejection_words, signal_words, stage_words,
};
use std::collections::BTreeMap;

/// What a rep keeps in mind when the phone rings.
const TALKING_POINTS: usize = 3;
/// Hundredths in one unit of money.
const CENTS: u64 = 100;

/// One lead on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyCard {
    pub id: String,
    pub href: String,
    pub name: String,
    /// Job title and company.
    pub who: String,
    pub phone: String,
    pub email: String,
    pub stage: &'static str,
    pub grade: &'static str,
    pub grade_words: &'static str,
    pub points: u16,
    pub priority: &'static str,
    /// What the nearest clock asks for, and until when.
    pub duty: &'static str,
    pub due: Countdown,
    /// Hundredths of the reporting currency a minute.
    pub at_risk_cents: u64,
    pub at_risk: String,
    pub talking_points: Vec<String>,
    pub route: Option<RouteView>,
    pub account: Vec<String>,
    /// What became of the passage before this one.
    pub past: String,
    /// Text and byline.
    pub notes: Vec<(String, String)>,
    pub panel: AskPanel,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyView {
    /// Whose leads; empty where they are one's own.
    pub of: String,
    pub now_ms: i64,
    pub open: String,
    pub late: i64,
    /// Leads that the page does not list.
    pub more: String,
    pub currency: String,
    pub cards: Vec<MyCard>,
}

/// The page from what was read, for whoever looks.
#[must_use]
pub fn my_view(read: &MyRead, looker: Option<&Member>, of: Option<&MemberId>, texts: &Texts) -> MyView {
    let mut cards: Vec<MyCard> = read.leads.iter().map(|lead| card(lead, looker, read.now, texts)).collect();
    cards.sort_by(|a, b| (b.at_risk_cents, &a.due.at, &a.id).cmp(&(a.at_risk_cents, &b.due.at, &b.id)));
    let hidden = read.open - i64::try_from(cards.len()).unwrap_or(i64::MAX);
    MyView {
        of: of.map_or_else(String::new, |member| member_name(&texts.team, member)),
        now_ms: read.now.0.div_euclid(1_000),
        open: grouped(read.open),
        late: read.late,
        more: if hidden > 0 { grouped(hidden) } else { String::new() },
        currency: texts.policy.targets().reporting_currency.clone(),
        cards,
    }
}

fn card(read: &MyLead, looker: Option<&Member>, now: Moment, texts: &Texts) -> MyCard {
    let lead = &read.lead;
    let receipt = texts.policy.receipt(&standing(lead, now));
    let terms = lead.cycle.terms.as_ref();
    let grade = terms.map_or(receipt.score.grade, |terms| terms.grade);
    let clock = nearest(lead);
    let at_risk_cents = at_risk(lead, grade, clock, now, texts);
    let who = [read.job_title.clone(), read.company.clone()];
    MyCard {
        id: lead.id.to_string(),
        href: format!("/leads/{}", lead.id),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        who: who.into_iter().flatten().collect::<Vec<_>>().join(", "),
        phone: read.phone.clone().unwrap_or_default(),
        email: read.email.clone().unwrap_or_default(),
        stage: stage_words(lead.stage.kind()).0,
        grade: grade.code(),
        grade_words: grade_words(grade),
        points: terms.map_or(receipt.score.points, |terms| terms.points),
        priority: terms.map_or("", |terms| priority_words(terms.priority)),
        duty: clock.map_or("", |clock| clock_words(clock.kind).0),
        due: clock.map_or_else(Countdown::default, |clock| countdown(now, clock.due_by)),
        at_risk_cents,
        at_risk: money(at_risk_cents),
        talking_points: talking_points(read, &receipt, now),
        route: route_of(lead, read.offer.as_ref(), &texts.team),
        account: account(read, &texts.team),
        past: past(read),
        notes: read
            .notes
            .iter()
            .map(|note| {
                let byline = format!(
                    "{}, {}, {}",
                    actor_words(&texts.team, &note.author),
                    plain(&note.theme),
                    ago(now, Moment(note.at))
                );
                (note.body.clone(), byline)
            })
            .collect(),
        panel: panel(
            lead,
            looker,
            &texts.team,
            &texts.policy.rejection(RejectionCode::NoFit).demands.sub_reason,
        ),
    }
}

/// The clock that runs out first.
pub(super) fn nearest(lead: &Lead) -> Option<&Clock> {
    lead.custody().and_then(|custody| custody.clocks().min_by_key(|clock| clock.due_by))
}

/// Hundredths a minute that waiting costs. A deal that is open is worked in the CRM: its review is no race.
pub(super) fn at_risk(lead: &Lead, grade: Grade, clock: Option<&Clock>, now: Moment, texts: &Texts) -> u64 {
    let Some(clock) = clock else { return 0 };
    let priority = lead.cycle.terms.as_ref().map_or(Priority::P3, |terms| terms.priority);
    let value = expected_cents(texts.policy.targets(), grade, priority);
    at_risk_cents_a_minute(value, clock.started_at, clock.due_by, now)
}

/// Hundredths as people read them: whole units from ten on.
pub(super) fn money(cents: u64) -> String {
    let whole = i64::try_from(cents / CENTS).unwrap_or(i64::MAX);
    if cents >= 10 * CENTS { grouped(whole) } else { format!("{whole}.{:02}", cents % CENTS) }
}

/// Three things to say: what the person did that counts most, what makes the company fit, what else is going on there.
fn talking_points(read: &MyLead, receipt: &Receipt, now: Moment) -> Vec<String> {
    let lead = &read.lead;
    let known: BTreeMap<SignalId, (SignalKind, Moment)> =
        lead.signals.signals().iter().map(|signal| (signal.id, (signal.kind, signal.at))).collect();
    let mut rules: Vec<_> = receipt
        .lines
        .iter()
        .filter(|line| line.part == ReceiptPart::Rule && line.points > 0)
        .filter_map(|line| {
            let newest = line.signals.iter().filter_map(|id| known.get(id)).max_by_key(|(_, at)| *at)?;
            Some((line.points, *newest))
        })
        .collect();
    rules.sort_by_key(|(points, (_, at))| (-points, std::cmp::Reverse(*at)));
    let mut did =
        rules.iter().map(|(_, (kind, at))| format!("{}, {}", capital(signal_words(*kind)), ago(now, *at)));
    let mut points: Vec<String> = did.next().into_iter().collect();
    points.extend(company_point(read));
    points.extend(around_point(read));
    points.extend(did);
    if points.is_empty() {
        points.push("Nothing that they did is on record: ask how they came to us".to_owned());
    }
    points.truncate(TALKING_POINTS);
    points
}

fn company_point(read: &MyLead) -> Option<String> {
    let facts = [
        read.employees.map(|count| format!("{} people", grouped(i64::from(count)))),
        read.industry.clone(),
        read.country.clone(),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let company = read.company.as_deref()?;
    Some(if facts.is_empty() { company.to_owned() } else { format!("{company}: {}", facts.join(", ")) })
}

fn around_point(read: &MyLead) -> Option<String> {
    if read.lead.customer {
        return Some("Their company is a customer already".to_owned());
    }
    if read.open_deals > 0 {
        return Some(format!("{} with their company", counted(read.open_deals, "open deal", "open deals")));
    }
    if read.colleagues > 0 {
        return Some(format!(
            "{} from there with sales",
            counted(read.colleagues, "colleague", "colleagues")
        ));
    }
    read.campaign.as_ref().map(|campaign| format!("Came by {campaign}"))
}

fn account(read: &MyLead, team: &Team) -> Vec<String> {
    let owner = read.account_owner.clone().map(|owner| member_name(team, &MemberId(owner)));
    let lines = [
        read.account_name.clone(),
        Some(format!("segment {}", plain(&read.segment))),
        owner.map(|owner| format!("account of {owner}")),
        read.lead.customer.then(|| "a customer".to_owned()),
        (read.open_deals > 0).then(|| counted(read.open_deals, "open deal", "open deals")),
        (read.colleagues > 0)
            .then(|| counted(read.colleagues, "other lead with sales", "other leads with sales")),
        read.campaign.as_ref().map(|campaign| format!("came by {campaign}")),
    ];
    lines.into_iter().flatten().collect()
}

fn past(read: &MyLead) -> String {
    let Some((cycle, code)) = &read.past else { return String::new() };
    let reason = code.as_deref().map(|code| {
        let words =
            RejectionCode::parse(code).map_or_else(|| plain(code), |it| rejection_words(it).to_lowercase());
        format!("returned as \u{201c}{words}\u{201d}")
    });
    let ended =
        if read.lead.stage.kind() == StageKind::Queued { "waits for a rep again" } else { "is open again" };
    format!(
        "Passage {cycle} {}; it {ended}.",
        reason.unwrap_or_else(|| "ended without a rejection".to_owned())
    )
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Hours;
    use crate::domain::custody::{ClockKind, Custody, Holder};
    use crate::domain::ids::{HandoffId, LeadId};
    use crate::domain::lead::{Stage, Terms};
    use crate::domain::team::PoolId;
    use crate::domain::time::{HOUR, MINUTE};
    use crate::web::view::shipped::shipped;
    use uuid::Uuid;

    const NOW: Moment = Moment(1_800_000_000_000_000);

    fn offered(number: u128, grade: Grade, priority: Priority, due_in: i64) -> MyLead {
        let rep = MemberId("ana-ruiz".to_owned());
        let clock = Clock::until(ClockKind::AcceptBy, Hours::Wall, NOW.plus(-HOUR), NOW.plus(due_in));
        let mut lead = Lead::unseen(LeadId(Uuid::from_u128(number)));
        lead.cycle.number = 1;
        lead.cycle.terms = Some(Terms {
            handoff: HandoffId(Uuid::from_u128(number)),
            mql_at: Some(NOW),
            priority,
            grade,
            points: 60,
            contact_from: NOW,
            contact_by: NOW.plus(due_in),
        });
        lead.stage = Stage::Offered {
            rep: rep.clone(),
            pool: PoolId("enterprise".to_owned()),
            custody: Custody::new(Holder::Rep(rep), clock),
        };
        MyLead {
            lead,
            segment: "small".to_owned(),
            first_name: Some("Ada".to_owned()),
            last_name: None,
            job_title: None,
            country: None,
            phone: None,
            email: None,
            company: Some("Vega".to_owned()),
            employees: Some(420),
            industry: Some("software".to_owned()),
            account_name: None,
            account_owner: None,
            colleagues: 2,
            open_deals: 0,
            campaign: Some("Spring".to_owned()),
            offer: None,
            past: Some((1, Some("no_budget".to_owned()))),
            notes: Vec::new(),
        }
    }

    #[test]
    fn what_loses_most_by_waiting_stands_first() {
        let texts = shipped();
        let leads = vec![
            offered(1, Grade::A, Priority::P3, 8 * HOUR),
            offered(2, Grade::C, Priority::P3, 10 * MINUTE),
            offered(3, Grade::A, Priority::P1, 10 * MINUTE),
            offered(4, Grade::A, Priority::P1, -100 * HOUR),
        ];
        let read = MyRead { now: NOW, open: 7, late: 1, leads };
        let me = MemberId("ana-ruiz".to_owned());
        let view = my_view(&read, texts.team.member(&me), None, &texts);
        let order: Vec<String> = view.cards.iter().map(|card| card.id.clone()).collect();
        let id = |number: u128| Uuid::from_u128(number).to_string();
        assert_eq!(order, [id(3), id(2), id(1), id(4)]);
        assert_eq!(view.more, "3");
        assert!(view.cards[0].panel.has("accept") && view.cards[0].panel.has("reject"));
    }

    #[test]
    fn three_talking_points_and_the_passage_before() {
        let texts = shipped();
        let read =
            MyRead { now: NOW, open: 1, late: 0, leads: vec![offered(1, Grade::B, Priority::P2, HOUR)] };
        let view = my_view(&read, None, Some(&MemberId("ana-ruiz".to_owned())), &texts);
        let card = &view.cards[0];
        assert_eq!(card.talking_points, ["Vega: 420 people, software", "2 colleagues from there with sales"]);
        assert_eq!(card.past, "Passage 1 returned as \u{201c}no budget\u{201d}; it is open again.");
        assert_eq!(view.of, "Ana Ruiz");
        assert!(card.panel.asks.is_empty(), "somebody without a place in the team may look, not act");
    }

    #[test]
    fn small_money_keeps_its_hundredths() {
        assert_eq!(money(5), "0.05");
        assert_eq!(money(999), "9.99");
        assert_eq!(money(12_345_600), "123\u{202f}456");
    }
}
