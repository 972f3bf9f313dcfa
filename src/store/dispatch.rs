//! The dispatcher's own connection: shards, events that wait, tellings that are due, and whom a notice is about. It sends
//! nothing.

use super::connect::{self, Timeouts};
use super::delivery::{self, Due, Inserted, Mark, Message, NewDelivery, Standing, Waiting};
use super::error::StoreError;
use super::outbox::SHARDS;
use super::person;
use super::relay_shard::{self, Member};
use super::rows::PersonRow;
use crate::domain::ids::{EventId, LeadId};
use crate::domain::time::Moment;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The dispatcher among the relays, as leases are stored under.
const KIND: i16 = 2;

/// What is told instead of tellings that were left out.
pub type Summarise = fn(&[Inserted]) -> (Vec<Message>, Vec<NewDelivery>);

/// A held connection for making deliveries and marking them.
#[derive(Debug)]
pub struct Dispatch {
    conn: PgConnection,
    url: String,
    /// This life of the process, on leases.
    owner: String,
}

impl Dispatch {
    /// Opens the connection.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn open(url: &str, owner: String) -> Result<Self, StoreError> {
        let conn = connect::connect(url, "baton dispatcher", Timeouts::default()).await?;
        Ok(Self { conn, url: url.to_owned(), owner })
    }

    /// Replaces the connection after it broke.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn reopen(&mut self) -> Result<(), StoreError> {
        self.conn = connect::connect(&self.url, "baton dispatcher", Timeouts::default()).await?;
        Ok(())
    }

    /// Renews and takes this dispatcher's share of the shards for so many microseconds; the shards, sorted.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn take_shards(&mut self, micros: i64) -> Result<Vec<i16>, StoreError> {
        let member = Member { kind: KIND, owner: &self.owner };
        let share = relay_shard::register(&mut self.conn, member, micros).await?.share(i64::from(SHARDS));
        let shards = relay_shard::take(&mut self.conn, member, micros, share).await?;
        Ok(shards.into_iter().map(|(shard, _)| shard).collect())
    }

    /// Gives every shard back.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn release(&mut self) -> Result<(), StoreError> {
        relay_shard::release(&mut self.conn, Member { kind: KIND, owner: &self.owner }).await
    }

    /// Events of which no delivery has been made.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn waiting(&mut self, shards: &[i16], limit: i64) -> Result<Vec<Waiting>, StoreError> {
        delivery::waiting(&mut self.conn, shards, limit).await
    }

    /// Takes events off the list and stores what is to be told of them, in one transaction; `false` where somebody else
    /// took one of them meanwhile, and then nothing is done. `summarise`: what is told instead of what was left out.
    ///
    /// # Errors
    /// A statement fails; the connection is then to be opened again.
    pub async fn expand(
        &mut self,
        seqs: &[i64],
        messages: &[Message],
        deliveries: &[NewDelivery],
        summarise: Summarise,
    ) -> Result<bool, StoreError> {
        connect::begin(&mut self.conn).await?;
        let taken = delivery::take(&mut self.conn, seqs).await?;
        if usize::try_from(taken).ok() != Some(seqs.len()) {
            connect::rollback(&mut self.conn).await?;
            return Ok(false);
        }
        if !deliveries.is_empty() {
            let inserted = delivery::insert(&mut self.conn, messages, deliveries).await?;
            let (messages, deliveries) = summarise(&inserted);
            if !deliveries.is_empty() {
                delivery::insert(&mut self.conn, &messages, &deliveries).await?;
            }
        }
        connect::commit(&mut self.conn).await?;
        Ok(true)
    }

    /// Which of these contents are stored already.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn known(&mut self, events: &[EventId]) -> Result<BTreeSet<EventId>, StoreError> {
        delivery::known(&mut self.conn, events).await
    }

    /// Stores what is to be told and came from no event; says how many tellings are new.
    ///
    /// # Errors
    /// A statement fails; the connection is then to be opened again.
    pub async fn tell(
        &mut self,
        messages: &[Message],
        deliveries: &[NewDelivery],
    ) -> Result<usize, StoreError> {
        connect::begin(&mut self.conn).await?;
        let inserted = delivery::insert(&mut self.conn, messages, deliveries).await?;
        connect::commit(&mut self.conn).await?;
        Ok(inserted.len())
    }

    /// Tellings whose time has come.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn due(
        &mut self,
        room: &[(&str, i64)],
        shards: &[i16],
        under_way: &[i64],
    ) -> Result<Vec<Due>, StoreError> {
        delivery::due(&mut self.conn, room, shards, under_way).await
    }

    /// Where leads stand now, and who the people are; who was erased is absent.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn leads(
        &mut self,
        leads: &BTreeSet<LeadId>,
    ) -> Result<(BTreeMap<Uuid, Standing>, BTreeMap<LeadId, PersonRow>), StoreError> {
        let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
        let standing = delivery::standing(&mut self.conn, &ids).await?;
        let people = person::read(&mut self.conn, leads).await?;
        Ok((standing, people))
    }

    /// How many notices of a kind an endpoint was not told from a moment to before another.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn left_out(
        &mut self,
        endpoint: &str,
        notice: &str,
        from: Moment,
        to: Moment,
    ) -> Result<i64, StoreError> {
        delivery::left_out(&mut self.conn, endpoint, notice, from, to).await
    }

    /// Records what an attempt has come to.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn mark(&mut self, mark: &Mark<'_>) -> Result<(), StoreError> {
        delivery::mark(&mut self.conn, mark).await
    }

    /// Tells an endpoint nothing more.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn stop(&mut self, endpoint: &str, reason: &str) -> Result<(), StoreError> {
        delivery::stop(&mut self.conn, endpoint, reason).await
    }
}
