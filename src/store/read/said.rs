//! What was said of people of the team, word by word in the order in which it was decided, from the audit. It changes
//! nothing, and never says what held.

use super::Reader;
use crate::domain::subject::SubjectEvent;
use crate::domain::time::Moment;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use sqlx::FromRow;

/// Words of one page.
const PAGE_WORDS: i64 = 1_000;

const PAGE: Statement = Statement::new(
    "said.page",
    "SELECT decided_at, stream, stream_sequence, payload FROM audit
     WHERE event IN ('availability_said', 'placement_said') AND (decided_at, stream, stream_sequence) > ($1, $2, $3)
     ORDER BY decided_at, stream, stream_sequence LIMIT $4",
);

/// Every statement of this file, for the test that prepares them all.
pub(in crate::store) const STATEMENTS: &[Statement] = &[PAGE];

/// One word, and when it began to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidThen {
    pub at: Moment,
    /// `AvailabilitySaid` or `PlacementSaid`.
    pub word: SubjectEvent,
}

#[derive(FromRow)]
struct Row {
    decided_at: i64,
    stream: String,
    stream_sequence: i64,
    payload: Vec<u8>,
}

impl Reader {
    /// Everything that was ever said of people, oldest first, in short pages.
    ///
    /// # Errors
    /// The database does not answer, or a stored word can't be read.
    pub async fn said_ever(&self) -> Result<Vec<SaidThen>, StoreError> {
        let mut said = Vec::new();
        let mut after = (i64::MIN, String::new(), 0_i64);
        loop {
            let mut conn = self.connection().await?;
            let query = PAGE.rows().bind(after.0).bind(&after.1).bind(after.2).bind(PAGE_WORDS);
            let rows: Vec<Row> = query.fetch_all(&mut *conn).await.map_err(|error| PAGE.failed(error))?;
            let full = i64::try_from(rows.len()).is_ok_and(|read| read == PAGE_WORDS);
            if let Some(last) = rows.last() {
                after = (last.decided_at, last.stream.clone(), last.stream_sequence);
            }
            for row in rows {
                let word = codec::read_subject_event(&row.payload)?;
                said.push(SaidThen { at: Moment(row.decided_at), word });
            }
            if !full {
                return Ok(said);
            }
        }
    }
}
