//! `baton route explain`: one made-up lead, by flags or JSON. It touches nothing.

use super::super::output::{Failure, USAGE, block_on, say, say_json};
use super::{Files, columns, lint};
use crate::clock;
use crate::contract::policy_text::{self, MadeUp};
use crate::domain::calendar::Span;
use crate::domain::policy::SlaTerms;
use crate::domain::routing::WhyNot;
use crate::domain::team::Team;
use crate::domain::time::Moment;
use crate::replay::walk::{Ground, Walked, sla_of, subject_of};
use crate::settings::Settings;
use clap::Args;
use serde_json::{Map, Value, json};

/// A made-up lead.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The lead as a JSON object with the names of the flags (`_` for `-`); flags come before it.
    #[arg(long, value_name = "JSON")]
    lead: Option<String>,
    /// A to D; C when absent.
    #[arg(long)]
    grade: Option<String>,
    /// p1 to p4; p3 when absent.
    #[arg(long)]
    priority: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[arg(long)]
    country: Option<String>,
    #[arg(long)]
    region: Option<String>,
    #[arg(long)]
    employees: Option<u32>,
    /// enterprise, mid-market or small; before what the employees say.
    #[arg(long)]
    segment: Option<String>,
    /// new_business or expansion.
    #[arg(long)]
    motion: Option<String>,
    #[arg(long)]
    product: Option<String>,
    /// marketing, sales, partner or unknown.
    #[arg(long)]
    origin: Option<String>,
    /// The campaign's id.
    #[arg(long)]
    campaign: Option<String>,
    /// The campaign's source.
    #[arg(long)]
    source: Option<String>,
    /// The company's domain.
    #[arg(long)]
    domain: Option<String>,
    /// The company's name.
    #[arg(long)]
    company: Option<String>,
    /// The company's record in the CRM: `system:id`.
    #[arg(long)]
    crm: Option<String>,
    /// Whom somebody named.
    #[arg(long)]
    wanted: Option<String>,
    /// Who had it before; may be repeated.
    #[arg(long)]
    had_it: Vec<String>,
    #[arg(long)]
    opportunity_owner: Option<String>,
    #[arg(long)]
    cycle_holder: Option<String>,
    #[arg(long)]
    account_owner: Option<String>,
    /// When it is routed, RFC 3339; now when absent.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    files: Files,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let lead = made_up(arguments)?;
    let (policy, team) = block_on(arguments.files.read_as_said(settings))?;
    lint(&policy, &team);
    let (subject, knows) = subject_of(&lead, &policy);
    let now = lead.at.unwrap_or_else(|| Moment(clock::wall_micros()));
    let walked = Ground::new(&policy, &team).walk(&subject, &knows, now);
    let sla = sla_of(&subject, &policy);
    if arguments.json {
        say_json(&shown(&walked, sla, subject.priority.number()));
    } else {
        tell(&walked, sla, &team);
    }
    Ok(())
}

/// Flags over the JSON object, read as a case of a table is.
fn made_up(arguments: &Arguments) -> Result<MadeUp, Failure> {
    let mut fields: Map<String, Value> = match &arguments.lead {
        None => Map::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Failure::new(USAGE, format!("--lead is no JSON object: {error}")))?,
    };
    let words = [
        ("grade", &arguments.grade),
        ("priority", &arguments.priority),
        ("country", &arguments.country),
        ("region", &arguments.region),
        ("segment", &arguments.segment),
        ("motion", &arguments.motion),
        ("product", &arguments.product),
        ("origin", &arguments.origin),
        ("campaign", &arguments.campaign),
        ("source", &arguments.source),
        ("domain", &arguments.domain),
        ("company", &arguments.company),
        ("crm", &arguments.crm),
        ("wanted", &arguments.wanted),
        ("opportunity_owner", &arguments.opportunity_owner),
        ("cycle_holder", &arguments.cycle_holder),
        ("account_owner", &arguments.account_owner),
        ("at", &arguments.at),
    ];
    for (name, word) in words {
        if let Some(word) = word {
            fields.insert(name.to_owned(), json!(word));
        }
    }
    if let Some(employees) = arguments.employees {
        fields.insert("employees".to_owned(), json!(employees));
    }
    if !arguments.had_it.is_empty() {
        fields.insert("had_it".to_owned(), json!(arguments.had_it));
    }
    policy_text::made_up(&fields).map_err(|faults| {
        let lines: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
        Failure::new(USAGE, format!("the lead: {}", lines.join("; ")))
    })
}

fn shown(walked: &Walked, sla: SlaTerms, priority: u8) -> Value {
    json!({
        "rule": walked.rule,
        "step": walked.step.code(),
        "pool": walked.pool.as_ref().map(|pool| &pool.0),
        "first_pool": walked.first_pool.as_ref().map(|pool| &pool.0),
        "rep": walked.rep.as_ref().map(|rep| &rep.0),
        "by_turn": walked.by_turn,
        "passed_over": walked.passed_over.iter()
            .map(|it| json!({ "rule": it.rule, "field": it.field.code() })).collect::<Vec<_>>(),
        "passed_over_more": walked.passed_over_more,
        "candidates": walked.candidates.iter()
            .map(|it| json!({ "rep": it.rep.0, "why_not": it.why_not.map(WhyNot::code) })).collect::<Vec<_>>(),
        "candidates_more": walked.candidates_more,
        "sla": {
            "priority": priority, "accept": span(sla.accept), "contact": span(sla.contact),
            "route": span(sla.route), "grace": span(sla.grace),
        },
    })
}

/// A length of working time in words: working days, then minutes.
fn span(span: Span) -> String {
    match (span.business_days, span.seconds / 60) {
        (0, minutes) => format!("{minutes} min"),
        (days, 0) => format!("{days} working days"),
        (days, minutes) => format!("{days} working days {minutes} min"),
    }
}

fn tell(walked: &Walked, sla: SlaTerms, team: &Team) {
    let steward = walked.pool.as_ref().map_or_else(|| team.queue_steward(), |pool| team.steward_of(pool));
    say(format!("rule       {} ({})", walked.rule, walked.step.code()));
    let pool = walked.pool.as_ref().map_or("none: no route takes it", |pool| pool.0.as_str());
    say(format!("pool       {pool}"));
    match &walked.rep {
        Some(rep) => say(format!("rep        {rep}")),
        None => say(format!("rep        nobody is free: {steward} keeps it in the queue")),
    }
    say(format!(
        "times      answer {}, first contact {}, of working time (from queue to offer {})",
        span(sla.accept),
        span(sla.contact),
        span(sla.route)
    ));
    for passed in &walked.passed_over {
        say(format!("not        {}: differs in {}", passed.rule, passed.field.code()));
    }
    if walked.passed_over_more > 0 {
        say(format!("not        {} more rules", walked.passed_over_more));
    }
    let mut rows: Vec<Vec<String>> = walked
        .candidates
        .iter()
        .map(|it| {
            vec![
                "candidate".to_owned(),
                it.rep.0.clone(),
                it.why_not.map_or("chosen", WhyNot::code).to_owned(),
            ]
        })
        .collect();
    if walked.candidates_more > 0 {
        rows.push(vec!["candidate".to_owned(), format!("{} more", walked.candidates_more)]);
    }
    columns(&rows);
}
