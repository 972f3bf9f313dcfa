//! Settings: layers, unknown keys, secrets.

use super::{Flags, KEYS_HELD, Settings, SettingsError};
use std::io::Write as _;

fn variables(pairs: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<Vec<_>>()
        .into_iter()
}

fn file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("baton-settings-{}-{name}", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    path
}

#[test]
fn later_layers_win_over_earlier_ones() {
    let path =
        file("layers.toml", "[lanes]\nworkers = 3\nbatch_records = 7\n[http]\nlisten = \"127.0.0.1:1\"\n");
    let flags = Flags { file: Some(path), values: vec!["http.listen=127.0.0.1:3".to_owned()] };
    let environment = [("BATON__LANES__WORKERS", "5"), ("BATON__HTTP__LISTEN", "127.0.0.1:2")];
    let settings = Settings::from_layers(&flags, variables(&environment)).unwrap();
    assert_eq!(settings.lanes.batch_records, 7);
    assert_eq!(settings.lanes.workers, 5);
    assert_eq!(settings.http.listen.port(), 3);
    assert_eq!(settings.lanes.queue_records, 4_000);
}

#[test]
fn an_unknown_key_of_a_file_names_the_line_and_the_nearest_good_one() {
    let path = file("unknown.toml", "[kafka]\n# a comment\nbroker = \"x:1\"\n");
    let error =
        Settings::from_layers(&Flags { file: Some(path), values: vec![] }, variables(&[])).unwrap_err();
    let line = error.to_string();
    assert!(
        line.contains("unknown.toml:3: unknown setting kafka.broker; did you mean kafka.brokers?"),
        "{line}"
    );
}

