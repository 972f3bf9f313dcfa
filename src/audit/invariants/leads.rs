//! Every lead's own row against its state and its audit: versions, holder, clock. It folds nothing; `verify` does.

use super::Offenders;
use crate::domain::stage::StageKind;
use crate::store::codec;
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::checks::LeadLine;
use crate::store::read::sums::LeadSums;
use uuid::Uuid;

/// Leads of one page: about a megabyte of state, read in some ten milliseconds.
const PAGE_ROWS: i64 = 1_000;

/// What a walk over all leads found.
pub(super) struct Walked {
    pub sums: LeadSums,
    pub versions: Offenders,
    pub custody: Offenders,
}

/// Reads every lead once, in pages.
pub(super) async fn walk(reader: &Reader) -> Result<Walked, StoreError> {
    let mut walked =
        Walked { sums: LeadSums::default(), versions: Offenders::default(), custody: Offenders::default() };
    let mut after = Uuid::nil();
    loop {
        let page = reader.lead_lines(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(walked) };
        after = last.id;
        for line in &page {
            look(line, &mut walked)?;
        }
    }
}

fn look(line: &LeadLine, walked: &mut Walked) -> Result<(), StoreError> {
    if (line.rows, line.first, line.last) != (line.version, Some(1), Some(line.version)) {
        walked.versions.add(|| {
            format!(
                "lead {}: version {}, {} audit rows from {} to {}",
                line.id,
                line.version,
                line.rows,
                line.first.unwrap_or_default(),
                line.last.unwrap_or_default()
            )
        });
    }
    let lead = codec::read_lead(&line.state)?;
    let custody = lead.stage.custody();
    walked.sums.leads += 1;
    walked.sums.open += i64::from(line.holder_id.is_some());
    let held =
        line.holder_id.as_deref().is_some_and(|holder| !holder.is_empty()) && line.next_due_at.is_some();
    if is_open(lead.stage.kind()) && !held {
        walked.sums.orphans += 1;
        walked.custody.add(|| format!("lead {} in stage {}", line.id, line.stage));
    }
    let stored = (line.holder_kind.as_deref(), line.holder_id.as_deref(), line.next_due_at);
    let decided = (
        custody.map(|custody| custody.holder.kind()),
        custody.map(|custody| custody.holder.member().0.as_str()),
        custody.map(|custody| custody.next_due_at().0),
    );
    if stored != decided || line.stage != lead.stage.kind().number() {
        walked
            .custody
            .add(|| format!("lead {}: its row and its state name another holder, clock or stage", line.id));
    }
    Ok(())
}

/// Stages in which somebody always owes something.
fn is_open(stage: StageKind) -> bool {
    match stage {
        StageKind::Captured
        | StageKind::Queued
        | StageKind::Offered
        | StageKind::SalesAccepted
        | StageKind::SalesQualified
        | StageKind::Opportunity
        | StageKind::Recycled => true,
        StageKind::Unseen
        | StageKind::Won
        | StageKind::Lost
        | StageKind::Disqualified
        | StageKind::Suppressed
        | StageKind::Merged => false,
    }
}
