//! Asking over the API as a member of the team. It never looks behind it.

use super::{Installation, Serving};
use serde_json::Value;
use std::process::Command;

/// A token of a member of the team.
pub fn token(installation: &Installation, member: &str) -> String {
    let arguments = ["token", "create", "--name", member, "--member", member, "--scopes", "read,ask"];
    installation.run(&arguments).trim().to_owned()
}

/// Status and body of a request: a POST where there is a body.
pub fn ask(serving: &Serving, token: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let mut command = Command::new("curl");
    command.args(["-s", "-w", "\n%{http_code}", "-H", &format!("Authorization: Bearer {token}")]);
    if let Some(body) = body {
        command.args(["-X", "POST", "-H", "Content-Type: application/json", "-d", &body.to_string()]);
    }
    let output =
        command.arg(format!("{}/api/v1/{path}", serving.address)).output().expect("curl is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}
