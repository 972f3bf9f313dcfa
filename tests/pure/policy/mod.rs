//! A policy's text before anybody signs it: checked, held against another, and against open leads. It opens no connection.

mod check;
mod diff;
mod sides;
mod warnings;

use baton::contract::policy_text::DEFAULT_POLICY;

/// The shipped policy with one text in place of another, which must be there.
fn changed(from: &str, to: &str) -> String {
    change(DEFAULT_POLICY, from, to)
}

fn change(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the policy holds {from}");
    text.replacen(from, to, 1)
}

/// The line, from 1, on which a text stands for the last time.
fn line_of(text: &str, part: &str) -> usize {
    text[..text.rfind(part).unwrap()].matches('\n').count() + 1
}
