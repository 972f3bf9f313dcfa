//! What operators do outside of batches, each in one transaction with its audit row: a text published, a position moved. It
//! never touches a lead; what a new text means for leads is a wide change that the sweeper works off.

use super::plan::hash_of;
use crate::contract::policy_text;
use crate::domain::fan_out::FanOut;
use crate::domain::subject::SubjectEvent;
use crate::domain::time::Moment;
use crate::store::connect::{self, Connection};
use crate::store::error::StoreError;
use crate::store::position::{self, Change, Changed};
use crate::store::rows::{AuditRow, AuditSubject, FanOutRow, HeadRow};
use crate::store::text::{self, TextKind};
use crate::store::world::{self, WorldRow};
use crate::store::{audit, audit_head, codec, fan_out};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The stream that numbers what operators do.
const STREAM: &str = "web/0";

/// A text that somebody wants in force. The caller has checked it and gives its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    pub kind: TextKind,
    pub hash: [u8; 32],
    pub body: String,
    pub publisher: String,
    /// The version that its author began from: where another is in force by now, nothing is published. `None`: any.
    pub over: Option<[u8; 32]>,
}

impl Publication {
    /// A team's text, with its version.
    #[must_use]
    pub fn of_team(body: String, publisher: String, over: Option<[u8; 32]>) -> Self {
        Self { kind: TextKind::Team, hash: policy_text::hash(&body), body, publisher, over }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishing {
    Published,
    /// It was in force already.
    InForce,
    /// Another version is in force than its author began from.
    Overtaken,
}

/// Publishes a text, once, and makes it the active one. Captured leads are scored again under another policy, and whoever a
/// team switches off hands over what they hold.
///
/// # Errors
/// The database does not answer or refuses; nothing is published then.
pub async fn publish_over(
    conn: &mut Connection,
    publication: &Publication,
) -> Result<Publishing, StoreError> {
    connect::begin(conn).await?;
    let done = publish(conn, publication).await;
    settle(conn, done).await
}

/// The same over whatever is in force; says whether anything changed.
///
/// # Errors
/// The database does not answer or refuses; nothing is published then.
pub async fn publish_text(
    conn: &mut Connection,
    kind: TextKind,
    hash: [u8; 32],
    body: &str,
    publisher: &str,
) -> Result<bool, StoreError> {
    let (body, publisher) = (body.to_owned(), publisher.to_owned());
    let publication = Publication { kind, hash, body, publisher, over: None };
    publish_over(conn, &publication).await.map(|done| done == Publishing::Published)
}

/// Moves a position at an operator's word; `None` when there is no such position.
///
/// # Errors
/// The database does not answer or refuses; nothing is moved then.
pub async fn move_position(
    conn: &mut Connection,
    change: &Change<'_>,
) -> Result<Option<Changed>, StoreError> {
    connect::begin(conn).await?;
    let done = moved(conn, change).await;
    settle(conn, done).await
}

async fn moved(conn: &mut Connection, change: &Change<'_>) -> Result<Option<Changed>, StoreError> {
    let Some(changed) = position::change(conn, change).await? else { return Ok(None) };
    let name = format!("{}/{}", change.topic, change.partition);
    let event = SubjectEvent::PositionMoved {
        topic: change.topic.to_owned(),
        partition: change.partition,
        from: changed.from,
        to: changed.to,
        by: changed.by.clone(),
        reason: change.reason.to_owned(),
    };
    record(conn, AuditSubject::named(AuditSubject::Position, &name), &event).await?;
    Ok(Some(changed))
}

/// Commits what was done, or takes all of it back.
async fn settle<T>(conn: &mut Connection, done: Result<T, StoreError>) -> Result<T, StoreError> {
    match done {
        Ok(changed) => connect::commit(conn).await.map(|()| changed),
        Err(error) => {
            let _broken = connect::rollback(conn).await;
            Err(error)
        }
    }
}

async fn publish(conn: &mut Connection, publication: &Publication) -> Result<Publishing, StoreError> {
    let Publication { kind, hash, body, publisher, over } = publication;
    let (kind, hash) = (*kind, *hash);
    text::lock(conn, kind).await?;
    let active = text::active(conn, kind).await?;
    if active.as_ref().is_some_and(|active| active.hash == hash) {
        return Ok(Publishing::InForce);
    }
    if over.is_some_and(|over| active.as_ref().is_none_or(|active| active.hash != over)) {
        return Ok(Publishing::Overtaken);
    }
    let before = active.map(|active| active.body);
    text::publish(conn, kind, hash, body, publisher).await?;
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    let event =
        SubjectEvent::TextPublished { kind: kind.code().to_owned(), hash, publisher: publisher.clone() };
    let now = record(conn, AuditSubject::Text(Uuid::from_bytes(short)), &event).await?;
    let tasks = match (kind, before) {
        (TextKind::Policy, Some(_)) => vec![FanOut::PolicyPublished { policy: hash, at: now }],
        (TextKind::Team, Some(before)) => leavers(&before, body, now),
        (TextKind::Policy | TextKind::Team, None) | (TextKind::Reference, _) => Vec::new(),
    };
    if !tasks.is_empty() {
        let rows: Vec<FanOutRow> = tasks.into_iter().map(|task| FanOutRow { task }).collect();
        fan_out::add(conn, &rows, now).await?;
    }
    Ok(Publishing::Published)
}

/// Whoever the team before had switched on and the new one has not, or knows no more.
fn leavers(before: &str, body: &str, now: Moment) -> Vec<FanOut> {
    let (Ok(before), Ok(after)) = (policy_text::team(before), policy_text::team(body)) else {
        return Vec::new();
    };
    let left = before.members().filter(|member| member.active && !after.is_active_in_text(&member.id));
    left.map(|member| FanOut::MemberLeft { member: member.id.clone(), at: now }).collect()
}

/// Writes the audit row of what an operator did, inside the open transaction; says when that was.
///
/// # Errors
/// A statement fails.
pub async fn record(
    conn: &mut Connection,
    subject: AuditSubject,
    event: &SubjectEvent,
) -> Result<Moment, StoreError> {
    let heads = audit_head::lock(conn, &BTreeSet::from([subject])).await?;
    let streams = audit::lock_streams(conn, &BTreeSet::from([STREAM.to_owned()])).await?;
    let (version, previous) = heads.get(&subject).copied().unwrap_or_default();
    let last = streams.get(STREAM).copied().unwrap_or(0);
    let world = world::read(conn).await?;
    let payload = codec::subject_event(event)?;
    let row = row(&world, subject, event, payload, (version + 1, previous), last + 1);
    let head = HeadRow { subject, version: row.version, hash: row.hash };
    audit::append(conn, std::slice::from_ref(&row)).await?;
    audit_head::advance(conn, &[head]).await?;
    audit::move_streams(conn, &[(STREAM.to_owned(), last + 1)]).await?;
    Ok(Moment(world.now))
}

fn row(
    world: &WorldRow,
    subject: AuditSubject,
    event: &SubjectEvent,
    payload: Vec<u8>,
    (version, previous): (i64, [u8; 32]),
    stream_sequence: i64,
) -> AuditRow {
    let text = |hash: &Option<Vec<u8>>| {
        hash.as_ref().and_then(|hash| hash.as_slice().try_into().ok()).unwrap_or([0; 32])
    };
    let digest: [u8; 32] = Sha256::digest(&payload).into();
    let mut input = [0; 16];
    input.copy_from_slice(&digest[..16]);
    let mut row = AuditRow {
        stream: STREAM.to_owned(),
        stream_sequence,
        subject,
        version,
        event: event.name(),
        payload,
        occurred_at: Moment(world.now),
        decided_at: Moment(world.now),
        actor: "operator".to_owned(),
        cause: digest,
        record: None,
        input,
        policy: text(&world.policy),
        team: text(&world.team),
        reference: text(&world.reference),
        timeline: world.timeline,
        previous,
        hash: [0; 32],
    };
    row.hash = hash_of(&row);
    row
}
