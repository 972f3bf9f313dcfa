//! `redrive` of `quarantine` and `parked`: kept records, decided again in the order in which they were kept, with a bar on
//! a terminal. What stays is named, with what to do next.

use super::kept::{missing, reader, session, word};
use super::output::{FAILED, Failure, block_on, chain, progress, say, say_json};
use crate::contract::request::Who;
use crate::domain::ids::LeadId;
use crate::settings::Settings;
use crate::store::kept::Intake;
use crate::store::read::kept::KeptLine;
use crate::store::{Reader, StoreError};
use crate::transaction::batch::Outcome;
use crate::transaction::redrive::{self, IDLE_STEPS_MAX, RedriveError, Redriven, stays};
use crate::transaction::session::Session;
use indicatif::ProgressBar;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Lines and leads that are read at once.
const PAGE: i64 = 500;

/// Which parked records.
pub(super) enum Parked<'a> {
    All,
    Lead(Uuid),
    Records(&'a [Uuid]),
}

/// Which quarantined records.
pub(super) enum Quarantined<'a> {
    All,
    Reason(&'a str),
    Records(&'a [Uuid]),
}

/// One command's work.
struct Redrive<'a> {
    settings: &'a Settings,
    session: Session,
    reader: Reader,
    from: Intake,
    bar: ProgressBar,
    done: Vec<(Uuid, Outcome)>,
    /// Where each record stands in `done`: a later step overwrites what an earlier one said.
    places: BTreeMap<Uuid, usize>,
    released: Vec<LeadId>,
    /// One line for each record or lead that could not go on.
    stuck: Vec<String>,
}

pub(super) fn parked(settings: &Settings, which: &Parked<'_>, as_json: bool) -> Result<(), Failure> {
    block_on(async {
        let mut redrive = Redrive::open(settings, Intake::Parked).await?;
        match which {
            Parked::All => redrive.all_parked().await?,
            Parked::Lead(lead) => redrive.one_lead(LeadId(*lead)).await?,
            Parked::Records(ids) => {
                redrive.bar.set_length(u64::try_from(ids.len()).unwrap_or_default());
                for id in *ids {
                    redrive.record(*id, true).await?;
                }
            }
        }
        redrive.report(as_json)
    })
}

pub(super) fn quarantined(
    settings: &Settings,
    which: &Quarantined<'_>,
    as_json: bool,
) -> Result<(), Failure> {
    block_on(async {
        let mut redrive = Redrive::open(settings, Intake::Quarantined).await?;
        let (reason, ids) = match which {
            Quarantined::All => (None, None),
            Quarantined::Reason(reason) => (Some(*reason), None),
            Quarantined::Records(ids) => (None, Some(*ids)),
        };
        redrive.all_quarantined(reason, ids).await?;
        redrive.report(as_json)
    })
}

impl<'a> Redrive<'a> {
    async fn open(settings: &'a Settings, from: Intake) -> Result<Self, Failure> {
        Ok(Self {
            settings,
            session: session(settings).await?,
            reader: reader(settings).await?,
            from,
            bar: progress(0),
            done: Vec::new(),
            places: BTreeMap::new(),
            released: Vec::new(),
            stuck: Vec::new(),
        })
    }

    fn failed(&self, error: &StoreError) -> Failure {
        Failure::store(self.settings, error)
    }

    /// Every parked lead with what queues behind it, then every record that waits for somebody.
    async fn all_parked(&mut self) -> Result<(), Failure> {
        let waiting = self.reader.parked_count(None).await.map_err(|error| self.failed(&error))?;
        self.bar.set_length(u64::try_from(waiting).unwrap_or_default());
        let mut after = LeadId(Uuid::nil());
        loop {
            let leads = self.session.parked_leads(after, PAGE).await;
            let leads = leads.map_err(|error| Failure::of(FAILED, &error))?;
            let Some(last) = leads.last() else { break };
            after = *last;
            for lead in leads {
                self.lead(lead).await?;
            }
        }
        let mut place = i64::MIN;
        loop {
            let page = self.reader.parked(Some("awaiting_identity"), place, PAGE).await;
            let page = page.map_err(|error| self.failed(&error))?;
            let Some(last) = page.last() else { return Ok(()) };
            place = last.place;
            for line in page {
                self.record(line.id, false).await?;
            }
        }
    }

    async fn one_lead(&mut self, lead: LeadId) -> Result<(), Failure> {
        match self.session.lead(lead).await.map_err(|error| Failure::of(FAILED, &error))? {
            None => Err(Failure::new(FAILED, format!("there is no lead {lead}"))),
            Some(present) if present.parked.is_none() => Err(Failure::new(
                FAILED,
                format!("lead {lead} is not parked: `baton parked list` names those that are"),
            )),
            Some(_) => self.lead(lead).await,
        }
    }

