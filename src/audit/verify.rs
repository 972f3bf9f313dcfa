//! Checks the audit: chains, versions, that every lead's state is the fold of its rows, then streams and checkpoints. It
//! reads in short pages, names the first bad row and changes nothing.

use super::chain::{self, Columns};
use super::{anchors, streams};
use crate::domain::evolve::evolve;
use crate::domain::ids::LeadId;
use crate::domain::lead::Lead;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::trail::{Tail, TrailRow};
use crate::store::rows::AuditSubject;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows of one page: about 300 kB, read in a few milliseconds, so that no snapshot lives long.
const PAGE_ROWS: i64 = 1_000;

/// What is wrong with a row, or with what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As `AuditSubject::columns` numbers them (1 is a lead); 0 where a stream or a checkpoint as a whole is meant.
    pub subject_kind: i16,
    pub subject: Uuid,
    pub version: i64,
    pub stream: String,
    pub stream_sequence: i64,
    pub what: String,
}

/// What was checked, and the first thing that does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    pub subjects: u64,
    pub streams: u64,
    pub leads: u64,
    pub checkpoints: u64,
    /// Names of the keys that signed them.
    pub keys: BTreeSet<String>,
    /// Rows that no checkpoint covers yet.
    pub uncovered: u64,
    pub fault: Option<Fault>,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.fault.is_none()
    }
}

/// A subject as far as its rows were read.
pub(super) struct Chain {
    kind: i16,
    subject: Uuid,
    version: i64,
    head: Vec<u8>,
    /// The fold of its events, of a lead.
    lead: Option<Lead>,
}

impl Chain {
    /// A lead before its first row.
    pub(super) fn of_lead(id: LeadId) -> Self {
        Self {
            kind: AuditSubject::LEAD,
            subject: id.0,
            version: 0,
            head: vec![0; 32],
            lead: Some(Lead::unseen(id)),
        }
    }

    /// The lead as its rows so far made it.
    pub(super) fn lead(&self) -> Option<&Lead> {
        self.lead.as_ref()
    }

    /// The hash of the last row.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }
}

/// Checks everything; `progress` hears of each page with the rows read so far.
///
/// Batches may commit while it reads: a lead that went on is read again before it is called bad.
///
/// # Errors
/// The database can't be read, or a row was written by a newer version.
pub async fn verify(reader: &Reader, progress: impl FnMut(u64)) -> Result<Report, StoreError> {
    verify_by(reader, &BTreeSet::new(), progress).await
}

/// As [`verify`], with checkpoints held against the public keys that are trusted; none given: any key will do.
///
/// # Errors
/// As [`verify`].
pub async fn verify_by(
    reader: &Reader,
    trusted: &BTreeSet<[u8; 32]>,
    mut progress: impl FnMut(u64),
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    // First, so that every row that these cover is there to be read.
    let up_to = reader.last_checkpoint_number().await?;
    report.fault = chains(reader, &mut report, &mut progress).await?;
    if report.holds() {
        report.fault = streams::check(reader, &mut report, up_to).await?;
    }
    if report.holds() {
        report.fault = anchors::check(reader, &mut report, up_to, trusted).await?;
    }
    if report.holds() {
        report.fault = unaudited(reader).await?;
    }
    Ok(report)
}

/// Every subject's rows in order: versions, hashes, and for leads the fold against the stored state.
async fn chains(
    reader: &Reader,
    report: &mut Report,
    progress: &mut impl FnMut(u64),
) -> Result<Option<Fault>, StoreError> {
    let mut after = (i16::MIN, Uuid::nil(), i64::MIN);
    let mut open: Option<Chain> = None;
    loop {
        let rows = reader.trail_by_subject(after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = (last.subject_kind, last.subject, last.version);
        let mut ended = Vec::new();
        for row in &rows {
            if open
                .as_ref()
                .is_none_or(|chain| (chain.kind, chain.subject) != (row.subject_kind, row.subject))
            {
                ended.extend(open.take());
                report.subjects += 1;
                open = Some(Chain {
                    kind: row.subject_kind,
                    subject: row.subject,
                    version: 0,
                    head: vec![0; 32],
                    lead: (row.subject_kind == AuditSubject::LEAD).then(|| Lead::unseen(LeadId(row.subject))),
                });
            }
            if let Some(chain) = open.as_mut()
                && let Some(what) = link(chain, row)?
            {
                return Ok(Some(fault(row, what)));
            }
            report.rows += 1;
        }
        if let Some(fault) = tails(reader, report, ended).await? {
            return Ok(Some(fault));
        }
        progress(report.rows);
    }
    tails(reader, report, open.into_iter().collect()).await
}

/// Checks a row against the chain so far and adds it; says what does not hold.
pub(super) fn link(chain: &mut Chain, row: &TrailRow) -> Result<Option<String>, StoreError> {
    if row.version != chain.version + 1 {
        return Ok(Some(format!("version {} follows on {}", row.version, chain.version)));
    }
    if row.previous != chain.head {
        return Ok(Some("does not name the hash of the row before it".to_owned()));
    }
    if row.hash != chain::hash(&columns(row)) {
        return Ok(Some("its bytes do not give its hash".to_owned()));
    }
    chain.version = row.version;
    chain.head.clone_from(&row.hash);
    if let Some(mut lead) = chain.lead.take() {
        let event = codec::read_event(&row.payload)?;
        if event.name() != row.event {
            return Ok(Some(format!("is stored as {} and holds {}", row.event, event.name())));
        }
        lead.decided_at = row.decided_at;
        match evolve(lead, &event) {
            Ok(next) => chain.lead = Some(next),
            Err(impossible) => return Ok(Some(impossible.to_string())),
        }
    }
    Ok(None)
}

/// The bytes that the hash of a stored row is made of.
fn columns(row: &TrailRow) -> Columns<'_> {
    Columns {
        stream: &row.stream,
        stream_sequence: row.stream_sequence,
        subject_kind: row.subject_kind,
        subject: row.subject.as_bytes(),
        version: row.version,
        event: &row.event,
        payload: &row.payload,
        occurred_at: row.occurred_at.0,
        decided_at: row.decided_at.0,
        actor: &row.actor,
        cause: &row.cause,
        record: row.record.as_ref().map(|(topic, partition, offset)| (topic.as_str(), *partition, *offset)),
        input: &row.input,
        policy: &row.policy,
        team: &row.team,
        reference: &row.reference,
        timeline: row.timeline,
        previous: &row.previous,
    }
}

