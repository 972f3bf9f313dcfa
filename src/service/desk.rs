//! The desk: answers asks of people one after the other on a session of its own. It decides nothing.

use crate::contract::keys::Keys;
use crate::intake;
use crate::transaction::ask::{self, Act, AskError, AskQueue, AskReply};
use crate::transaction::batch::Outcome;
use crate::transaction::loaded::Texts;
use crate::transaction::operation::Publishing;
use crate::transaction::redrive::{self, Tally};
use crate::transaction::session::{CommitError, Session};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often texts are looked at that other instances, the CRM or a command may have changed: people wait for a page as long.
const LOOK: Duration = Duration::from_secs(2);

/// Answers asks one after the other; the texts that decisions are made under are told to the pages.
pub(super) struct Desk {
    pub session: Session,
    pub keys: Keys,
    pub texts: watch::Sender<Texts>,
    pub wake: intake::Wake,
}

impl Desk {
    pub(super) async fn run(mut self, mut queue: AskQueue, cancel: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let waiting = tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                waiting = queue.next() => waiting,
                _ = looks.tick() => {
                    self.look().await;
                    continue;
                }
            };
            let Some(waiting) = waiting else { return };
            let answer = self.answer(&waiting.request).await;
            waiting.answer(answer);
        }
    }

    /// Tells the pages the texts in force; without the database they stay what they were.
    async fn look(&mut self) {
        match self.session.look().await {
            Ok(texts) => {
                self.texts.send_if_modified(|told| {
                    let is_news = !told.is_same(texts);
                    told.clone_from(texts);
                    is_news
                });
            }
            Err(error) => tracing::debug!(error = %error, "the texts in force could not be read"),
        }
    }

    async fn answer(&mut self, asked: &ask::Asked) -> Result<AskReply, AskError> {
        let failed = |error: CommitError| AskError::Transaction(Box::new(error));
        let now = self.session.now().await.map_err(failed)?;
        let mut tally = Tally::default();
        let done = match asked.act(&self.keys, now) {
            Act::Decide(batch) => {
                self.session.commit(&batch).await.map(|done| done.outcomes.into_iter().next())
            }
            Act::Publish(publication) => self.session.publish(publication).await.map(|done| {
                Some(match done {
                    Publishing::Published => Outcome::Applied("published"),
                    Publishing::InForce => Outcome::Filtered("no_change"),
                    Publishing::Overtaken => Outcome::Refused("overtaken".to_owned()),
                })
            }),
            Act::Redrive(again) => redrive::press(&mut self.session, again).await.map(|done| {
                tally = done;
                Some(Outcome::Applied("redriven"))
            }),
        };
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(error) => {
                if let Err(error) = self.session.reopen().await {
                    tracing::warn!(error = %error, "the desk's session could not be opened again");
                }
                return Err(failed(error));
            }
        };
        // What was asked may itself have changed when somebody is there.
        self.look().await;
        (self.wake)();
        outcome.map(|outcome| AskReply { outcome, replayed: false, tally }).ok_or(AskError::Closed)
    }
}
