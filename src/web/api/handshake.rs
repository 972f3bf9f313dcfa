//! What the API shows of rejections, contests and notes of a lead. Fields of their own; it decides nothing.

use crate::domain::contest::{Contest, Returned, Verdict};
use crate::domain::time::Moment;
use crate::store::read::lead_page::NoteRead;
use serde::Serialize;
use utoipa::ToSchema;

/// A contest and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContestShape {
    pub by: String,
    pub arbiter: String,
    /// When the verdict is due, RFC 3339.
    pub verdict_by: String,
    /// `upheld`, `overturned`, `lapsed`; null while it is open.
    pub verdict: Option<&'static str>,
}

/// The last rejection of a handoff whose reason can be contested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnedShape {
    /// Bring it as `handoff_id` to `contest` and `verdict`.
    pub handoff_id: String,
    pub cycle: u32,
    pub code: &'static str,
    pub at: String,
    pub by: Option<String>,
    /// Until when marketing may contest it.
    pub contest_until: String,
    pub contest: Option<ContestShape>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteShape {
    pub at: String,
    pub author: String,
    pub theme: String,
    pub text: String,
}

pub(super) fn returned(returned: &Returned) -> ReturnedShape {
    let contest = |contest: &Contest| ContestShape {
        by: contest.by.0.clone(),
        arbiter: contest.arbiter.0.clone(),
        verdict_by: contest.clock.due_by.to_string(),
        verdict: contest.verdict.map(Verdict::code),
    };
    ReturnedShape {
        handoff_id: returned.handoff.to_string(),
        cycle: returned.cycle,
        code: returned.code.code(),
        at: returned.at.to_string(),
        by: returned.by.as_ref().map(|by| by.0.clone()),
        contest_until: returned.contest_until.to_string(),
        contest: returned.contest.as_ref().map(contest),
    }
}

pub(super) fn note(note: &NoteRead) -> NoteShape {
    NoteShape {
        at: Moment(note.at).to_string(),
        author: note.author.clone(),
        theme: note.theme.clone(),
        text: note.body.clone(),
    }
}