#[test]
fn an_unknown_variable_is_named_as_it_was_written() {
    let error =
        Settings::from_layers(&Flags::default(), variables(&[("BATON__HTTP__LISTENS", "x")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment BATON__HTTP__LISTENS: unknown setting http.listens; did you mean http.listen?"
    );
}

#[test]
fn foreign_variables_are_honoured_and_ours_are_stronger() {
    let environment =
        [("DATABASE_URL", "postgres://u:p@db/x"), ("KAFKA_BROKERS", "a:1"), ("BATON__KAFKA__BROKERS", "b:2")];
    let settings = Settings::from_layers(&Flags::default(), variables(&environment)).unwrap();
    assert_eq!(settings.database.url.expose(), "postgres://u:p@db/x");
    assert_eq!(settings.owner_url().expose(), "postgres://u:p@db/x");
    assert_eq!(settings.kafka.brokers, "b:2");
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let key = file("key", "0123456789abcdef0123456789abcdef\n");
    let environment = [
        ("BATON__SECURITY__SERVICE_KEY_FILE", key.to_str().unwrap()),
        ("DATABASE_URL", "postgres://user:pass@word@db:5432/x?password=hidden"),
        ("BATON__KAFKA__CLIENT__SASL_PASSWORD", "hunter2"),
    ];
    let settings = Settings::from_layers(&Flags::default(), variables(&environment)).unwrap();
    assert_eq!(settings.security.service_key.expose(), "0123456789abcdef0123456789abcdef");
    assert_eq!(settings.kafka.client["sasl.password"].expose(), "hunter2");
    for shown in [format!("{settings:?}"), settings.redacted().to_string(), settings.redacted_text()] {
        for secret in ["0123456789abcdef", "pass", "hidden", "hunter2"] {
            let shown = shown.replace("sasl.password", "");
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert!(settings.redacted_text().contains("postgres://db:5432/x"));
}

#[test]
fn keys_that_promises_rest_on_are_refused() {
    for key in KEYS_HELD {
        let flags = Flags { file: None, values: vec![format!("kafka.client.{key}=x")] };
        let error = Settings::from_layers(&flags, variables(&[])).unwrap_err();
        assert!(matches!(error, SettingsError::Held { .. }), "{key}: {error}");
    }
}

#[test]
fn a_value_of_another_shape_names_the_key() {
    let error = Settings::from_layers(&Flags::default(), variables(&[("BATON__LANES__WORKERS", "many")]))
        .unwrap_err();
    assert!(error.to_string().contains("lanes.workers"), "{error}");
    let error =
        Settings::from_layers(&Flags::default(), variables(&[("BATON__LANES__WORKERS", "0")])).unwrap_err();
    assert_eq!(error.to_string(), "lanes.workers = 0 is out of range: give a number from 1 to 64");
}

#[test]
fn what_is_shown_can_be_read_again() {
    let settings = Settings::from_layers(&Flags::default(), variables(&[])).unwrap();
    let table: toml::Table = settings.redacted_text().parse().unwrap();
    assert_eq!(table["lanes"]["workers"].as_integer(), Some(2));
}

#[test]
fn the_signing_key_has_a_file_of_its_own_unless_it_is_given() {
    let place = |pairs: &[(&str, &str)]| {
        Settings::from_layers(&Flags::default(), variables(pairs)).unwrap().audit.signing_key_file
    };
    assert_eq!(place(&[]), "/var/lib/baton/checkpoint.key");
    assert_eq!(place(&[("HOME", "/h")]), "/h/.local/state/baton/checkpoint.key");
    assert_eq!(place(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), "/s/baton/checkpoint.key");
    assert_eq!(place(&[("HOME", "/h"), ("STATE_DIRECTORY", "/a:/b")]), "/a/checkpoint.key");
    assert_eq!(place(&[("HOME", "/h"), ("BATON__AUDIT__SIGNING_KEY_FILE", "/k")]), "/k");
    let short = Settings::from_layers(&Flags::default(), variables(&[("BATON__AUDIT__SIGNING_KEY", "abc")]));
    assert!(short.unwrap_err().to_string().contains("openssl rand -hex 32"));
    let seed = "5".repeat(64);
    let given = Settings::from_layers(&Flags::default(), variables(&[("BATON__AUDIT__SIGNING_KEY", &seed)]));
    assert!(!given.unwrap().redacted_text().contains(&seed));
}

/// 32 bytes.
const WEBHOOK_SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn with_file(name: &str, text: &str) -> Result<Settings, SettingsError> {
    Settings::from_layers(&Flags { file: Some(file(name, text)), values: vec![] }, variables(&[]))
}

#[test]
fn endpoints_and_members_are_named_by_whoever_sets_them_and_their_secrets_are_never_shown() {
    let text = format!(
        "[webhooks.endpoint.crm]\nurl = \"https://hooks.example/in/t0ken\"\nsecrets = [\"{WEBHOOK_SECRET}\"]\n\
         [notify]\nsmtp_url = \"smtp://u:pa55@mail.example\"\nfrom = \"Baton <b@seller.example>\"\n\
         [notify.member.maya-cohen]\nslack_url = \"https://chat.example/services/T0\"\nemail = \"maya@seller.example\"\n"
    );
    let settings = with_file("channels.toml", &text).unwrap();
    assert!(settings.has_channels());
    assert_eq!(settings.webhooks.endpoint["crm"].secrets[0].expose(), WEBHOOK_SECRET);
    assert_eq!(settings.webhooks.retry_seconds.iter().sum::<u64>(), 272_105, "75 h 35 min 5 s");
    for shown in [format!("{settings:?}"), settings.redacted().to_string(), settings.redacted_text()] {
        for secret in ["t0ken", "AQEB", "pa55", "services", "maya@"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("https://hooks.example/***"), "{shown}");
    }
    settings.redacted_text().parse::<toml::Table>().unwrap();
    let given = [
        ("BATON__WEBHOOKS__ENDPOINT__CRM__URL", "https://hooks.example/"),
        ("BATON__WEBHOOKS__ENDPOINT__CRM__SECRETS", WEBHOOK_SECRET),
        ("BATON__WEBHOOKS__RETRY_SECONDS", "1, 2"),
    ];
    let settings = Settings::from_layers(&Flags::default(), variables(&given)).unwrap();
    assert_eq!(settings.webhooks.endpoint["crm"].secrets.len(), 1);
    assert_eq!(settings.webhooks.retry_seconds, [1, 2]);
}

#[test]
fn a_channel_that_cannot_work_is_refused_with_its_key_and_the_mend() {
    let endpoint = |url: &str, secrets: &str| {
        format!("[webhooks.endpoint.crm]\nurl = \"{url}\"\nsecrets = [{secrets}]\n")
    };
    let good = format!("\"{WEBHOOK_SECRET}\"");
    let cases = [
        (endpoint("http://hooks.example/", &good), "webhooks.endpoint.crm.url: give an https:// address"),
        (
            endpoint("https://hooks.example/", &good) + "types = [\"leads.*\"]\n",
            "webhooks.endpoint.crm.types: a type is one such as lead.routed.v1",
        ),
        (endpoint("https://hooks.example/", ""), "webhooks.endpoint.crm.secrets: give 1 to 3"),
        (endpoint("https://hooks.example/", "\"whsec_c2hvcnQ=\""), "24 to 64 bytes"),
        ("[notify.member.maya]\nemail = \"m@x.example\"\n".to_owned(), "notify.smtp_url is empty"),
        (
            "[notify.member.maya]\nemails = \"m@x.example\"\n".to_owned(),
            "unknown setting notify.member.maya.emails",
        ),
        ("[notify]\ndigest = \"monday\"\n".to_owned(), "notify.digest: write it as mon 08:00"),
        ("[webhooks]\nretry_seconds = []\n".to_owned(), "webhooks.retry_seconds"),
        ("[webhooks]\ntimeout_seconds = 0\n".to_owned(), "webhooks.timeout_seconds"),
        ("[webhooks.endpoint.\"A b\"]\nurl = \"https://x.example/\"\n".to_owned(), "a-z, 0-9"),
    ];
    for (number, (text, said)) in cases.iter().enumerate() {
        let error = with_file(&format!("channel-{number}.toml"), text).unwrap_err().to_string();
        assert!(error.contains(said), "{said:?} is not in {error:?}");
        assert!(!error.contains("AQEB") && !error.contains("m@x"), "{error}");
    }
}