/// The ends of chains against the subjects' own rows: version and head, of leads the state.
async fn tails(reader: &Reader, report: &mut Report, ended: Vec<Chain>) -> Result<Option<Fault>, StoreError> {
    let subjects: Vec<(i16, Uuid)> = ended.iter().map(|chain| (chain.kind, chain.subject)).collect();
    let stored = reader.ends_of(&subjects).await?;
    let stored: BTreeMap<(i16, Uuid), Tail> =
        stored.into_iter().map(|tail| ((tail.kind, tail.id), tail)).collect();
    for chain in ended {
        report.leads += u64::from(chain.kind == AuditSubject::LEAD);
        let Some(tail) = stored.get(&(chain.kind, chain.subject)) else {
            return Ok(Some(end(&chain, "the audit knows a subject that has no row".to_owned())));
        };
        if tail.version > chain.version {
            // It went on since its rows were read: its newer rows are checked from here.
            if let Some(fault) = catch_up(reader, chain).await? {
                return Ok(Some(fault));
            }
        } else if tail.version < chain.version {
            return Ok(Some(end(&chain, format!("{} stands behind the audit", own_row(chain.kind)))));
        } else if let Some(what) = differs(&chain, tail)? {
            return Ok(Some(end(&chain, what)));
        }
    }
    Ok(None)
}

/// What a subject's own row says otherwise than its chain, both at the same version.
fn differs(chain: &Chain, tail: &Tail) -> Result<Option<String>, StoreError> {
    if tail.head_hash != chain.head {
        return Ok(Some(format!("{} names another last hash", own_row(chain.kind))));
    }
    let stored = tail.state.as_deref().map(codec::read_lead).transpose()?;
    Ok((chain.lead != stored).then(|| "the state is not the fold of the audit".to_owned()))
}

fn own_row(kind: i16) -> &'static str {
    if kind == AuditSubject::LEAD { "the lead's row" } else { "the subject's head" }
}

/// What the subject's own row says otherwise than its chain; a subject that went on meanwhile is read on.
pub(super) async fn end_of(reader: &Reader, chain: Chain) -> Result<Option<Fault>, StoreError> {
    tails(reader, &mut Report::default(), vec![chain]).await
}

/// A fault at the end of a chain.
fn end(chain: &Chain, what: String) -> Fault {
    Fault {
        subject_kind: chain.kind,
        subject: chain.subject,
        version: chain.version,
        stream: String::new(),
        stream_sequence: 0,
        what,
    }
}

/// Reads on from where a chain was, once: what it lacks then is missing from the audit.
async fn catch_up(reader: &Reader, mut chain: Chain) -> Result<Option<Fault>, StoreError> {
    let subject = (chain.kind, chain.subject);
    let Some(tail) = reader.ends_of(&[subject]).await?.pop() else { return Ok(None) };
    while tail.version > chain.version {
        let rows = reader.trail_by_subject((chain.kind, chain.subject, chain.version), PAGE_ROWS).await?;
        let before = chain.version;
        for row in rows.iter().filter(|row| (row.subject_kind, row.subject) == subject) {
            if row.version > tail.version {
                break;
            }
            if let Some(what) = link(&mut chain, row)? {
                return Ok(Some(fault(row, what)));
            }
        }
        if chain.version == before {
            let stands = format!("{} stands at version {}", own_row(chain.kind), tail.version);
            return Ok(Some(end(&chain, format!("{stands}, the audit ends here"))));
        }
    }
    Ok(differs(&chain, &tail)?.map(|what| end(&chain, what)))
}

/// A subject that the audit knows nothing of.
async fn unaudited(reader: &Reader) -> Result<Option<Fault>, StoreError> {
    let lead =
        reader.unaudited_lead().await?.map(|(subject, version)| (AuditSubject::LEAD, subject, version));
    let found = if lead.is_some() { lead } else { reader.unaudited_head().await? };
    Ok(found.map(|(subject_kind, subject, version)| Fault {
        subject_kind,
        subject,
        version,
        stream: String::new(),
        stream_sequence: 0,
        what: "the subject has a row and no audit".to_owned(),
    }))
}

fn fault(row: &TrailRow, what: String) -> Fault {
    Fault {
        subject_kind: row.subject_kind,
        subject: row.subject,
        version: row.version,
        stream: row.stream.clone(),
        stream_sequence: row.stream_sequence,
        what,
    }
}
