//! `baton policy diff`: two policies side by side in words, and the open leads that would change side. It changes nothing.

use super::super::output::{Failure, USAGE, block_on, columns, progress, say, say_json};
use super::super::reference::hex;
use super::texts::{self, Text};
use crate::contract::policy_text;
use crate::domain::policy::Policy;
use crate::domain::policy::diff::{Change, How, diff};
use crate::domain::time::Moment;
use crate::replay::sides::{Changed, Judged, LISTED_MAX, STAGES, Sides};
use crate::settings::Settings;
use crate::store::connect::Connection;
use crate::store::{Reader, StoreError, world};
use clap::Args;
use serde_json::{Value, json};

/// Which two.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The policy as it was: a file, `running`, or the first digits of a published hash.
    a: String,
    /// The policy as it would be, named alike.
    b: String,
    #[arg(long)]
    json: bool,
}

/// One of the two.
struct Side {
    text: Text,
    policy: Policy,
}

/// The open leads under both.
struct Leads {
    as_of: Moment,
    judged: u64,
    became: u64,
    ceased: u64,
    listed: Vec<Changed>,
}

impl Leads {
    /// How many change side and are not listed.
    fn left_out(&self) -> u64 {
        (self.became + self.ceased).saturating_sub(u64::try_from(self.listed.len()).unwrap_or(0))
    }
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failure> {
    let (before, after, leads) = block_on(async {
        let mut conn = texts::open(settings).await?;
        let before = side(texts::named(settings, conn.as_mut(), &arguments.a).await?)?;
        let after = side(texts::named(settings, conn.as_mut(), &arguments.b).await?)?;
        let leads = match conn.as_mut() {
            None => None,
            Some(conn) => {
                let found = leads(settings, conn, &before.policy, &after.policy).await;
                Some(found.map_err(|error| Failure::store(settings, &error))?)
            }
        };
        Ok((before, after, leads))
    })?;
    let changes = diff(&before.policy, &after.policy);
    if arguments.json {
        say_json(&shown(&before, &after, &changes, leads.as_ref()));
    } else {
        tell(&before, &after, &changes);
        tell_leads(leads.as_ref());
    }
    Ok(())
}

fn side(text: Text) -> Result<Side, Failure> {
    match policy_text::policy(&text.body) {
        Ok(policy) => Ok(Side { text, policy }),
        Err(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| fault.told(&text.name, "error")).collect();
            Err(Failure::new(USAGE, told.join("\n")))
        }
    }
}

async fn leads(
    settings: &Settings,
    conn: &mut Connection,
    before: &Policy,
    after: &Policy,
) -> Result<Leads, StoreError> {
    let world = world::read(conn).await?;
    let (now, live_from) = (Moment(world.now), world.live_from.map_or(Moment::EVER, Moment));
    let reader = Reader::open(settings.database.url.expose(), 1).await?;
    let bar = progress(reader.leads_in(STAGES).await?);
    let mut sides = Sides::default();
    let mut after_lead = None;
    loop {
        let page = reader.open_leads(STAGES, after_lead).await?;
        for lead in &page.leads {
            sides.add(lead, before, after, now, live_from);
        }
        bar.inc(u64::try_from(page.leads.len()).unwrap_or(0));
        after_lead = page.next;
        if after_lead.is_none() {
            break;
        }
    }
    bar.finish_and_clear();
    let (judged, became, ceased) = (sides.judged, sides.became, sides.ceased);
    Ok(Leads { as_of: now, judged, became, ceased, listed: sides.listed() })
}

fn tell(before: &Side, after: &Side, changes: &[Change]) {
    let row = |word: &str, side: &Side| {
        vec![word.to_owned(), side.text.name.clone(), side.text.version(), side.policy.terms().name.clone()]
    };
    columns(&[row("A", before), row("B", after)]);
    say("");
    if before.policy.hash == after.policy.hash {
        say("the texts are the same");
        return;
    }
    for change in changes {
        say(change);
    }
    match changes.len() {
        0 => say("both say the same: comments, spaces or the order of what has none differ"),
        1 => say("1 change"),
        count => say(format!("{count} changes")),
    }
}

fn tell_leads(leads: Option<&Leads>) {
    say("");
    let Some(leads) = leads else {
        say("open leads were not looked at: no database is named");
        return;
    };
    say(format!(
        "of {} open leads that sales has not qualified, {} would become MQL and {} would not be MQL",
        leads.judged, leads.became, leads.ceased
    ));
    let rows: Vec<Vec<String>> = leads.listed.iter().map(row).collect();
    columns(&rows);
    if leads.left_out() > 0 {
        say(format!("and {} more, which are not listed (at most {LISTED_MAX} are)", leads.left_out()));
    }
}

fn row(changed: &Changed) -> Vec<String> {
    let words = |judged: &Judged| {
        let mql = if judged.mql { "MQL" } else { "no MQL" };
        format!("{mql}, {} points, grade {}", judged.points, judged.grade.code())
    };
    vec![
        changed.lead.to_string(),
        changed.stage.wire().to_owned(),
        words(&changed.before),
        "->".to_owned(),
        words(&changed.after),
    ]
}

fn shown(before: &Side, after: &Side, changes: &[Change], leads: Option<&Leads>) -> Value {
    let side = |side: &Side| json!({"text": side.text.name, "name": side.policy.terms().name, "hash": hex(&side.policy.hash)});
    json!({
        "a": side(before),
        "b": side(after),
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "leads": leads.map(|leads| json!({
            "as_of": leads.as_of.to_string(),
            "judged": leads.judged,
            "became_mql": leads.became,
            "ceased_to_be_mql": leads.ceased,
            "listed": leads.listed.iter().map(lead).collect::<Vec<_>>(),
            "left_out": leads.left_out(),
        })),
    })
}

fn change(change: &Change) -> Value {
    let how = match &change.how {
        How::Changed { before, after, .. } => json!({"kind": "changed", "before": before, "after": after}),
        How::Added { says } => json!({"kind": "added", "after": says}),
        How::Removed { said } => json!({"kind": "removed", "before": said}),
        How::Renamed { before, after } => json!({"kind": "renamed", "before": before, "after": after}),
        How::Members { added, removed } => json!({"kind": "members", "added": added, "removed": removed}),
        How::Reordered => json!({"kind": "reordered"}),
    };
    json!({"part": change.part.code(), "what": change.what, "how": how, "words": change.to_string()})
}

fn lead(changed: &Changed) -> Value {
    let judged =
        |judged: &Judged| json!({"mql": judged.mql, "points": judged.points, "grade": judged.grade.code()});
    json!({
        "lead": changed.lead.to_string(), "stage": changed.stage.wire(),
        "before": judged(&changed.before), "after": judged(&changed.after),
    })
}
