//! `baton team publish`: a team's text checked, and put in force. It changes no lead; the running service hands over.

use super::super::output::{FAILED, Failure, USAGE, block_on, complain, say};
use super::super::reference::hex;
use crate::contract::policy_text::{self, TeamCheck};
use crate::settings::Settings;
use crate::store::connect::{self, Timeouts};
use crate::store::text::{self, TextKind};
use crate::transaction::operation::{self, Publication, Publishing};
use std::path::Path;

pub(super) fn run(
    settings: &Settings,
    file: &Path,
    by: &str,
    over: Option<&str>,
    dry_run: bool,
) -> Result<(), Failure> {
    let shown = file.display();
    let body = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(USAGE, format!("{shown}: cannot be read: {error}")))?;
    let over = over.map(version).transpose()?;
    let hash = policy_text::hash(&body);
    block_on(async {
        let failed = |error: &crate::store::StoreError| Failure::store(settings, error);
        // A file that can't be read needs no database to be refused.
        policy_text::team(&body).map_err(|faults| refused(file, &faults))?;
        let mut conn = connect::connect(settings.owner_url().expose(), "baton team", Timeouts::default())
            .await
            .map_err(|error| failed(&error))?;
        let policy = text::active(&mut conn, TextKind::Policy).await.map_err(|error| failed(&error))?;
        let policy = policy.and_then(|policy| policy_text::policy(&policy.body).ok());
        let before = text::active(&mut conn, TextKind::Team).await.map_err(|error| failed(&error))?;
        let before = before.and_then(|team| policy_text::team(&team.body).ok());
        let checked = policy_text::check_team(&body, policy.as_ref(), before.as_ref())
            .map_err(|faults| refused(file, &faults))?;
        tell(&checked);
        if dry_run {
            say(format!("the team {} can be published; nothing was changed", hex(&hash)));
            return Ok(());
        }
        let publication = Publication::of_team(body, by.to_owned(), over);
        match operation::publish_over(&mut conn, &publication).await.map_err(|error| failed(&error))? {
            Publishing::Published => say(format!("published team {}", hex(&hash))),
            Publishing::InForce => say(format!("already in force: team {}", hex(&hash))),
            Publishing::Overtaken => {
                let line = "another team is in force than the file was written from: nothing was published; \
                            look at `baton team show`, bring the changes together, and name its hash";
                return Err(Failure::new(FAILED, line));
            }
        }
        Ok(())
    })
}

fn refused(file: &Path, faults: &[policy_text::TextError]) -> Failure {
    let shown = file.display();
    let lines: Vec<String> = faults.iter().map(|fault| format!("{shown}: {fault}")).collect();
    Failure::new(USAGE, lines.join("; "))
}

/// What publishing means, where it means more than the text says.
fn tell(checked: &TeamCheck) {
    for finding in &checked.findings {
        complain(&Failure::new(FAILED, format!("policy {finding}")));
    }
    if !checked.leavers.is_empty() {
        let leavers: Vec<&str> = checked.leavers.iter().map(|id| id.0.as_str()).collect();
        say(format!("hand over what they hold: {}", leavers.join(", ")));
    }
}

fn version(text: &str) -> Result<[u8; 32], Failure> {
    policy_text::read_hash(text)
        .ok_or_else(|| Failure::new(USAGE, "--over: the 64 hexadecimal digits that `baton team show` names"))
}
