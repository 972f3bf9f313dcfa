//! What a line of a table or scenario file expects, held against what was decided. It decides nothing.

use crate::story::Story;
use crate::words::{Line, letter, member};
use baton::domain::custody::ClockKind;
use baton::domain::decide::Refusal;
use baton::domain::event::Event;
use baton::domain::lead::{Consent, Lead, Permission, Stage, SuppressedFor};
use baton::domain::profile::Profile;
use baton::domain::signal::SignalWindow;

/// What became of a command.
pub type Decided = Result<Vec<Event>, Refusal>;

/// The faults of one line: empty when everything is as it says.
///
/// The first word is a stage's letter (where the lead stands afterwards), `#code` (refused), `=` (nothing changes)
/// or `filt:reason`.
pub fn faults(text: &str, before: &Story, after: &Story, decided: &Decided) -> Vec<String> {
    let line = Line::new(text);
    let mut faults = Vec::new();
    let got = match decided {
        Ok(_) => letter(after.stage()).to_owned(),
        Err(Refusal::NothingChanges) => "=".to_owned(),
        Err(Refusal::Stale) => "stale".to_owned(),
        Err(Refusal::Filtered(reason)) => format!("filt:{reason}"),
        Err(refusal) => format!("#{}", refusal.code()),
    };
    if line.words.first() != Some(&got.as_str()) {
        faults.push(format!("expected {:?}, got {got}", line.words.first()));
    }
    // What is decided although the command is refused counts too.
    let besides: Vec<Event> = decided.as_ref().err().and_then(Refusal::besides).into_iter().collect();
    let events: &[Event] = decided.as_deref().unwrap_or(&besides);
    for word in line.words.iter().skip(1) {
        if !holds(word, before, after, events) {
            faults.push(format!("`{word}` does not hold"));
        }
    }
    for (key, value) in &line.named {
        let found = property(key, after, events);
        if found != *value {
            faults.push(format!("{key} is {found}, not {value}"));
        }
    }
    if !faults.is_empty() {
        faults.push(format!("events: {:?}", events.iter().map(Event::name).collect::<Vec<_>>()));
    }
    faults
}

fn holds(word: &str, before: &Story, after: &Story, events: &[Event]) -> bool {
    let terms = after.lead.cycle.terms.as_ref();
    match word {
        "same" => before.lead.stage == after.lead.stage,
        "implied" => events.iter().any(|event| {
            matches!(
                event,
                Event::LeadAccepted { implied: true, .. }
                    | Event::LeadSalesQualified { implied: true, .. }
                    | Event::OpportunityOpened { implied: true, .. }
            )
        }),
        "not_implied" => events.iter().any(|event| {
            matches!(
                event,
                Event::LeadAccepted { implied: false, .. }
                    | Event::LeadSalesQualified { implied: false, .. }
                    | Event::OpportunityOpened { implied: false, .. }
            )
        }),
        "early" => terms.is_some_and(|terms| terms.mql_at.is_none()),
        "mql" => terms.is_some_and(|terms| terms.mql_at.is_some()),
        "held" => matches!(after.lead.queue(), Some((_, true))),
        "free" => matches!(after.lead.queue(), Some((_, false))),
        "told" => events.iter().any(tells),
        "untold" => !events.iter().any(tells),
        "forbidden" => after.lead.no_contact,
        "allowed" => !after.lead.no_contact,
        "customer" => after.lead.customer,
        "conflict" => events.iter().any(|event| matches!(event, Event::CrmLinked { conflict: true, .. })),
        "linked" => after.lead.crm_linked,
        "counted" => events.iter().any(|event| matches!(event, Event::LeadRejected { counts: true, .. })),
        "uncounted" => events.iter().any(|event| matches!(event, Event::LeadRejected { counts: false, .. })),
        "flagged" => events.iter().any(|event| matches!(event, Event::LeadRejected { flagged: true, .. })),
        "unflagged" => events.iter().any(|event| matches!(event, Event::LeadRejected { flagged: false, .. })),
        "erased" => forgotten(&after.lead),
        "agreed" => !events.iter().any(|event| matches!(event, Event::FactDiverged { .. })),
        name => events.iter().any(|event| event.name() == name),
    }
}

/// Nothing of who the person is or did is left: neither features nor signals, permissions, ids of records or a company.
fn forgotten(lead: &Lead) -> bool {
    lead.profile == Profile::default()
        && lead.signals == SignalWindow::default()
        && !lead.crm_linked
        && lead.account.is_none()
        && lead.parked.is_none()
        && lead.cycle.attempts.iter().all(|attempt| attempt.id == [0; 16])
        && lead.consent == Consent { email: Permission::Withdrawn, phone: Permission::Withdrawn }
        && matches!(lead.stage, Stage::Suppressed { reason: SuppressedFor::Erased, custody: None })
}

