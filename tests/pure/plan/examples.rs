//! The inbound examples of the contract, as a plan's records.

use crate::contract::{json, schemas};
use serde_json::Value;

/// Every inbound example of the contract: topic, path, event.
pub fn examples() -> Vec<(String, String, Value)> {
    let index = json(&schemas().join("index.json"));
    let mut all = Vec::new();
    for row in index.as_array().unwrap().iter().filter(|row| row["direction"] == "in") {
        for path in row["examples"].as_array().unwrap() {
            let path = path.as_str().unwrap().to_owned();
            all.push((row["topic"].as_str().unwrap().to_owned(), path.clone(), json(&schemas().join(path))));
        }
    }
    all
}
