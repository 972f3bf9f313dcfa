//! Where a policy's text comes from: a file, what is in force, a published version, the one built in. It never reads what the
//! text says.

use super::super::output::{FAILED, Failure, USAGE, complain};
use super::super::reference::hex;
use crate::contract::policy_text::{self, DEFAULT_POLICY, POLICY_BYTES_MAX, TextError};
use crate::settings::Settings;
use crate::store::StoreError;
use crate::store::connect::{self, Connection, Timeouts};
use crate::store::text::{self, PublishedText, TextKind};
use std::io::Read as _;
use std::path::Path;

/// The word for what is in force.
pub(super) const RUNNING: &str = "running";
/// Digits of a hash that people type at least: four thousand versions begin with other ones.
const PREFIX_DIGITS_MIN: usize = 6;
/// Digits of a hash that are shown.
const SHOWN_DIGITS: usize = 12;

/// A policy's text, and how messages name it.
#[derive(Debug)]
pub(super) struct Text {
    pub name: String,
    pub body: String,
}

impl Text {
    /// The first digits of its version.
    pub(super) fn version(&self) -> String {
        let mut digits = hex(&policy_text::hash(&self.body));
        digits.truncate(SHOWN_DIGITS);
        digits
    }
}

/// The text of a file; the inner error is a fault of the text.
pub(super) fn from_file(file: &Path) -> Result<Result<Text, TextError>, Failure> {
    let failed =
        |error: &std::io::Error| Failure::new(USAGE, format!("{}: cannot be read: {error}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| failed(&error))?;
    let bytes = opened.metadata().map_err(|error| failed(&error))?.len();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > POLICY_BYTES_MAX {
        return Ok(Err(policy_text::too_long(bytes)));
    }
    let mut read = Vec::with_capacity(bytes);
    // A file that grows, or has no length, ends here all the same; the reader then refuses it.
    let most = u64::try_from(POLICY_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    opened.take(most).read_to_end(&mut read).map_err(|error| failed(&error))?;
    let name = file.display().to_string();
    Ok(match String::from_utf8(read) {
        Ok(body) => Ok(Text { name, body }),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count();
            Err(TextError {
                line,
                column: None,
                found: String::new(),
                message: "the text is not UTF-8 from here on".to_owned(),
                nearest: None,
                instead: Some("it anew as UTF-8".to_owned()),
            })
        }
    })
}

/// A connection, or `None` where nobody named a database and none answers.
pub(super) async fn open(settings: &Settings) -> Result<Option<Connection>, Failure> {
    let url = settings.database.url.expose();
    match connect::connect(url, "baton policy", Timeouts::default()).await {
        Ok(conn) => Ok(Some(conn)),
        Err(StoreError::Connect { .. }) if !settings.names_database() => Ok(None),
        Err(error) => Err(Failure::store(settings, &error)),
    }
}

/// What is in force, or the built-in text where there is no database.
pub(super) async fn running_or_built_in(settings: &Settings) -> Result<Text, Failure> {
    if let Some(mut conn) = open(settings).await? {
        return running(settings, &mut conn).await;
    }
    let address = settings.database.url.shown();
    let line =
        format!("no database is named, and none answers at {address}: the built-in policy is looked at");
    complain(&Failure::new(FAILED, line));
    Ok(Text { name: "policy/default.toml".to_owned(), body: DEFAULT_POLICY.to_owned() })
}

async fn running(settings: &Settings, conn: &mut Connection) -> Result<Text, Failure> {
    let active =
        text::active(conn, TextKind::Policy).await.map_err(|error| Failure::store(settings, &error))?;
    let active = active
        .ok_or_else(|| Failure::new(FAILED, "no policy is published: run `baton migrate`, or name a file"))?;
    Ok(Text { name: "the running policy".to_owned(), body: active.body })
}

/// What somebody named: `running`, a file, or the first digits of a published version.
pub(super) async fn named(
    settings: &Settings,
    conn: Option<&mut Connection>,
    name: &str,
) -> Result<Text, Failure> {
    let file = Path::new(name);
    if name != RUNNING && file.exists() {
        return from_file(file)?.map_err(|fault| Failure::new(USAGE, fault.told(name, "error")));
    }
    let digits = name.to_ascii_lowercase();
    let is_hash = (PREFIX_DIGITS_MIN..=64).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if name != RUNNING && !is_hash {
        let line = format!(
            "{name}: there is no such file; a policy is named by its file, by `{RUNNING}`, or by at least \
             {PREFIX_DIGITS_MIN} digits of its published hash"
        );
        return Err(Failure::new(USAGE, line));
    }
    let Some(conn) = conn else {
        let address = settings.database.url.shown();
        let line = format!("{name}: no database answers at {address}: set DATABASE_URL, or name a file");
        return Err(Failure::new(USAGE, line));
    };
    if name == RUNNING {
        return running(settings, conn).await;
    }
    let found = text::beginning(conn, TextKind::Policy, &digits, 2).await;
    one_of(found.map_err(|error| Failure::store(settings, &error))?, &digits)
}

fn one_of(mut found: Vec<PublishedText>, digits: &str) -> Result<Text, Failure> {
    if found.len() > 1 {
        return Err(Failure::new(
            USAGE,
            format!("{digits}: several published policies begin so; type more digits"),
        ));
    }
    let Some(one) = found.pop() else {
        return Err(Failure::new(
            USAGE,
            format!("{digits}: no published policy begins so, and no file is named so"),
        ));
    };
    Ok(Text { name: format!("published {digits}"), body: one.body })
}
