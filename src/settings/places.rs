//! Which keys exist and where in a text a key stands. Never holds values.

use std::collections::BTreeSet;

/// The map whose keys are librdkafka's, not ours.
pub(super) const CLIENT: &str = "kafka.client";

/// Tables whose entries people name, and the keys of an entry.
const NAMED: &[(&str, &[&str])] = &[
    ("webhooks.endpoint", &["url", "secrets", "types", "members", "pools"]),
    ("notify.member", &["slack_url", "email"]),
    ("notify.pool", &["slack_url", "email"]),
];

/// Below this likeness (Jaro-Winkler, 0 to 1) a guess confuses more than it helps.
const LIKENESS_MIN: f64 = 0.75;

/// Every key that the default file has or that an entry of a named table may have, as `section.*.key`.
pub(super) fn known(defaults: &toml::Table) -> BTreeSet<String> {
    let of_entries =
        NAMED.iter().flat_map(|(table, keys)| keys.iter().map(move |key| format!("{table}.*.{key}")));
    paths(defaults).into_iter().chain(of_entries).collect()
}

/// Whether a key exists; entries of named tables may have any name.
pub(super) fn is_known(known: &BTreeSet<String>, path: &str) -> bool {
    known.contains(path) || entry(path).is_some_and(|general| known.contains(&general))
}

/// The key of an entry without the entry's name.
fn entry(path: &str) -> Option<String> {
    NAMED.iter().find_map(|(table, _)| {
        let (name, key) = path.strip_prefix(table)?.strip_prefix('.')?.rsplit_once('.')?;
        (!name.is_empty() && !name.contains('*')).then(|| format!("{table}.*.{key}"))
    })
}

/// Every key of a table as a dotted path, those of the pass-through map left out.
pub(super) fn paths(table: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(table, "", &mut found);
    found
}

fn collect(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if path == CLIENT {
            continue;
        }
        match value.as_table() {
            Some(inner) => collect(inner, &path, found),
            None => {
                found.insert(path);
            }
        }
    }
}

/// The known key that is most like an unknown one.
pub(super) fn nearest(known: &BTreeSet<String>, unknown: &str) -> Option<String> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    known
        .iter()
        .map(|path| {
            let likeness =
                strsim::jaro_winkler(path, unknown).max(strsim::jaro_winkler(&last(path), &last(unknown)));
            (likeness, path)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, path)| path.clone())
}

/// The line (from 1) on which a dotted path stands in a TOML text.
pub(super) fn line(text: &str, path: &str) -> Option<usize> {
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').trim().clone_into(&mut section);
            if section == path || path.starts_with(&format!("{section}.")) && section.matches('.').count() > 1
            {
                return Some(number + 1);
            }
        } else if let Some((key, _)) = line.split_once('=') {
            let key = key.trim();
            let full = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            if full == path {
                return Some(number + 1);
            }
        }
    }
    None
}
