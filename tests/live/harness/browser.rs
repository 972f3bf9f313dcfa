//! Pages over HTTP as somebody who is signed in by a one-time link, as a browser is. It runs no script.

use super::{Installation, Serving};
use std::process::Command;

/// What a GET or POST gave: status and body.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Somebody who is signed in by a one-time link, as a browser is.
pub struct Browser {
    address: String,
    cookie: String,
}

impl Browser {
    pub fn of(installation: &Installation, serving: &Serving, member: &str) -> Self {
        let made = installation.run(&[
            "token", "create", "--link", "--name", member, "--member", member, "--scopes", "read,ask",
        ]);
        let token = made.split("token=").nth(1).expect("a link").split_whitespace().next().unwrap();
        let output = Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-D", "-", "--data", &format!("token={token}")])
            .arg(format!("{}/sign-in", serving.address))
            .output()
            .expect("curl is installed");
        let head = String::from_utf8(output.stdout).unwrap();
        let cookie = head.split("baton_session=").nth(1).expect("a cookie").split(';').next().unwrap();
        Self { address: serving.address.clone(), cookie: format!("baton_session={cookie}") }
    }

    pub fn call(&self, path: &str, arguments: &[String]) -> Answer {
        let output = Command::new("curl")
            .args(["-s", "-L", "-w", "\n%{http_code}", "-b", &self.cookie])
            .args(arguments)
            .arg(format!("{}{path}", self.address))
            .output()
            .expect("curl is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').expect("a status");
        Answer { status: status.parse().unwrap(), body: body.to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call(path, &[])
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let arguments: Vec<String> = fields
            .iter()
            .flat_map(|(name, value)| ["--data-urlencode".to_owned(), format!("{name}={value}")])
            .collect();
        self.call(path, &arguments)
    }

    /// The value of the first form field of a name.
    pub fn field(page: &str, name: &str) -> String {
        let marked = format!("name=\"{name}\" value=\"");
        let start = page.find(&marked).unwrap_or_else(|| panic!("no field {name}")) + marked.len();
        page[start..].split('"').next().unwrap().to_owned()
    }
}
