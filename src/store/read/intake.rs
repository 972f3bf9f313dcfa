//! What comes in and what becomes of it: reasons of the ledger, unmapped forms, what waits, erasures. It judges nothing.

use super::Reader;
use crate::domain::event::Event;
use crate::domain::time::{DAY, Moment};
use crate::store::anonymous;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;

/// The reasons of a week: older ones were looked at.
pub const REASONS_OF: i64 = 7 * DAY;
/// Forms and reasons of loss that the texts do not map are listed of a month.
const UNMAPPED_OF: i64 = 28 * DAY;
/// Lines of each list at most.
const LINES_MAX: i64 = 40;
/// Rejections and losses that are read to find unmapped reasons.
const REJECTIONS_MAX: i64 = 2_000;

const REASONS: Statement = Statement::new(
    "intake.reasons",
    "SELECT topic, reason, sum(count)::bigint AS count FROM ledger
         CROSS JOIN LATERAL unnest(reasons, reason_counts) AS counted (reason, count)
     WHERE kind = 'batch' AND at >= $1 AND reason NOT LIKE 'applied/%' AND reason NOT LIKE 'duplicate/%'
     GROUP BY topic, reason ORDER BY 3 DESC, 1, 2 LIMIT $2",
);
const FORMS: Statement = Statement::new(
    "intake.unmapped_forms",
    "SELECT form_id, count(*), max(at) FROM touch WHERE at >= $1 AND kind = 'form.other' AND form_id IS NOT NULL
     GROUP BY form_id ORDER BY 2 DESC, 1 LIMIT $2",
);
const REJECTED: Statement = Statement::new(
    "intake.rejected",
    "SELECT payload FROM audit WHERE event IN ('lead_rejected', 'lead_lost') AND subject_kind = 1 AND decided_at >= $1
     ORDER BY decided_at DESC LIMIT $2",
);
const PARKED: Statement = Statement::new(
    "intake.parked",
    "SELECT topic, reason, count(*) AS count, min(parked_at) AS oldest FROM parked GROUP BY topic, reason ORDER BY 3 DESC, 1, 2 LIMIT $1",
);
const QUARANTINED: Statement = Statement::new(
    "intake.quarantined",
    "SELECT topic, reason, count(*) AS count, min(quarantined_at) AS oldest FROM quarantine
     WHERE NOT EXISTS (SELECT FROM ledger_resolution WHERE kept_id = quarantine.id AND intake = 'quarantined')
     GROUP BY topic, reason ORDER BY 3 DESC, 1, 2 LIMIT $1",
);
const PARKED_LEADS: Statement =
    Statement::new("intake.parked_leads", "SELECT count(*) FROM lead WHERE parked");
/// How far each feed is known; a partition that is at its end is known up to now.
const FEEDS: Statement = Statement::new(
    "intake.feeds",
    "SELECT topic, count(*) AS partitions, min(caught_up_to) AS known_to, max(updated_at) AS moved_at,
         (SELECT count(*) FROM lane_stop WHERE lane_stop.topic = input_position.topic AND resumed_at IS NULL) AS stopped
     FROM input_position GROUP BY topic ORDER BY topic",
);
const ERASURES: Statement = Statement::new(
    "intake.erasures",
    "SELECT count(*), count(*) FILTER (WHERE at >= $1) FROM (SELECT coalesce(lead_id::text, encode(key, 'hex')) AS person, max(at) AS at
         FROM erased_key GROUP BY 1) AS people",
);
const ANONYMOUS: Statement = Statement::new(
    "intake.anonymous",
    "SELECT count(*) FROM (SELECT DISTINCT key FROM anonymous_signal) AS visitors",
);

/// Chats and calls of theirs, by where they came from; what is older than they are kept only waits for the upkeep.
const CALLED: Statement = Statement::new(
    "intake.called",
    "SELECT called AS kind, source, campaign, count(*) AS count, min(at) AS oldest, max(at) AS newest FROM anonymous_signal
     WHERE called IS NOT NULL AND at >= $1 GROUP BY called, source, campaign ORDER BY 5, 1, 2, 3 LIMIT $2",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] =
    &[REASONS, FORMS, REJECTED, PARKED, QUARANTINED, PARKED_LEADS, FEEDS, ERASURES, ANONYMOUS, CALLED];

/// How often one reason came.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ReasonCount {
    pub topic: String,
    /// `filtered/no_change`: outcome and reason.
    pub reason: String,
    pub count: i64,
}

