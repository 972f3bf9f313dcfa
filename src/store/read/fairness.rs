//! How offers were shared out: the latest ones by pool and rep, and what each holds. It judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::time::{DAY, Moment};
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use std::collections::BTreeMap;

/// Offers are counted of so long: a month smooths single days off.
const OFFERS_OF: i64 = 30 * DAY;
/// Offers that one read counts, the latest first: about 6 MB; a pool is as fair over its last thousands as over all.
const OFFERS_MAX: i64 = 20_000;

const OFFERS: Statement = Statement::new(
    "fairness.offers",
    "SELECT payload FROM audit WHERE event = 'lead_offered' AND subject_kind = 1 AND decided_at >= $1
     ORDER BY decided_at DESC LIMIT $2",
);
const OPEN: Statement = Statement::new(
    "fairness.open",
    "SELECT holder_id, count(*) FROM lead WHERE holder_id IS NOT NULL AND stage IN (2, 3, 4, 5, 6)
     GROUP BY holder_id ORDER BY holder_id",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[OFFERS, OPEN];

/// How offers were shared out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FairnessRead {
    pub now: Moment,
    /// Offers of 30 days by pool and member.
    pub offers: BTreeMap<(String, String), i64>,
    /// Open leads with sales by member.
    pub open: BTreeMap<String, i64>,
}

impl Reader {
    /// How offers were shared out.
    ///
    /// # Errors
    /// The database does not answer, or a stored event can't be read.
    pub async fn fairness(&self) -> Result<FairnessRead, StoreError> {
        let now = self.now().await?;
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let rows: Vec<(Vec<u8>,)> = OFFERS
            .rows()
            .bind(now.plus(-OFFERS_OF).0)
            .bind(OFFERS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| OFFERS.failed(error))?;
        let mut offers = BTreeMap::new();
        for (payload,) in rows {
            if let Event::LeadOffered { rep, pool, .. } = codec::read_event(&payload)? {
                *offers.entry((pool.0, rep.0)).or_insert(0) += 1;
            }
        }
        let open: Vec<(String, i64)> =
            OPEN.rows().fetch_all(&mut *conn).await.map_err(|error| OPEN.failed(error))?;
        Ok(FairnessRead { now, offers, open: open.into_iter().collect() })
    }
}
