//! How offers were shared out: by pool and rep, by turn and by name. It judges nothing.

use super::Reader;
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::{DAY, Moment};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use std::collections::BTreeMap;

/// Offers are counted of so long: a month smooths single days off.
const OFFERS_OF: i64 = 30 * DAY;

const BY_TURN: Statement = Statement::new(
    "fairness.by_turn",
    "SELECT pool, member, count(*) FILTER (WHERE by_turn), count(*) FILTER (WHERE NOT by_turn) FROM assignment
     WHERE at >= $1 GROUP BY pool, member ORDER BY pool, member",
);
const TODAY: Statement = Statement::new(
    "fairness.today",
    "SELECT day.member, count(*) FROM unnest($1::text[], $2::bigint[]) AS day (member, since)
     JOIN assignment AS given ON given.member = day.member AND given.at >= day.since GROUP BY day.member",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[BY_TURN, TODAY];

/// What one rep got in one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub pool: PoolId,
    pub member: MemberId,
    pub by_turn: u32,
    /// Because they were named, or know the company.
    pub by_name: u32,
}

/// How offers were shared out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FairnessRead {
    pub now: Moment,
    /// Offers by turn of 30 days, by pool and member: who was asked for by name says nothing of turns.
    pub offers: BTreeMap<(String, String), i64>,
}

impl Reader {
    /// Offers since a moment, by pool and rep.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn got_since(&self, at: Moment) -> Result<Vec<Got>, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<(String, String, i64, i64)> =
            BY_TURN.rows().bind(at.0).fetch_all(&mut *conn).await.map_err(|error| BY_TURN.failed(error))?;
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(rows
            .into_iter()
            .map(|(pool, member, by_turn, by_name)| Got {
                pool: PoolId(pool),
                member: MemberId(member),
                by_turn: count(by_turn),
                by_name: count(by_name),
            })
            .collect())
    }

    /// Offers to each member since that member's moment; who got none is absent.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn offers_of_days(
        &self,
        days: &[(String, Moment)],
    ) -> Result<BTreeMap<String, i64>, StoreError> {
        let members: Vec<&str> = days.iter().map(|(member, _)| member.as_str()).collect();
        let since: Vec<i64> = days.iter().map(|(_, at)| at.0).collect();
        let mut conn = self.connection().await?;
        let rows: Vec<(String, i64)> = TODAY
            .rows()
            .bind(members)
            .bind(since)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| TODAY.failed(error))?;
        Ok(rows.into_iter().collect())
    }

    /// How offers were shared out.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn fairness(&self) -> Result<FairnessRead, StoreError> {
        let now = self.now().await?;
        let got = self.got_since(now.plus(-OFFERS_OF)).await?;
        let offers = got.into_iter().map(|it| ((it.pool.0, it.member.0), i64::from(it.by_turn))).collect();
        Ok(FairnessRead { now, offers })
    }
}
