//! `baton erase`: takes a person away, after asking. It prints ids of ours and counts, never who the person is.

use super::output::{FAILED, Failure, USAGE, WORLD, block_on, say, say_json};
use crate::contract::keys::Keys;
use crate::contract::outbound::parse_crm;
use crate::domain::ids::{IdentityKey, KeyKind, LeadId};
use crate::service;
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::erasure::{self, Extent};
use crate::store::identity;
use crate::transaction::batch::{Batch, Outcome, Stream};
use crate::transaction::session::Session;
use crate::transaction::turn;
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use uuid::Uuid;

/// What somebody types who means it.
const CONFIRMATION: &str = "erase";
/// The audit's stream of operators' acts, as of asks.
const STREAM: Stream = Stream::Web(0);

/// `erase`
#[derive(Debug, Args)]
#[group(required = true, multiple = true, id = "who", args = ["email", "crm", "lead"])]
pub(super) struct Arguments {
    /// The person's e-mail address; may be repeated.
    #[arg(long)]
    email: Vec<String>,
    /// The person's record in a CRM, `system:object:id` such as salesforce:lead:00Q1; may be repeated.
    #[arg(long)]
    crm: Vec<String>,
    /// The lead's id.
    #[arg(long)]
    lead: Vec<Uuid>,
    /// Does not ask; needed where no terminal is there.
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    json: bool,
}

/// Whom an erasure is about.
struct Named {
    keys: Vec<IdentityKey>,
    leads: BTreeSet<LeadId>,
    extent: Extent,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    block_on(async {
        let keys = service::keys(settings).await.map_err(|error| Failure::of(WORLD, &error))?;
        let given = given(&keys, arguments)?;
        let mut opening = service::session_settings(settings, keys.clone(), settings.board_url())
            .map_err(|error| Failure::of(FAILED, &error))?;
        "baton erase".clone_into(&mut opening.application_name);
        let mut session = Session::open(opening).await.map_err(|error| Failure::of(WORLD, &error))?;
        let named = named(settings, given).await?;
        if !arguments.yes {
            confirm(&named)?;
        }
        let now = session.now().await.map_err(|error| Failure::of(FAILED, &error))?;
        let entry = turn::erase(&keys, named.keys.clone(), now);
        let batch = Batch { stream: Some(STREAM), entries: vec![entry], ..Batch::default() };
        let committed = session.commit(&batch).await.map_err(|error| Failure::of(FAILED, &error))?;
        let outcome = committed.outcomes.into_iter().next();
        let outcome = outcome.ok_or_else(|| Failure::new(FAILED, "the erasure has no outcome"))?;
        tell(&named, &committed.leads, &outcome, arguments.json)
    })
}

fn given(keys: &Keys, arguments: &Arguments) -> Result<Vec<IdentityKey>, Failure> {
    let mut given: Vec<IdentityKey> =
        arguments.lead.iter().map(|lead| IdentityKey::lead(LeadId(*lead))).collect();
    for text in &arguments.crm {
        let key =
            parse_crm(text).filter(|key| !key.system.is_empty() && !key.id.is_empty()).ok_or_else(|| {
                Failure::new(
                    USAGE,
                    "--crm: write system:object:id; the object is lead, contact, account, deal or user",
                )
            })?;
        given.push(keys.crm(&key));
    }
    for address in &arguments.email {
        if !address.contains('@') {
            return Err(Failure::new(USAGE, "--email: this is no e-mail address"));
        }
        given.push(keys.email(address));
    }
    Ok(given)
}

/// Which leads the keys name, and how much goes with them.
async fn named(settings: &Settings, given: Vec<IdentityKey>) -> Result<Named, Failure> {
    let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
    let mut conn = connect::connect(settings.database.url.expose(), "baton erase", Timeouts::default())
        .await
        .map_err(|error| failed(&error))?;
    let looked_up: BTreeSet<IdentityKey> =
        given.iter().filter(|key| key.kind != KeyKind::Lead).copied().collect();
    let resolved = identity::read(&mut conn, &looked_up).await.map_err(|error| failed(&error))?;
    let mut leads: BTreeSet<LeadId> = resolved.leads.into_values().collect();
    let by_id = given.iter().filter(|key| key.kind == KeyKind::Lead);
    leads.extend(by_id.map(|key| LeadId(Uuid::from_bytes(key.digest))));
    let stored = crate::store::lead::read(&mut conn, &leads).await.map_err(|error| failed(&error))?;
    if let Some(unknown) = leads.iter().find(|lead| !stored.contains_key(lead)) {
        return Err(Failure::new(FAILED, format!("there is no lead {unknown}")));
    }
    let mut all = leads.clone();
    let mut keys: BTreeSet<IdentityKey> = given.iter().copied().collect();
    for lead in &leads {
        let belongings = erasure::belongings(&mut conn, *lead).await.map_err(|error| failed(&error))?;
        all.extend(belongings.absorbed);
        keys.extend(belongings.keys);
    }
    let extent = erasure::extent(&mut conn, &all, &keys).await.map_err(|error| failed(&error))?;
    Ok(Named { keys: given, leads, extent })
}

/// Asks before anything goes: there is no way back.
fn confirm(named: &Named) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(USAGE, "nobody is there to confirm: say --yes to erase without a question"));
    }
    for line in counted(named) {
        say(line);
    }
    let _ = write!(std::io::stdout(), "There is no way back. Type `{CONFIRMATION}` to go on: ");
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == CONFIRMATION {
        return Ok(());
    }
    Err(Failure::new(FAILED, "nothing was erased"))
}

fn counted(named: &Named) -> Vec<String> {
    let Extent { persons, notes, touches, causes, kept, anonymous_signals } = named.extent;
    let who = if named.leads.is_empty() {
        "nobody is known by this: the key goes on the erased list".to_owned()
    } else {
        let leads: Vec<String> = named.leads.iter().map(ToString::to_string).collect();
        format!("lead {}", leads.join(", "))
    };
    vec![
        who,
        format!("  person     {persons}"),
        format!("  notes      {notes}"),
        format!("  touches    {touches} (source, medium and form; kind, time and campaign stay)"),
        format!("  causes     {causes}"),
        format!("  kept       {kept} parked or quarantined records"),
        format!("  anonymous  {anonymous_signals} signals"),
    ]
}

fn tell(named: &Named, changed: &[LeadId], outcome: &Outcome, as_json: bool) -> Result<(), Failure> {
    let is_done = matches!(outcome, Outcome::Applied(_) | Outcome::Filtered("no_change"));
    if !is_done {
        return Err(Failure::new(FAILED, format!("not erased: {} {}", outcome.code(), outcome.reason())));
    }
    if as_json {
        let Extent { persons, notes, touches, causes, kept, anonymous_signals } = named.extent;
        say_json(&json!({
            "outcome": outcome.code(), "reason": outcome.reason(),
            "leads": changed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "gone": { "persons": persons, "notes": notes, "touches": touches, "causes": causes, "kept": kept,
                "anonymous_signals": anonymous_signals },
        }));
        return Ok(());
    }
    if *outcome == Outcome::Filtered("no_change") {
        say("erased before: nothing was left to take");
        return Ok(());
    }
    for line in counted(named) {
        say(line);
    }
    say(
        "gone; keys of the person stand on the erased list as HMACs, and the running service publishes lead.erased",
    );
    say("next: `baton audit verify` shows that every chain still holds");
    Ok(())
}
