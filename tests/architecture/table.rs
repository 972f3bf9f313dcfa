//! The import table: which module may name which. Data only.

/// One module of ours: which others it may name, and which crates it must not.
pub struct Row {
    pub module: &'static str,
    /// Modules of ours; a folder inside one (`audit::chain`) allows only that.
    pub may: &'static [&'static str],
    pub must_not: &'static [&'static str],
}

/// The import table. `clock` is where the lints send every reading of time, so whoever runs loops may use it.
pub const TABLE: &[Row] = &[
    Row {
        module: "domain",
        may: &[],
        must_not: &[
            "tokio",
            "tokio_util",
            "futures_util",
            "sqlx",
            "rdkafka",
            "axum",
            "reqwest",
            "tracing",
            "config",
            "serde_json",
            "getrandom",
            "toml",
            "clap",
            "anyhow",
        ],
    },
    Row { module: "contract", may: &["domain"], must_not: &["sqlx", "rdkafka", "axum", "tokio"] },
    Row { module: "store", may: &["domain"], must_not: &["rdkafka", "axum"] },
    Row {
        module: "transaction",
        may: &["domain", "store", "contract", "audit::chain"],
        must_not: &["rdkafka", "axum"],
    },
    Row {
        module: "intake",
        may: &["contract", "transaction", "domain", "settings", "telemetry", "clock", "broker"],
        must_not: &["sqlx", "axum"],
    },
    Row {
        module: "router",
        // The key under which causes are named is handed through to the transaction.
        may: &["transaction", "domain", "settings", "telemetry", "clock", "contract::keys"],
        must_not: &["sqlx", "rdkafka", "axum"],
    },
    Row {
        module: "sweeper",
        may: &["transaction", "domain", "settings", "telemetry", "clock", "contract::keys"],
        must_not: &["sqlx", "rdkafka", "axum"],
    },
    Row {
        module: "relay",
        may: &["store", "contract", "domain", "settings", "telemetry", "clock", "broker"],
        must_not: &["axum"],
    },
    Row { module: "audit", may: &["domain", "store"], must_not: &["rdkafka", "axum"] },
    Row { module: "scoreboard", may: &["domain", "store"], must_not: &["rdkafka", "axum"] },
    Row {
        module: "replay",
        may: &["domain", "store", "contract", "scoreboard"],
        must_not: &["rdkafka", "axum"],
    },
    Row {
        module: "web",
        may: &[
            "transaction",
            "scoreboard",
            "replay",
            "audit",
            "store",
            "contract",
            "domain",
            "settings",
            "telemetry",
            "clock",
        ],
        must_not: &["rdkafka", "sqlx"],
    },
    Row { module: "settings", may: &[], must_not: &["sqlx", "rdkafka", "axum"] },
    Row { module: "telemetry", may: &["clock"], must_not: &["sqlx", "rdkafka"] },
    // One place makes clients of librdkafka, so that both sides speak to the same brokers in the same way.
    Row { module: "broker", may: &["settings", "clock"], must_not: &["sqlx", "axum"] },
    Row { module: "clock", may: &[], must_not: &["sqlx", "rdkafka", "axum"] },
    Row { module: "service", may: WIRES, must_not: &[] },
    Row { module: "cli", may: WIRES, must_not: &[] },
    Row { module: "demo", may: WIRES, must_not: &[] },
    Row { module: "lib", may: &[], must_not: &[] },
    Row { module: "main", may: WIRES, must_not: &[] },
];

/// What wires may name everything; nobody but another of them names them.
pub const WIRES: &[&str] = &[
    "domain",
    "contract",
    "store",
    "transaction",
    "intake",
    "router",
    "sweeper",
    "relay",
    "audit",
    "scoreboard",
    "replay",
    "web",
    "settings",
    "telemetry",
    "clock",
    "broker",
    "service",
    "cli",
    "demo",
];

/// Files of `transaction` that hold a connection.
pub const SQL_IN_TRANSACTION: &[&str] = &["session", "apply", "load"];
/// Files of `transaction` that are pure.
pub const PURE_IN_TRANSACTION: &[&str] = &["plan", "recovery", "batch", "loaded"];
/// Who names `decide` and `evolve`: the domain, the plan, and those that replay what was decided.
pub const DECIDERS: &[&[&str]] = &[&["domain"], &["transaction", "plan"], &["audit"], &["replay"]];
/// The reader of the store is all of it that pages see.
pub const PAGES_READ: &str = "Reader";