    /// Step by step until the lead goes on, or until a record keeps it.
    async fn lead(&mut self, lead: LeadId) -> Result<(), Failure> {
        // Those that hang together go on together: it may have gone on with an earlier one.
        let present = self.session.lead(lead).await.map_err(|error| Failure::of(FAILED, &error))?;
        if present.is_none_or(|present| present.parked.is_none()) {
            return Ok(());
        }
        let mut idle = 0;
        while idle < IDLE_STEPS_MAX {
            let step = match redrive::parked_lead(&mut self.session, lead, &Who::Operator).await {
                Ok(step) => step,
                Err(error) => return self.could_not(error),
            };
            idle = if step.settled() == 0 { idle + 1 } else { 0 };
            let released = step.released;
            self.take(step);
            if released {
                self.released.push(lead);
                return Ok(());
            }
        }
        self.stuck.push(format!("lead {lead} stays parked"));
        Ok(())
    }

    async fn all_quarantined(&mut self, reason: Option<&str>, ids: Option<&[Uuid]>) -> Result<(), Failure> {
        let mut after: Option<KeptLine> = None;
        let mut missing_ids: Vec<Uuid> = ids.unwrap_or_default().to_vec();
        loop {
            let page = self.reader.quarantined(reason, ids, after.as_ref(), PAGE).await;
            let page = page.map_err(|error| self.failed(&error))?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            self.bar.inc_length(u64::try_from(page.len()).unwrap_or_default());
            for line in page {
                missing_ids.retain(|id| *id != line.id);
                self.record(line.id, false).await?;
            }
        }
        match missing_ids.first() {
            Some(id) => Err(missing(self.from, *id)),
            None => Ok(()),
        }
    }

    /// `named`: somebody asked for this very record.
    async fn record(&mut self, id: Uuid, named: bool) -> Result<(), Failure> {
        match redrive::record(&mut self.session, self.from, id, &Who::Operator).await {
            Ok(Some(step)) => self.take(step),
            // It was settled with another one of this command.
            Ok(None) if !named || self.places.contains_key(&id) => {}
            Ok(None) => return Err(missing(self.from, id)),
            Err(error) => return self.could_not(error),
        }
        Ok(())
    }

    fn take(&mut self, step: Redriven) {
        self.bar.inc(u64::try_from(step.settled()).unwrap_or_default());
        for (id, outcome) in step.outcomes {
            let next = self.done.len();
            match *self.places.entry(id).or_insert(next) {
                place if place < next => self.done[place].1 = outcome,
                _ => self.done.push((id, outcome)),
            }
        }
    }

    fn could_not(&mut self, error: RedriveError) -> Result<(), Failure> {
        match error {
            RedriveError::Stuck { row, source } => {
                let word = word(self.from);
                self.stuck.push(format!(
                    "record {row} cannot be decided ({}): mend the fault, or `baton {word} discard {row} --reason WORD`",
                    chain(&source)
                ));
                Ok(())
            }
            RedriveError::Commit(source) => Err(Failure::of(FAILED, &source)),
        }
    }

    fn report(self, as_json: bool) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let word = word(self.from);
        let left = self.done.iter().filter(|(_, outcome)| stays(self.from, outcome)).count();
        if as_json {
            let records: Vec<_> = self
                .done
                .iter()
                .map(|(id, outcome)| {
                    json!({ "id": id.to_string(), "outcome": outcome.code(), "reason": outcome.reason(),
                        "stays": stays(self.from, outcome) })
                })
                .collect();
            let released: Vec<String> = self.released.iter().map(ToString::to_string).collect();
            say_json(&json!({ "records": records, "released": released, "stuck": self.stuck }));
        } else {
            for (id, outcome) in &self.done {
                let prefix = if stays(self.from, outcome) { "stays: " } else { "" };
                say(format!("{id}  {prefix}{} {}", outcome.code(), outcome.reason()));
            }
            for lead in &self.released {
                say(format!("lead {lead} goes on"));
            }
            for line in &self.stuck {
                say(line);
            }
            if self.done.is_empty() && self.released.is_empty() && self.stuck.is_empty() {
                say(format!("nothing in {word} to decide again"));
            }
        }
        if left == 0 && self.stuck.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            FAILED,
            format!("{left} of {} records stay in {word}: `baton {word} list` says why", self.done.len()),
        ))
    }
}