/// Records that wait, by topic and reason.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptCount {
    pub topic: String,
    pub reason: String,
    pub count: i64,
    /// Microseconds since 1970-01-01.
    pub oldest: i64,
}

/// Chats or calls of one origin that wait for whoever made them to say who they are.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CalledCount {
    /// `chat`, `call.inbound`.
    pub kind: String,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub count: i64,
    /// Microseconds since 1970-01-01.
    pub oldest: i64,
    /// The same.
    pub newest: i64,
}

impl CalledCount {
    /// When the first of them is forgotten.
    #[must_use]
    pub fn ends_at(&self) -> Moment {
        Moment(self.oldest).plus(anonymous::KEPT)
    }
}

/// One topic and how far it is known.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FeedRead {
    pub topic: String,
    pub partitions: i64,
    /// Microseconds since 1970-01-01, of the partition that is behind most; `None` before the first record.
    pub known_to: Option<i64>,
    /// When a position moved last.
    pub moved_at: i64,
    /// Lanes that the breaker stopped.
    pub stopped: i64,
}

/// What comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct IntakeRead {
    pub now: Moment,
    pub reasons: Vec<ReasonCount>,
    /// Form, how often in four weeks, and when last.
    pub forms: Vec<(String, i64, i64)>,
    /// Rejections and losses of four weeks, the latest first.
    pub rejected: Vec<Event>,
    pub parked: Vec<KeptCount>,
    pub quarantined: Vec<KeptCount>,
    pub parked_leads: i64,
    pub feeds: Vec<FeedRead>,
    /// People who were erased, ever and in four weeks.
    pub erasures: (i64, i64),
    /// Visitors who have not said who they are.
    pub anonymous: i64,
    /// Chats and calls among what they left, the longest waiting first; at most forty lines.
    pub called: Vec<CalledCount>,
}

impl Reader {
    /// What comes in and what becomes of it.
    ///
    /// # Errors
    /// The database does not answer, or a stored event can't be read.
    pub async fn intake(&self) -> Result<IntakeRead, StoreError> {
        let now = self.now().await?;
        let month = now.plus(-UNMAPPED_OF).0;
        let mut conn = self.connection().await?;
        let conn = &mut *conn;
        let failed = |statement: Statement| move |error| statement.failed(error);
        let reasons = REASONS
            .rows()
            .bind(now.plus(-REASONS_OF).0)
            .bind(LINES_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed(REASONS))?;
        let forms =
            FORMS.rows().bind(month).bind(LINES_MAX).fetch_all(&mut *conn).await.map_err(failed(FORMS))?;
        let rejected: Vec<(Vec<u8>,)> = REJECTED
            .rows()
            .bind(month)
            .bind(REJECTIONS_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed(REJECTED))?;
        let parked = PARKED.rows().bind(LINES_MAX).fetch_all(&mut *conn).await.map_err(failed(PARKED))?;
        let quarantined =
            QUARANTINED.rows().bind(LINES_MAX).fetch_all(&mut *conn).await.map_err(failed(QUARANTINED))?;
        let (parked_leads,): (i64,) =
            PARKED_LEADS.rows().fetch_one(&mut *conn).await.map_err(failed(PARKED_LEADS))?;
        let feeds = FEEDS.rows().fetch_all(&mut *conn).await.map_err(failed(FEEDS))?;
        let erasures = ERASURES.rows().bind(month).fetch_one(&mut *conn).await.map_err(failed(ERASURES))?;
        let (anonymous,): (i64,) = ANONYMOUS.rows().fetch_one(&mut *conn).await.map_err(failed(ANONYMOUS))?;
        let called = CALLED
            .rows()
            .bind(now.plus(-anonymous::KEPT).0)
            .bind(LINES_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed(CALLED))?;
        Ok(IntakeRead {
            now,
            reasons,
            forms,
            rejected: rejected
                .into_iter()
                .map(|(payload,)| codec::read_event(&payload))
                .collect::<Result<_, _>>()?,
            parked,
            quarantined,
            parked_leads,
            feeds,
            erasures,
            anonymous,
            called,
        })
    }
}
