//! The loops that need no Kafka consumer: router, sweeper, checkpoints and relays, each a task of its own. It decides nothing.

use super::checkpoints::Checkpoints;
use super::digests::{DigestDesk, Digests};
use super::{Ended, Parts, ServiceError, signing};
use crate::relay::Kind;
use crate::relay::checkpoints::Sender;
use crate::relay::webhooks::{Dispatcher, Notices};
use crate::router::Router;
use crate::store::Dispatch;
use crate::store::checkpoint::Book;
use crate::sweeper::{SWEEPERS, Sweeper};
use crate::transaction::loaded::Texts;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

impl Parts {
    /// The router and the sweepers.
    pub(super) async fn run_turns(
        &self,
        tasks: &mut JoinSet<Ended>,
        stop: &CancellationToken,
    ) -> Result<(), ServiceError> {
        let (settings, health) = (&self.settings, &self.health);
        let router = Router::new(
            self.session("router").await?,
            self.owner.clone(),
            Arc::clone(settings),
            health.clone(),
            self.wake(),
        )
        .paced_by(self.pace.clone());
        let (woken, cancel) = (Arc::clone(&self.router), stop.clone());
        tasks.spawn(async move {
            ("the router", {
                router.run(woken, cancel).await;
                Ok(())
            })
        });
        for share in 0..SWEEPERS {
            let session = self.session(&format!("sweeper-{share}")).await?;
            let sweeper =
                Sweeper::new(session, Arc::clone(settings), health.clone(), self.wake()).sharing(share);
            let cancel = stop.clone();
            tasks.spawn(async move {
                ("the sweeper", {
                    sweeper.run(cancel).await;
                    Ok(())
                })
            });
        }
        Ok(())
    }

    /// Checkpoints of the audit.
    pub(super) async fn run_checkpoints(
        &self,
        tasks: &mut JoinSet<Ended>,
        stop: &CancellationToken,
    ) -> Result<(), ServiceError> {
        let checkpoints = Checkpoints {
            book: Book::open(self.settings.database.url.expose()).await?,
            signer: signing::signer(&self.settings)?,
            sender: Sender::new(Arc::clone(&self.settings)),
            owner: self.owner.clone(),
            period: Duration::from_secs(self.settings.audit.checkpoint_seconds),
        };
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the checkpoints", {
                checkpoints.run(cancel).await;
                Ok(())
            })
        });
        Ok(())
    }

    /// Webhooks and notices, where the settings name somebody to tell.
    pub(super) async fn run_channels(
        &self,
        tasks: &mut JoinSet<Ended>,
        stop: &CancellationToken,
        texts: &watch::Receiver<Texts>,
    ) -> Result<(), ServiceError> {
        if !self.settings.has_channels() {
            return Ok(());
        }
        let dispatch = Dispatch::open(self.settings.database.url.expose(), self.owner.clone()).await?;
        self.run_digests(tasks, stop, texts).await?;
        let texts = texts.clone();
        let notices = Notices {
            keys: self.keys.clone(),
            team: Arc::new(move || Arc::clone(&texts.borrow().team)),
            board_url: self.sessions.board_url.clone().unwrap_or_default(),
        };
        let dispatcher = Dispatcher::new(Arc::clone(&self.settings), dispatch, notices)?;
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the dispatcher", {
                dispatcher.run(cancel).await;
                Ok(())
            })
        });
        Ok(())
    }

    /// Weekly digests, where the settings name a moment and somebody's e-mail address.
    async fn run_digests(
        &self,
        tasks: &mut JoinSet<Ended>,
        stop: &CancellationToken,
        texts: &watch::Receiver<Texts>,
    ) -> Result<(), ServiceError> {
        if self.settings.notify.digest_at().is_none() || !self.settings.notify.has_mail() {
            return Ok(());
        }
        let digests = Digests {
            settings: Arc::clone(&self.settings),
            desk: DigestDesk::open(&self.settings, self.owner.clone()).await?,
            texts: texts.clone(),
        };
        let cancel = stop.clone();
        tasks.spawn(async move {
            ("the digests", {
                digests.run(cancel).await;
                Ok(())
            })
        });
        Ok(())
    }

    /// The two relays: they end after everything else, the states' last, so that what was decided goes out.
    pub(super) async fn run_relays(&self, late: &CancellationToken) -> Result<JoinSet<Ended>, ServiceError> {
        let mut late_tasks = JoinSet::new();
        let events = self.relay(Kind::Events).await?;
        let states = self.relay(Kind::State).await?;
        let last = CancellationToken::new();
        let (woken, cancel, after) = (Arc::clone(&self.events), late.clone(), last.clone());
        late_tasks.spawn(async move {
            events.run(woken, cancel).await;
            after.cancel();
            ("the relay of events", Ok(()))
        });
        let woken = Arc::clone(&self.states);
        late_tasks.spawn(async move {
            ("the relay of state", {
                states.run(woken, last).await;
                Ok(())
            })
        });
        Ok(late_tasks)
    }
}
