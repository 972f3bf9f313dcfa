//! What router, sweeper and web read on a session between transactions, and the upkeep of tables. No row is locked.

use super::{CommitError, LookedAt, Session, Share};
use crate::domain::fan_out::FanOut;
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::silence::broken_off;
use crate::domain::team::PoolId;
use crate::domain::time::{HOUR, MINUTE, Moment};
use crate::store::fan_out::{self, OpenFanOut};
use crate::store::ledger::{self, Answer};
use crate::store::maintenance::{self, Maintained};
use crate::store::position::{self, StoredPosition};
use crate::store::work::{self, DueLead, Holding, Horizon};
use crate::store::{lane, lead, rotation, silence, world};
use std::collections::{BTreeMap, BTreeSet};

/// A leaver's leads are looked for from the beginning again for so long; what comes to them later is an orphan to be shown.
const LOOKS_AGAIN: i64 = MINUTE;

/// Tasks of which the next step is looked at together.
const TASKS_MAX: i64 = 50;

impl Session {
    pub(super) async fn whole(&mut self) -> Result<(), CommitError> {
        if self.dirty { self.reopen().await } else { Ok(()) }
    }

    /// Leads that wait in a pool's queue, by priority, then age, without those who were just tried in vain.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn queued(
        &mut self,
        pool: &PoolId,
        limit: i64,
        without: &[LeadId],
    ) -> Result<Vec<LeadId>, CommitError> {
        self.whole().await?;
        work::queued(&mut self.conn, pool, limit, without).await.map_err(CommitError::Store)
    }

    /// The trace that each lead's newest public record belongs to; leads without one are absent.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn traces(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, String>, CommitError> {
        self.whole().await?;
        work::traces(&mut self.conn, leads).await.map_err(CommitError::Store)
    }

    /// Pools in whose queue a lead waits.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn queued_pools(&mut self) -> Result<Vec<PoolId>, CommitError> {
        self.whole().await?;
        work::queued_pools(&mut self.conn).await.map_err(CommitError::Store)
    }

    /// Takes or renews the lease of a pool for so many microseconds; false while somebody else holds it.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn take_pool(&mut self, pool: &PoolId, owner: &str, micros: i64) -> Result<bool, CommitError> {
        self.whole().await?;
        let lease = rotation::take_pool(&mut self.conn, pool, owner, micros).await;
        Ok(lease.map_err(CommitError::Store)?.is_some())
    }

    /// Leads of a share whose earliest clock came due, no further than the feeds are known, and how far that is.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn due(&mut self, share: Share, limit: i64) -> Result<(Horizon, Vec<DueLead>), CommitError> {
        self.whole().await?;
        let mut horizon = work::horizon(&mut self.conn).await.map_err(CommitError::Store)?;
        if horizon.silences > 0 && silence::end_heard(&mut self.conn).await.map_err(CommitError::Store)? > 0 {
            horizon = work::horizon(&mut self.conn).await.map_err(CommitError::Store)?;
        }
        if horizon.releases > 0 {
            lane::end_releases(&mut self.conn).await.map_err(CommitError::Store)?;
        }
        let due = work::due(&mut self.conn, horizon.fires_until(), share, limit)
            .await
            .map_err(CommitError::Store)?;
        Ok((horizon, due))
    }

    /// A lead as it stands, without a lock.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn lead(&mut self, id: LeadId) -> Result<Option<Lead>, CommitError> {
        self.whole().await?;
        let mut rows = lead::read(&mut self.conn, &BTreeSet::from([id])).await.map_err(CommitError::Store)?;
        Ok(rows.remove(&id).map(|row| row.lead))
    }

    /// Leads as they stand, without a lock; unknown ones are absent.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn leads(&mut self, ids: &BTreeSet<LeadId>) -> Result<Vec<Lead>, CommitError> {
        self.whole().await?;
        let rows = lead::read(&mut self.conn, ids).await.map_err(CommitError::Store)?;
        Ok(rows.into_values().map(|row| row.lead).collect())
    }

    /// The reply that an `Idempotency-Key` has already.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn answered(&mut self, key: &str, actor: &str) -> Result<Option<Answer>, CommitError> {
        self.whole().await?;
        ledger::answered(&mut self.conn, key, actor).await.map_err(CommitError::Store)
    }

    /// Closes those of the next `limit` wide changes after `seen` that touch nobody; says how many. What came to stand before
    /// `seen` is a step like any other.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn settle_fan_outs(&mut self, seen: &mut LookedAt, limit: i64) -> Result<u64, CommitError> {
        let now = self.now().await?;
        fan_out::settle_alone(&mut self.conn, now, seen, limit).await.map_err(CommitError::Store)
    }

    /// The oldest wide change that is not done, with the next leads that it touches; colleagues who were active are told
    /// of many at once, as many as `limit` leads are of. Nothing when all are done. No lead left is the last step of a task.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn fan_outs(&mut self, limit: i64) -> Result<Vec<(OpenFanOut, Vec<Lead>)>, CommitError> {
        self.whole().await?;
        let mut open = fan_out::next(&mut self.conn, TASKS_MAX).await.map_err(CommitError::Store)?;
        let alike =
            open.iter().take_while(|open| matches!(open.task, FanOut::ColleagueActive { .. })).count();
        open.truncate(alike.max(1));
        // One task of a company at a time: what the one tells, the next one sees.
        let mut companies = BTreeSet::new();
        open.retain(|open| companies.insert(open.task.account()));
        let touched = match open.as_slice() {
            [] => return Ok(Vec::new()),
            [one] => vec![self.touched(one, limit).await?],
            many => self.colleagues(many, limit).await?,
        };
        let ids: BTreeSet<LeadId> = touched.iter().flatten().copied().collect();
        let rows = lead::read(&mut self.conn, &ids).await.map_err(CommitError::Store)?;
        let leads =
            |ids: Vec<LeadId>| ids.iter().filter_map(|id| rows.get(id)).map(|row| row.lead.clone()).collect();
        Ok(open.into_iter().zip(touched.into_iter().map(leads)).collect())
    }

    /// The leads of the companies of the first tasks, of so many tasks as stay within `limit` leads, of one at least.
    async fn colleagues(&mut self, open: &[OpenFanOut], limit: i64) -> Result<Vec<Vec<LeadId>>, CommitError> {
        let accounts = open.iter().filter_map(|open| open.task.account()).collect();
        let of = fan_out::recent_of_accounts(&mut self.conn, &accounts, limit).await;
        let of = of.map_err(CommitError::Store)?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut leads = 0;
        let touched = open.iter().map(|open| {
            let account = open.task.account().filter(|_| open.cursor.is_none());
            account.and_then(|account| of.get(&account)).cloned().unwrap_or_default()
        });
        let within = touched.enumerate().take_while(|(place, ids)| {
            leads += ids.len();
            *place == 0 || leads <= most
        });
        Ok(within.map(|(_, ids)| ids).collect())
    }

    /// The next leads of one task.
    async fn touched(&mut self, open: &OpenFanOut, limit: i64) -> Result<Vec<LeadId>, CommitError> {
        let conn = &mut self.conn;
        let ids = match &open.task {
            FanOut::AccountBecameCustomer { account, .. } => {
                fan_out::of_account(conn, *account, open.cursor, limit).await
            }
            FanOut::PolicyPublished { .. } => fan_out::captured(conn, open.cursor, limit).await,
            FanOut::ColleagueActive { .. } => {
                let alone = self.colleagues(std::slice::from_ref(open), limit).await?;
                return Ok(alone.into_iter().next().unwrap_or_default());
            }
            FanOut::ContactsLeft { .. } if open.cursor.is_some() => Ok(Vec::new()),
            FanOut::ContactsLeft { leads, .. } => Ok(leads.clone()),
            FanOut::CampaignCredited { campaign, .. } => {
                fan_out::of_campaign(conn, campaign, open.cursor, limit).await
            }
            FanOut::MemberLeft { member, at } => {
                let later = fan_out::of_holder(conn, member, open.cursor, limit).await;
                let is_end = open.cursor.is_some() && later.as_ref().is_ok_and(Vec::is_empty);
                // A lead that was told already may since have been united with one that the leaver held.
                let now = Moment(world::read(conn).await.map_err(CommitError::Store)?.now);
                if is_end && now.since(*at) < LOOKS_AGAIN {
                    fan_out::of_holder(conn, member, None, limit).await
                } else {
                    later
                }
            }
        };
        ids.map_err(CommitError::Store)
    }

    /// The time that decisions go by now.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn now(&mut self) -> Result<Moment, CommitError> {
        self.whole().await?;
        Ok(Moment(world::read(&mut self.conn).await.map_err(CommitError::Store)?.now))
    }

    /// Sets the clock for tests and the demo, or gives time back to the database.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn set_clock(&mut self, now: Option<Moment>) -> Result<(), CommitError> {
        self.whole().await?;
        let set = match now {
            Some(now) => world::set_clock(&mut self.conn, now).await,
            None => world::clear_clock(&mut self.conn).await,
        };
        set.map_err(CommitError::Store)
    }

    /// The clock that is set, if any: `serve` refuses to start while one is.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn clock(&mut self) -> Result<Option<Moment>, CommitError> {
        self.whole().await?;
        world::clock(&mut self.conn).await.map_err(CommitError::Store)
    }

    /// Says that the service is live from now on, unless it was before.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn go_live(&mut self) -> Result<(), CommitError> {
        let now = self.now().await?;
        world::go_live(&mut self.conn, now).await.map_err(CommitError::Store)
    }

    /// Moves the moment from which the service is live, for a demo whose history stands before it.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn move_live(&mut self, at: Moment) -> Result<(), CommitError> {
        self.whole().await?;
        world::move_live(&mut self.conn, at).await.map_err(CommitError::Store)
    }

    /// Every position, for gauges and `position show`.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn positions(&mut self) -> Result<Vec<StoredPosition>, CommitError> {
        self.whole().await?;
        position::list(&mut self.conn).await.map_err(CommitError::Store)
    }

    /// One round of upkeep: partitions ahead, old ones dropped, what waited too long moved on.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn maintain(&mut self) -> Result<Maintained, CommitError> {
        let now = self.now().await?;
        maintenance::run(&mut self.conn, now).await.map_err(CommitError::Store)
    }

    /// Writes down which feeds that hold clocks broke off against their habit, by the hours as they are counted; says how
    /// many. They hold clocks until a record comes or somebody releases them.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn notice_silence(&mut self) -> Result<usize, CommitError> {
        self.whole().await?;
        let mut noticed = 0;
        for feed in silence::hours(&mut self.conn).await.map_err(CommitError::Store)? {
            let Some(last) = broken_off(&feed.counts, feed.counted_to.0.div_euclid(HOUR)) else { continue };
            let is_new = silence::notice(&mut self.conn, &feed, last).await.map_err(CommitError::Store)?;
            noticed += usize::from(is_new);
        }
        Ok(noticed)
    }

    /// The feed that holds clocks back most, where it is behind by more than so many microseconds.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn holding(&mut self, behind: i64) -> Result<Option<Holding>, CommitError> {
        self.whole().await?;
        work::holding(&mut self.conn, behind).await.map_err(CommitError::Store)
    }
}
