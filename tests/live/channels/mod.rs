//! Channels: webhooks to a receiver of the test's own, notices to a chat and a mailbox of its own, and the links in them.

mod digests;
mod ladder;
mod links;
mod notices;
mod receiver;
mod signatures;
mod streams;
mod webhooks;

use crate::harness::{Installation, Serving, until};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// `whsec_` and 32 bytes.
const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const FORMS: &str = "marketing.form-fills.v1";
/// Deliveries that have not ended.
const WAITING: &str = "SELECT (SELECT count(*) FROM delivery WHERE ended_at IS NULL)
    + (SELECT count(*) FROM delivery_waiting)
    + (SELECT count(*) FROM outbox WHERE sent_at IS NULL)";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A file of settings, removed with the test.
struct Settings(PathBuf);

impl Settings {
    fn of(text: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("baton-channels-{}-{number}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn serve(&self, installation: &Installation) -> Serving {
        installation.serve_with(&["--config", self.path()], &[])
    }

    /// A command under these settings: whether it succeeded, and what it said.
    fn run(&self, installation: &Installation, arguments: &[&str]) -> (bool, String) {
        let all: Vec<&str> = ["--config", self.path()].into_iter().chain(arguments.iter().copied()).collect();
        let output = installation.output(&all);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// Settings of one endpoint that takes everything.
fn endpoint(url: &str, schedule: &str) -> Settings {
    Settings::of(&format!(
        "[webhooks]\nallow_private = true\ntimeout_seconds = 1\nretry_seconds = {schedule}\n\
         [webhooks.endpoint.crm]\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\n"
    ))
}

fn until_told(installation: &Installation) {
    until("everything is told", || {
        installation.number(WAITING) == 0 && installation.number("SELECT count(*) FROM delivery") > 0
    });
}
