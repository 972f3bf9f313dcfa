//! Offers of the past, page by page in order of time, with what was known of each lead. It changes nothing.

use super::Reader;
use crate::domain::event::{Event, Withdrawal};
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::domain::routing::{AccountMatch, RouteStep};
use crate::domain::team::{MemberId, PoolId};
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;
use uuid::Uuid;

/// Offers of one page: each brings a lead's whole state.
pub const PAGE_OFFERS_MAX: i64 = 500;

const COUNT: Statement = Statement::new(
    "offers.count",
    "SELECT count(*) FROM audit WHERE event = 'lead_offered' AND decided_at >= $1",
);
const PAGE: Statement = Statement::new(
    "offers.page",
    "SELECT a.decided_at, a.subject_id, a.version, a.payload, l.state, c.source, o.owner, o.name_key,
         coalesce((SELECT array_agg(key ORDER BY key) FROM account_key WHERE account_id = o.id), '{}') AS keys,
         (SELECT n.payload FROM audit AS n WHERE n.subject_kind = 1 AND n.subject_id = a.subject_id
              AND n.version > a.version AND n.event IN ('offer_withdrawn', 'lead_accepted')
          ORDER BY n.version LIMIT 1) AS answer,
         (SELECT n.decided_at FROM audit AS n WHERE n.subject_kind = 1 AND n.subject_id = a.subject_id
              AND n.version > a.version AND n.event IN ('lead_recycled', 'lead_disqualified', 'lead_suppressed',
                  'data_fix_asked', 'opportunity_opened', 'lead_won', 'lead_lost', 'lead_closed_as_won', 'lead_merged',
                  'lead_erased')
          ORDER BY n.version LIMIT 1) AS ended_at
     FROM audit AS a JOIN lead AS l ON l.id = a.subject_id
     LEFT JOIN campaign AS c ON c.id = l.last_campaign LEFT JOIN account AS o ON o.id = l.account_id
     WHERE a.event = 'lead_offered' AND a.subject_kind = 1 AND a.decided_at >= $1
         AND (a.decided_at, a.subject_id, a.version) > ($1, $2, $3)
     ORDER BY a.decided_at, a.subject_id, a.version LIMIT $4",
);

pub(in crate::store) const STATEMENTS: &[Statement] = &[COUNT, PAGE];

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferCursor {
    pub at: Moment,
    pub lead: Uuid,
    pub version: i64,
}

impl OfferCursor {
    /// Before everything since a moment.
    #[must_use]
    pub fn since(at: Moment) -> Self {
        Self { at, lead: Uuid::nil(), version: -1 }
    }
}

/// One offer.
#[derive(Clone, Debug, PartialEq)]
pub struct PastOffer {
    pub at: Moment,
    /// 1 is the first of its passage; later ones go by what came before them.
    pub offer_no: u32,
    /// When the lead was no rep's open lead any more: it got a deal, or left sales; `None` while it is.
    pub ended_at: Option<Moment>,
    /// As it stands now; its profile may have changed since.
    pub lead: Lead,
    pub rep: MemberId,
    pub pool: PoolId,
    pub rule: String,
    /// `None` for offers of before receipts were kept.
    pub step: Option<RouteStep>,
    pub account: Option<AccountMatch>,
    /// It was neither accepted nor worked in time.
    pub missed: bool,
    pub source: Option<String>,
    pub account_owner: Option<MemberId>,
    pub account_name: Option<String>,
    pub account_keys: Vec<String>,
}

/// One page of offers.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferPage {
    pub offers: Vec<PastOffer>,
    /// How many offers were read for it, re-offers among them.
    pub read: u64,
    /// `None` after the last page.
    pub next: Option<OfferCursor>,
}

#[derive(FromRow)]
struct Row {
    decided_at: i64,
    subject_id: Uuid,
    version: i64,
    payload: Vec<u8>,
    state: Vec<u8>,
    source: Option<String>,
    owner: Option<String>,
    name_key: Option<String>,
    keys: Vec<String>,
    answer: Option<Vec<u8>>,
    ended_at: Option<i64>,
}

impl Reader {
    /// How many offers there are since a moment, re-offers among them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn offers_since(&self, at: Moment) -> Result<u64, StoreError> {
        let mut conn = self.connection().await?;
        let (count,): (i64,) =
            COUNT.rows().bind(at.0).fetch_one(&mut *conn).await.map_err(|error| COUNT.failed(error))?;
        Ok(count.unsigned_abs())
    }

    /// The next page of offers, re-offers among them.
    ///
    /// # Errors
    /// The database does not answer, or a stored event can't be read.
    pub async fn offers(&self, after: OfferCursor) -> Result<OfferPage, StoreError> {
        let mut conn = self.connection().await?;
        let rows: Vec<Row> = PAGE
            .rows()
            .bind(after.at.0)
            .bind(after.lead)
            .bind(after.version)
            .bind(PAGE_OFFERS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| PAGE.failed(error))?;
        let full = i64::try_from(rows.len()).is_ok_and(|read| read == PAGE_OFFERS_MAX);
        let next = rows.last().filter(|_| full).map(|row| OfferCursor {
            at: Moment(row.decided_at),
            lead: row.subject_id,
            version: row.version,
        });
        let read = u64::try_from(rows.len()).unwrap_or(0);
        let offers: Result<Vec<PastOffer>, StoreError> = rows.into_iter().map(past).collect();
        Ok(OfferPage { offers: offers?, read, next })
    }
}

fn past(row: Row) -> Result<PastOffer, StoreError> {
    let Event::LeadOffered { rep, pool, rule, offer_no, receipt, .. } = codec::read_event(&row.payload)?
    else {
        let id = LeadId(row.subject_id).to_string();
        return Err(StoreError::Damaged { what: "event", id, detail: "no offer".to_owned() });
    };
    let missed = match row.answer.as_deref().map(codec::read_event).transpose()? {
        Some(Event::OfferWithdrawn { why, .. }) => {
            matches!(why, Withdrawal::NotAccepted | Withdrawal::NotContacted)
        }
        Some(_) | None => false,
    };
    Ok(PastOffer {
        at: Moment(row.decided_at),
        offer_no,
        ended_at: row.ended_at.map(Moment),
        lead: codec::read_lead(&row.state)?,
        rep,
        pool,
        rule,
        step: receipt.as_ref().map(|it| it.step),
        account: receipt.as_ref().and_then(|it| it.account),
        missed,
        source: row.source.map(|source| source.to_lowercase()),
        account_owner: row.owner.map(MemberId),
        account_name: row.name_key,
        account_keys: row.keys,
    })
}
