//! Reads for pages, commands and checks, over a small pool of their own. It never writes and never waits for a lock.

pub mod answers;
pub mod board;
pub mod campaigns;
pub mod checkpoints;
pub mod checks;
pub mod deliveries;
pub mod fairness;
pub mod floor;
pub mod handshake;
pub mod intake;
pub mod kept;
pub mod lead_list;
pub mod lead_page;
pub mod my;
pub mod offers;
pub mod open_leads;
pub mod published;
pub mod rejections;
pub mod said;
pub mod standing;
pub mod sums;
pub mod thin;
pub mod trail;
pub mod waiting;
pub mod watch;

use super::connect::{self, Timeouts};
use super::error::StoreError;
use super::statement::Statement;
use sqlx::PgPool;
use std::time::Duration;

/// No read of ours holds a snapshot longer: one old snapshot slows every fence (measured).
const READ_SECONDS_MAX: u64 = 5;

/// Statements of the reads, for the catalog.
pub(super) fn statements() -> Vec<Statement> {
    [
        answers::STATEMENTS,
        board::STATEMENTS,
        campaigns::STATEMENTS,
        checkpoints::STATEMENTS,
        checks::STATEMENTS,
        deliveries::STATEMENTS,
        fairness::STATEMENTS,
        floor::STATEMENTS,
        handshake::STATEMENTS,
        intake::STATEMENTS,
        kept::STATEMENTS,
        lead_list::STATEMENTS,
        lead_page::STATEMENTS,
        my::STATEMENTS,
        offers::STATEMENTS,
        open_leads::STATEMENTS,
        published::STATEMENTS,
        rejections::STATEMENTS,
        said::STATEMENTS,
        sums::STATEMENTS,
        thin::STATEMENTS,
        trail::STATEMENTS,
        waiting::STATEMENTS,
        watch::STATEMENTS,
    ]
    .concat()
}

/// Single reads, each in a short statement of its own.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(in crate::store) pool: PgPool,
}

impl Reader {
    /// Opens a pool of so many connections.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn open(url: &str, connections: u32) -> Result<Self, StoreError> {
        let timeouts = Timeouts { statement: Duration::from_secs(READ_SECONDS_MAX), ..Timeouts::default() };
        Ok(Self { pool: connect::pool(url, "baton reader", connections, timeouts).await? })
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
