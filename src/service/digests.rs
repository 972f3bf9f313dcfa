//! The weekly digest: at the moment that the settings name, in each person's own time, what they are told of the week is
//! stored as a delivery of e-mail. One person has one of a week, whoever makes it: its id is derived from both. It sends
//! nothing.

use crate::contract::notice::{DIGEST_TYPE, Digest, Kind};
use crate::domain::ids::EventId;
use crate::domain::team::{Member, Team};
use crate::domain::time::{DAY, Moment};
use crate::scoreboard::digest::digest;
use crate::scoreboard::letter::{self, Figures, Held};
use crate::scoreboard::{Week, duties};
use crate::settings::Settings;
use crate::store::delivery::{Message, NewDelivery};
use crate::store::outbox::SHARDS;
use crate::store::{Dispatch, Reader, StoreError};
use crate::telemetry::chain;
use crate::transaction::loaded::Texts;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether somebody's moment has come: a digest may be so much late.
const LOOK: Duration = Duration::from_secs(60);
/// A digest that could not be made for so long is not made any more: the figures on Tuesday are no news of the week.
const LATE_MAX: i64 = DAY;

/// Makes digests when their moment comes.
pub(super) struct Digests {
    pub settings: Arc<Settings>,
    pub desk: DigestDesk,
    pub texts: watch::Receiver<Texts>,
}

/// What digests are read from and stored by.
pub struct DigestDesk {
    pub reader: Reader,
    pub dispatch: Dispatch,
}

impl Digests {
    pub(super) async fn run(mut self, cancel: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                _ = looks.tick() => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(error = %chain(&error), "weekly digests could not be made: it is tried again");
                if let Err(error) = self.desk.dispatch.reopen().await {
                    tracing::debug!(error = %chain(&error), "the connection of digests could not be opened again");
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let texts = self.texts.borrow().clone();
        let now = self.desk.reader.now().await?;
        for (week, members) in due(&self.settings, &texts.team, now) {
            let made = self.desk.make(week, &members, &texts, now).await?;
            if made > 0 {
                tracing::info!(digest.week = %week, digest.count = made, "weekly digests were made");
            }
        }
        Ok(())
    }
}

/// Whose digest is due, by the week that it tells of: zones may part it.
fn due(settings: &Settings, team: &Team, now: Moment) -> Vec<(Week, Vec<Member>)> {
    let Some(at) = settings.notify.digest_at() else { return Vec::new() };
    let mut weeks: Vec<(Week, Vec<Member>)> = Vec::new();
    for member in readers(settings, team) {
        let Some(date) = at.last(now.timestamp(), team.hours(&member.id).zone(), LATE_MAX) else { continue };
        let week = Week::before(date);
        match weeks.iter_mut().find(|(other, _)| *other == week) {
            Some((_, members)) => members.push(member),
            None => weeks.push((week, vec![member])),
        }
    }
    weeks
}

/// Who gets a digest: whoever has an e-mail address in the settings and something to be told.
#[must_use]
pub fn readers(settings: &Settings, team: &Team) -> Vec<Member> {
    let has_address = |member: &&Member| {
        settings.notify.member.get(&member.id.0).is_some_and(|places| !places.email.is_empty())
    };
    team.members().filter(|member| letter::is_for(member)).filter(has_address).cloned().collect()
}

impl DigestDesk {
    /// Opens the connections; `owner`: this life of the process.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn open(settings: &Settings, owner: String) -> Result<Self, StoreError> {
        let url = settings.database.url.expose();
        Ok(Self { reader: Reader::open(url, 1).await?, dispatch: Dispatch::open(url, owner).await? })
    }

    /// Stores the digests of a week for those who have none yet; says how many that were.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn make(
        &mut self,
        week: Week,
        members: &[Member],
        texts: &Texts,
        now: Moment,
    ) -> Result<usize, StoreError> {
        let id = |member: &Member| Digest::id(&member.id.0, &week.to_string());
        let ids: Vec<EventId> = members.iter().map(id).collect();
        let known = self.dispatch.known(&ids).await?;
        let missing: Vec<&Member> = members.iter().filter(|member| !known.contains(&id(member))).collect();
        if missing.is_empty() {
            return Ok(0);
        }
        let figures = self.figures(week, texts, now).await?;
        let (mut messages, mut deliveries) = (Vec::new(), Vec::new());
        for member in missing {
            let held = if letter::holds(member) { self.held(member).await? } else { Held::default() };
            let (lines, pages) = letter::lines(member, &figures, &held, &texts.team, now);
            let digest = Digest { member: member.id.0.clone(), week: week.to_string(), lines, pages };
            messages.push(message(id(member), &digest));
            deliveries.push(delivery(id(member), member, now));
        }
        self.dispatch.tell(&messages, &deliveries).await
    }

    async fn held(&self, member: &Member) -> Result<Held, StoreError> {
        let read = self.reader.my(&member.id.0).await?;
        Ok(Held { open: read.open, leads: read.leads.into_iter().map(|row| row.lead).collect() })
    }

    async fn figures(&self, week: Week, texts: &Texts, now: Moment) -> Result<Figures, StoreError> {
        let (reader, span, durations) = (&self.reader, week.span(), texts.policy.durations());
        let wide = duties::facts_span(Week::of(now), durations);
        let recent = reader.handoff_facts(wide.from, wide.to).await?;
        let answers = reader.pattern_answers(wide.from, wide.to).await?;
        let marketing = texts.team.hours(texts.team.marketing_owner());
        let floor = reader.floor(None, &[], &[]).await?;
        Ok(Figures {
            campaigns: digest(&reader.campaign_sums(span.from, span.to, None).await?),
            patterns: duties::patterns_now(&recent, &answers, durations, marketing, now),
            facts: reader.handoff_facts(span.from, span.to).await?,
            queues: floor.queues,
            load: floor.load,
        })
    }
}

fn message(event: EventId, digest: &Digest) -> Message {
    Message { event, lead: None, event_type: DIGEST_TYPE.to_owned(), body: digest.body() }
}

fn delivery(event: EventId, member: &Member, now: Moment) -> NewDelivery {
    let [first, ..] = event.0.into_bytes();
    NewDelivery {
        event,
        channel: "email",
        endpoint: format!("email:member:{}", member.id),
        shard: i16::from(first) % SHARDS,
        lead: None,
        notice: Some(Kind::Digest.code()),
        an_hour_max: None,
        not_before: None,
        expires_at: Some(now.plus(LATE_MAX)),
    }
}
