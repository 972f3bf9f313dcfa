//! `baton route explain`: one made-up lead, by flags or JSON, with its company as the router would find it. It only reads.

use super::super::output::{FAILED, Failure, USAGE, block_on, columns, say, say_json};
use super::{Files, lint};
use crate::clock;
use crate::contract::policy_text::{self, MadeUp};
use crate::domain::time::Moment;
use crate::replay::explain::{Explained, explain, look_up};
use crate::replay::walk::{Ground, subject_of};
use crate::settings::Settings;
use crate::store::Reader;
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
    /// Who has an open deal, whatever the database says; likewise the next two.
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
    let now = lead.at.unwrap_or_else(|| Moment(clock::wall_micros()));
    let explained = block_on(async {
        let (policy, team) = arguments.files.read_as_said(settings).await?;
        lint(&policy, &team);
        if arguments.files.are_both_given() {
            let (subject, knows) = subject_of(&lead, &policy);
            return Ok(explain(Ground::new(&policy, &team), &subject, &knows, now, false));
        }
        let reference = arguments.files.reference(settings).await?;
        let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
        let reader = Reader::open(settings.database.url.expose(), 1).await.map_err(|error| failed(&error))?;
        let found = look_up(&reader, &lead, &policy, &team, &reference, now, &str::to_owned).await;
        found.map_err(|error| failed(&error))
    })?;
    if arguments.json {
        let shown = serde_json::to_value(&explained);
        say_json(&shown.map_err(|error| Failure::of(FAILED, &error))?);
    } else {
        tell(&explained);
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

fn tell(it: &Explained) {
    say(format!("rule       {} ({})", it.rule, it.step));
    say(format!("pool       {}", it.pool.as_deref().unwrap_or("none: no route takes it")));
    match &it.rep {
        Some(rep) => say(format!("rep        {rep}")),
        None => say(format!("rep        nobody is free: {} keeps it in the queue", it.steward)),
    }
    match (&it.account, it.looked_up) {
        (_, false) => say("company    not looked up: both texts are files"),
        (None, true) => say("company    none that is known"),
        (Some(found), true) => {
            let tie = found.tie_break.map(|tie| format!(", chosen of {} by {tie}", found.rivals + 1));
            say(format!("company    {} by {}{}", found.account, found.by, tie.unwrap_or_default()));
        }
    }
    let sla = &it.sla;
    say(format!(
        "times      answer {}, first contact {}, of working time (from queue to offer {})",
        sla.accept, sla.contact, sla.route
    ));
    let accept_by = sla.accept_by.as_deref().unwrap_or("nobody is asked");
    say(format!("due        answer {accept_by}, first contact {}, offer {}", sla.contact_by, sla.route_by));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |cells: &[&str]| rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    for step in &it.steps {
        let rep = step.rep.as_deref().unwrap_or("-");
        let what = if step.fired { "decides" } else { step.why_not.unwrap_or("names nobody") };
        row(&["step", step.step, rep, what]);
    }
    for passed in &it.passed_over {
        row(&["not", &passed.rule, "-", &format!("differs in {}", passed.field)]);
    }
    if it.passed_over_more > 0 {
        row(&["not", &format!("{} more rules", it.passed_over_more)]);
    }
    for pool in &it.path {
        row(&["way", &pool.pool, "-", pool.what]);
    }
    for candidate in &it.candidates {
        row(&["candidate", &candidate.rep, "-", candidate.why_not.unwrap_or("chosen")]);
    }
    if it.candidates_more > 0 {
        row(&["candidate", &format!("{} more", it.candidates_more)]);
    }
    columns(&rows);
}
