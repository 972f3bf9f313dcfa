//! A notice as a heading, lines and links, written out for a chat or as an e-mail. It never says what they are.

use super::Letter;
use super::words::{chat, slack_text};

/// The words of one notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// One line: an e-mail's subject.
    pub heading: String,
    pub lines: Vec<String>,
    /// What a link does, and its address.
    pub links: Vec<(&'static str, String)>,
    /// Under the links of an e-mail.
    pub foot: Option<&'static str>,
}

impl Text {
    /// The body for an incoming webhook of Slack, or of what understands the same.
    #[must_use]
    pub fn slack(&self) -> Vec<u8> {
        let mut lines = vec![format!("*{}*", slack_text(&self.heading))];
        lines.extend(self.lines.iter().map(|line| slack_text(line)));
        let ways: Vec<String> =
            self.links.iter().map(|(name, address)| format!("<{address}|{name}>")).collect();
        if !ways.is_empty() {
            lines.push(ways.join("   "));
        }
        chat(&lines)
    }

    /// The words of an e-mail: plain text, complete without pictures.
    #[must_use]
    pub fn letter(&self) -> Letter {
        let mut lines = self.lines.clone();
        if !self.links.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.links.iter().map(|(name, address)| format!("{name}: {address}")));
        if let Some(foot) = self.foot {
            lines.extend([String::new(), foot.to_owned()]);
        }
        lines.push(String::new());
        Letter { subject: self.heading.clone(), text: lines.join("\r\n") }
    }
}
