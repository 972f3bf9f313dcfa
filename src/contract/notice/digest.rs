//! The weekly digest of one person, as a row keeps it: its lines, and the pages that they lead to. It names no person of whom
//! a lead is.

use super::Text;
use super::words::plain;
use crate::domain::ids::EventId;
use serde_json::{Value, json};

/// The type that rows have for it.
pub const DIGEST_TYPE: &str = "notice.digest.v1";
/// Lines of one digest: it is read in a minute.
const LINES_MAX: usize = 60;

/// What one person is told of one week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The reader's id in the team.
    pub member: String,
    /// As `2026-W46`.
    pub week: String,
    /// Headings and lines, in order.
    pub lines: Vec<String>,
    /// Pages of the board, without a slash before them.
    pub pages: Vec<String>,
}

impl Digest {
    /// One person's digest of one week has one id, whoever makes it and however often.
    #[must_use]
    pub fn id(member: &str, week: &str) -> EventId {
        EventId::of_notice(&["digest", member, week])
    }

    /// What a row keeps.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        json!({ "member": self.member, "week": self.week, "lines": self.lines, "pages": self.pages })
            .to_string()
            .into_bytes()
    }

    /// Reads what a row keeps.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let kept: Value = serde_json::from_slice(body).ok()?;
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_array()?.iter().map(|it| it.as_str().map(str::to_owned)).collect()
        };
        Some(Self {
            member: kept["member"].as_str()?.to_owned(),
            week: kept["week"].as_str()?.to_owned(),
            lines: texts(&kept["lines"])?,
            pages: texts(&kept["pages"])?,
        })
    }

    /// The words.
    #[must_use]
    pub fn text(&self, board_url: &str) -> Text {
        let mut lines: Vec<String> = self.lines.iter().take(LINES_MAX).map(|line| plain(line)).collect();
        if self.lines.len() > LINES_MAX {
            lines.push("The rest stands on the pages.".to_owned());
        }
        let page = |page: &String| (name_of(page), format!("{board_url}/{page}"));
        Text {
            heading: format!("Your week {} in Baton", plain(&self.week)),
            lines,
            links: self.pages.iter().map(page).collect(),
            foot: None,
        }
    }
}

fn name_of(page: &str) -> &'static str {
    match page {
        "campaigns" => "What became of your leads",
        "floor" => "The floor",
        "my" => "Your leads",
        _ => "The board",
    }
}
