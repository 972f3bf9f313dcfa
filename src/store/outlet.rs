//! The relay's own connection: leases, unsent records, and what fills them in when they are sent. It never publishes.

use super::audit::{self, CauseText};
use super::connect::{self, Timeouts};
use super::error::StoreError;
use super::outbox::{self, Backlog, Gone, Held, Unsent};
use super::relay_shard::Member;
use super::rows::PersonRow;
use super::statement::Statement;
use super::{person, relay_shard};
use crate::domain::ids::LeadId;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the relay asks is found by index. A day's table is empty when it is made: a plan from then would read it
/// whole for every row, until somebody counts it.
const BY_INDEX: Statement = Statement::new("outlet.by_index", "SET enable_seqscan = off");

pub(super) const STATEMENTS: &[Statement] = &[BY_INDEX];

/// What the outbox leaves out and the relay fills in; what was erased is absent.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    pub people: BTreeMap<LeadId, PersonRow>,
    pub causes: BTreeMap<[u8; 32], CauseText>,
}

/// A held connection for reading the outbox and marking it.
#[derive(Debug)]
pub struct Outlet {
    conn: PgConnection,
    url: String,
}

impl Outlet {
    /// Opens the connection.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { conn: connection(url).await?, url: url.to_owned() })
    }

    /// Replaces the connection after it broke.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn reopen(&mut self) -> Result<(), StoreError> {
        self.conn = connection(&self.url).await?;
        Ok(())
    }

    /// Says that the relay lives for so many microseconds; gives its share of so many shards.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn share(&mut self, member: Member<'_>, micros: i64, shards: i64) -> Result<i64, StoreError> {
        Ok(relay_shard::register(&mut self.conn, member, micros).await?.share(shards))
    }

    /// Renews and takes shards for so many microseconds, gives back what is above the share; returns (shard, lease epoch),
    /// sorted.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn take_shards(
        &mut self,
        member: Member<'_>,
        micros: i64,
        most: i64,
    ) -> Result<Vec<(i16, i64)>, StoreError> {
        relay_shard::take(&mut self.conn, member, micros, most).await
    }

    /// Gives every shard of the relay back.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn release(&mut self, member: Member<'_>) -> Result<(), StoreError> {
        relay_shard::release(&mut self.conn, member).await
    }

    /// The oldest unsent records of each shard, in the order to send: state and tombstones, or all others.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn unsent(
        &mut self,
        shards: &[i16],
        limit: i64,
        compacted: bool,
    ) -> Result<Vec<Unsent>, StoreError> {
        outbox::unsent(&mut self.conn, shards, limit, compacted).await
    }

    /// People and causes behind the records.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn identifiers(&mut self, records: &[Unsent]) -> Result<Identifiers, StoreError> {
        let leads: BTreeSet<LeadId> = records.iter().map(|record| record.lead).collect();
        let causes: BTreeSet<[u8; 32]> = records.iter().map(|record| record.cause).collect();
        Ok(Identifiers {
            people: person::read(&mut self.conn, &leads).await?,
            causes: audit::causes(&mut self.conn, &causes).await?,
        })
    }

    /// Marks records as sent while the leases are still ours, and where `tells` lets the events wait for their deliveries;
    /// of a shard fewer marked than given: its lease is gone.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn mark_sent(
        &mut self,
        member: Member<'_>,
        rows: &[Gone],
        tells: bool,
    ) -> Result<BTreeMap<i16, usize>, StoreError> {
        outbox::mark_sent(&mut self.conn, member, rows, tells).await
    }

    /// Holds a record that can never be sent as it is, and with it the lead's later ones.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn hold(&mut self, shard: i16, seq: i64, reason: &str) -> Result<(), StoreError> {
        outbox::hold(&mut self.conn, shard, seq, reason).await
    }

    /// Records that are held, oldest first.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn held(&mut self, limit: i64) -> Result<Vec<Held>, StoreError> {
        outbox::held(&mut self.conn, limit).await
    }

    /// Lets held records (one, or all) be tried again; says how many.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn retry_held(&mut self, seq: Option<i64>) -> Result<u64, StoreError> {
        outbox::retry_held(&mut self.conn, seq).await
    }

    /// What waits on the shards, for the gauges.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn backlog(&mut self, shards: &[i16]) -> Result<Backlog, StoreError> {
        outbox::backlog(&mut self.conn, shards).await
    }
}

async fn connection(url: &str) -> Result<PgConnection, StoreError> {
    let mut conn = connect::connect(url, "baton relay", Timeouts::default()).await?;
    BY_INDEX.query().execute(&mut conn).await.map_err(|error| BY_INDEX.failed(error))?;
    Ok(conn)
}
