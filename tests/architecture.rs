//! Holds the shape of the tree: who may import whom, sizes, first lines. It reads the sources and never runs them.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use syn::visit::{self, Visit};

/// Lines that a source file has at most.
const FILE_LINES_MAX: usize = 400;
#[path = "architecture/table.rs"]
mod table;

use table::{DECIDERS, PAGES_READ, PURE_IN_TRANSACTION, SQL_IN_TRANSACTION, TABLE};

/// One source file.
struct Source {
    path: PathBuf,
    text: String,
    /// `src/domain/decide/mod.rs` is `["domain", "decide"]`.
    module: Vec<String>,
    /// Every path it names, from the crate's root where it is ours.
    found: BTreeSet<Vec<String>>,
    is_async: bool,
}

/// Read and parsed once for all tests.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(sources);

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "the sources are not where this test looks: {}", root.display());
    files.into_iter().map(|path| source(&root, path)).collect()
}

fn source(root: &Path, path: PathBuf) -> Source {
    let text = std::fs::read_to_string(&path).unwrap();
    let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut module: Vec<String> = path
        .strip_prefix(root)
        .unwrap()
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    if module.len() > 1 && module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    let mut paths = Paths { module: module.clone(), depth: 0, found: BTreeSet::new(), is_async: false };
    paths.visit_file(&syntax);
    Source { path, text, module, found: paths.found, is_async: paths.is_async }
}

/// Every path that a file names, from the crate's root where it is ours; inline modules count as deeper.
struct Paths {
    module: Vec<String>,
    depth: usize,
    found: BTreeSet<Vec<String>>,
    is_async: bool,
}

impl Paths {
    fn add(&mut self, segments: &[String]) {
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        let mut module = self.module.clone();
        let resolved: Vec<String> = match segments.first().map(String::as_str) {
            Some("crate") => {
                std::iter::once("crate".to_owned()).chain(segments[1..].iter().cloned()).collect()
            }
            Some("super") => {
                let up = supers.saturating_sub(self.depth);
                module.truncate(module.len().saturating_sub(up));
                std::iter::once("crate".to_owned())
                    .chain(module)
                    .chain(segments[supers..].iter().cloned())
                    .collect()
            }
            Some("self") => {
                std::iter::once("crate".to_owned()).chain(module).chain(segments[1..].to_vec()).collect()
            }
            Some(_) | None => segments.to_vec(),
        };
        self.found.insert(resolved);
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with =
            |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<String>>();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }

    /// Paths inside the tokens of a macro: words joined by `::`.
    fn tokens(&mut self, text: &str) {
        let text = text.replace(' ', "");
        for word in text.split(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':')) {
            let segments: Vec<String> =
                word.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect();
            if segments.len() > 1 {
                self.add(&segments);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(&mac.tokens.to_string());
        visit::visit_macro(self, mac);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += usize::from(item.content.is_some());
        visit::visit_item_mod(self, item);
        self.depth -= usize::from(item.content.is_some());
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.is_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.is_async = true;
        visit::visit_expr_async(self, block);
    }
}

fn is_in(module: &[String], parts: &[&str]) -> bool {
    parts.len() <= module.len() && parts.iter().zip(module).all(|(part, name)| part == name)
}

/// The faults of one file against its row of the table.
fn import_faults(source: &Source) -> Vec<String> {
    let own = &source.module[0];
    let Some(row) = TABLE.iter().find(|row| row.module == own) else {
        return vec![format!(
            "{}: no row of the import table says what `{own}` may use",
            source.path.display()
        )];
    };
    let mut faults = Vec::new();
    for path in &source.found {
        let named: Vec<&str> = path.iter().map(String::as_str).collect();
        match named.as_slice() {
            ["crate", target, ..] if target == own => {}
            ["crate", target, rest @ ..] => {
                let is_module = TABLE.iter().any(|row| row.module == *target);
                let deep = rest.first().map(|next| format!("{target}::{next}"));
                let allowed =
                    row.may.contains(target) || deep.is_some_and(|deep| row.may.contains(&deep.as_str()));
                if is_module && !allowed {
                    faults.push(format!("{} must not name {}", source.path.display(), path.join("::")));
                }
            }
            [crate_name, ..] if row.must_not.contains(crate_name) && (path.len() > 1) => {
                faults.push(format!("{} must not use the crate {crate_name}", source.path.display()));
            }
            _other => {}
        }
    }
    faults
}

#[test]
fn modules_name_only_what_the_import_table_allows() {
    let faults: Vec<String> = SOURCES.iter().flat_map(import_faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_those_who_decide_or_replay_name_decide_and_evolve() {
    for source in SOURCES.iter() {
        let is_test = source.module.iter().any(|part| part == "tests");
        if is_test || DECIDERS.iter().any(|decider| is_in(&source.module, decider)) {
            continue;
        }
        for path in &source.found {
            let whole = path.len() == 3 && path[2] == "decide";
            let named = is_in(path, &["crate", "domain", "decide", "decide"])
                || is_in(path, &["crate", "domain", "evolve"])
                || (is_in(path, &["crate", "domain"]) && whole);
            assert!(!named, "{} names {}", source.path.display(), path.join("::"));
        }
    }
}

#[test]
fn the_plan_knows_no_database_and_waits_for_nothing() {
    for source in SOURCES.iter().filter(|source| source.module[0] == "transaction") {
        let file = source.module.get(1).map_or("mod", String::as_str);
        let names_sql = source.found.iter().any(|path| path[0] == "sqlx");
        assert!(!names_sql || SQL_IN_TRANSACTION.contains(&file), "{} names sqlx", source.path.display());
        let names_tokio = source.found.iter().any(|path| path[0] == "tokio");
        let waits = source.is_async || names_tokio;
        assert!(!waits || !PURE_IN_TRANSACTION.contains(&file), "{} is async", source.path.display());
    }
}

#[test]
fn the_domain_waits_for_nothing_and_counts_in_integers() {
    for source in SOURCES.iter().filter(|source| source.module[0] == "domain") {
        assert!(!source.is_async, "{} is async", source.path.display());
        for path in &source.found {
            let name = path.join("::");
            let banned = ["f32", "f64", "HashMap", "HashSet"]
                .iter()
                .any(|it| path.last().is_some_and(|last| last == it));
            assert!(!banned, "{} names {name}", source.path.display());
            for module in ["std::time", "std::env", "std::fs", "std::net", "std::thread", "std::io"] {
                assert!(!name.starts_with(module), "{} names {name}", source.path.display());
            }
        }
    }
}

#[test]
fn pages_read_the_store_through_its_reader_only() {
    for source in SOURCES.iter().filter(|source| source.module[0] == "web") {
        for path in &source.found {
            let is_store = is_in(path, &["crate", "store"]) && path.len() > 2;
            // Tokens, links and sessions are the pages' own rows: no lead, no decision, so no transaction of ours.
            let allowed = [PAGES_READ, "StoreError", "read", "token"];
            let is_reading = path.get(2).is_some_and(|it| allowed.contains(&it.as_str()));
            assert!(!is_store || is_reading, "{} names {}", source.path.display(), path.join("::"));
        }
    }
}

#[test]
fn every_file_is_short_and_opens_by_saying_what_it_is() {
    let mut faults = Vec::new();
    for source in SOURCES.iter() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{} has {lines} lines", source.path.display()));
        }
        if !source.text.starts_with("//! ") {
            faults.push(format!("{} does not open with a `//!`", source.path.display()));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests"), root.join("benches")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let fits = text.lines().count() <= FILE_LINES_MAX && text.starts_with("//! ");
                if !fits {
                    faults.push(format!("{} is too long or does not say what it is", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_file_names_the_machine_it_was_written_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Written in halves, so that this file does not name them.
    let words =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tmp", "/BRIEF"), concat!("/ho", "me/")];
    let mut files: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile", "Cargo.toml", "docker-compose.yml"]
            .iter()
            .map(|name| root.join(name))
            .filter(|path| path.exists())
            .collect();
    let mut folders: Vec<PathBuf> =
        ["src", "tests", "schemas", "policy", "migrations", "deploy", "scripts", "benches"]
            .iter()
            .map(|name| root.join(name))
            .filter(|path| path.exists())
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let mut faults = Vec::new();
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                faults.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