/// Whether the holder hears of it.
fn tells(event: &Event) -> bool {
    matches!(
        event,
        Event::SignalRecorded { tell: true, .. }
            | Event::AttemptRecorded { tell: true, .. }
            | Event::EmailOptedOut { tell: true }
            | Event::CrmUnlinked { tell: true, .. }
            | Event::CustomerNoted { tell: true, .. }
            | Event::ContactLeft { tell: true, .. }
    )
}

#[expect(clippy::too_many_lines, reason = "one arm for each word of the table")]
fn property(key: &str, after: &Story, events: &[Event]) -> String {
    let lead = &after.lead;
    let custody = lead.stage.custody();
    let terms = lead.cycle.terms.as_ref();
    let nothing = || "none".to_owned();
    match key {
        "cycle" => lead.cycle.number.to_string(),
        "holder" => custody.map_or_else(nothing, |custody| {
            let id = custody.holder.member();
            let first = id.0.split('-').next().unwrap_or_default();
            assert_eq!(member(first), *id, "a holder whom the files cannot name");
            format!("{}:{first}", custody.holder.kind())
        }),
        "verdict_rung" => custody
            .and_then(|custody| custody.clock(ClockKind::VerdictBy))
            .map_or_else(nothing, |clock| format!("{:?}", clock.rung)),
        "clocks" => custody.map_or_else(nothing, |custody| {
            let mut clocks: Vec<&str> = custody.clocks().map(|clock| clock.kind.code()).collect();
            clocks.sort_unstable();
            clocks.join(",")
        }),
        "rung" => custody.map_or_else(nothing, |custody| {
            let next = custody.next_due_at();
            let clock = custody.clocks().find(|clock| clock.rung_at == next).unwrap();
            format!("{}:{:?}", clock.kind.code(), clock.rung)
        }),
        "due_days" => custody.map_or_else(nothing, |custody| {
            let due = custody.clocks().next().unwrap().due_by;
            due.days_since(after.now).to_string()
        }),
        "priority" => terms.map_or_else(nothing, |terms| format!("P{}", terms.priority.number())),
        "grade" => terms.map_or_else(nothing, |terms| terms.grade.code().to_owned()),
        "points" => terms.map_or_else(nothing, |terms| terms.points.to_string()),
        "pool" => match &lead.stage {
            Stage::Queued { pool, .. } | Stage::Offered { pool, .. } => pool.0.clone(),
            _other => nothing(),
        },
        "wanted" => {
            lead.cycle.wanted.as_ref().map_or_else(nothing, |it| it.0.split('-').next().unwrap().to_owned())
        }
        "offers" => lead.cycle.offers.to_string(),
        "accepted" => {
            let taken = events.iter().find_map(|event| match event {
                Event::LeadAccepted { implied, .. } => Some(*implied),
                _other => None,
            });
            taken.map_or_else(nothing, |implied| if implied { "implied" } else { "pressed" }.to_owned())
        }
        "origin" => lead.origin.code().to_owned(),
        "motion" => lead.cycle.motion.code().to_owned(),
        "consent" => format!("{},{}", lead.consent.email.code(), lead.consent.phone.code()),
        "reason" => match &lead.stage {
            Stage::Suppressed { reason, .. } => format!("{reason:?}").to_lowercase(),
            _other => nothing(),
        },
        "wins" => lead.cycle.wins.to_string(),
        "deals" => {
            let mut deals: Vec<String> =
                lead.deals.iter().map(|deal| format!("{:?}", deal.state).to_lowercase()).collect();
            deals.sort_unstable();
            deals.join(",")
        }
        "review" => events
            .iter()
            .find_map(|event| match event {
                Event::ReviewAsked { reason, .. } => Some(reason.clone()),
                _other => None,
            })
            .unwrap_or_else(nothing),
        "diverged" => events
            .iter()
            .find_map(|event| match event {
                Event::FactDiverged { code } => Some(code.clone()),
                _other => None,
            })
            .unwrap_or_else(nothing),
        clock => {
            let (what, kind) = clock.split_once(':').unwrap_or_else(|| panic!("no such property: {clock}"));
            let kind = crate::words::clock(kind);
            custody.and_then(|custody| custody.clock(kind)).map_or_else(nothing, |clock| match what {
                "due" => clock.due_by.to_string(),
                "at" => clock.rung_at.to_string(),
                other => panic!("no such property: {other}"),
            })
        }
    }
}
