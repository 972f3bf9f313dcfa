//! Bad days: poison, retention, re-created and grown topics, rows that the database refuses, servers that go away. What
//! each does to the service, and what an operator types to go on.

mod bisection;
pub mod broker;
mod clocks;
mod commits;
mod completions;
mod grown;
mod lanes;
mod logs;
mod newer;
mod outages;
mod positions;
mod proxy;
mod relays;
mod traces;

use crate::harness::{Installation, Serving, client, until};

const FORMS: &str = "marketing.form-fills.v1";
const CRM: &str = "crm.lead-events.v1";

/// What the instance answers on a path: the status and the body.
fn get(serving: &Serving, path: &str) -> (u16, String) {
    let client = client();
    match client.get(format!("{}{path}", serving.address)).send() {
        Ok(response) => (response.status().as_u16(), response.text().unwrap_or_default()),
        Err(error) => (0, error.to_string()),
    }
}

fn is_ready(serving: &Serving) -> bool {
    get(serving, "/readyz").0 == 200
}

/// Waits until the instance is not ready and says this.
fn until_unready(serving: &Serving, said: &str) {
    until(&format!("the instance is not ready and says: {said}"), || {
        let (status, body) = get(serving, "/readyz");
        status == 503 && body.contains(said)
    });
}

/// Starts an instance and waits until it has claimed every partition.
fn serve_and_own(installation: &Installation, settings: &[(&str, &str)]) -> Serving {
    let serving = installation.serve(settings);
    let process = format!("baton claims {}-", serving.child.id());
    until("the instance owns every partition", || {
        let owners = installation.texts("SELECT DISTINCT owner FROM input_position");
        owners.len() == 1 && owners[0].starts_with(&process)
    });
    serving
}

/// Starts an instance that must end by itself with this on its lips.
fn serve_in_vain(installation: &Installation, said: &str) {
    let mut serving = installation.serve(&[]);
    until("the instance ends by itself", || serving.child.try_wait().unwrap().is_some());
    assert!(!serving.child.wait().unwrap().success(), "the exit code says that something is wrong");
    let log = serving.log();
    assert!(log.contains(said), "{said:?} is missing in: {log}");
}
