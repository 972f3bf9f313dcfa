//! A browser, driven from outside by the keyboard or by pressing what is shown: Chromium over WebDriver's HTTP (W3C), on a
//! screen as wide as a phone. It reads what the page shows; it fills nothing in by script, and what is hidden, covered or too
//! small for a finger it does not press.

use crate::harness::until;
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A phone held upright, in CSS pixels.
const WIDTH: u32 = 390;
const HEIGHT: u32 = 844;
/// Stops of the tabulator that a page has at most.
const STOPS_MAX: usize = 120;
/// A first start of Chromium on a busy machine takes seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Keys, as WebDriver names them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SPACE: &str = " ";
pub const DOWN: &str = "\u{e015}";
/// Does nothing by itself.
pub const SHIFT: &str = "\u{e008}";

/// The words of whatever has the focus: of a field its label's.
const FOCUSED: &str = "const it = document.activeElement; if (!it || it === document.body) return '';
    const label = it.labels && it.labels.length ? it.labels[0] : it; return label.textContent.trim().replace(/\\s+/g, ' ');";

/// What can be pressed and begins with these words, exactly these before longer ones; what is folded away is not there.
const PRESSABLE: &str = "const words = arguments[0], said = it => it.textContent.trim().replace(/\\s+/g, ' ');
    const all = [...document.querySelectorAll('button, summary, a[href], label')].filter(it => it.checkVisibility());
    return all.find(it => said(it) === words) || all.find(it => said(it).startsWith(words)) || null;";
/// The field whose label begins with these words, as long as it is shown.
const FIELD: &str = "const words = arguments[0];
    return [...document.querySelectorAll('select, input, textarea')].find(it => it.checkVisibility()
        && it.labels && it.labels.length && it.labels[0].textContent.trim().startsWith(words)) || null;";
/// The option that begins with these words of the list whose label begins with those, as long as the list is shown.
const OPTION: &str = "const [label, words] = arguments;
    const list = [...document.querySelectorAll('select')].find(it => it.checkVisibility()
        && it.labels && it.labels.length && it.labels[0].textContent.trim().startsWith(label));
    return list && [...list.options].find(it => it.textContent.trim().startsWith(words)) || null;";
/// Where an element stands once it is scrolled to, of an option its list: left, right, width, height.
const PLACE: &str = "const it = arguments[0].closest('select') || arguments[0];
    it.scrollIntoView({ block: 'center' }); const place = it.getBoundingClientRect();
    return [place.left, place.right, place.width, place.height];";
/// How WebDriver names an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// What WebDriver answers while a page replaces a part of itself or is left: the same is looked up and done again.
const PASSING: [&str; 4] =
    ["stale element reference", "no such element", "element not interactable", "element click intercepted"];
/// CSS pixels that a control has at least in either direction (WCAG 2.2, 2.5.8).
const TARGET_MIN: f64 = 24.0;
/// Browsers round a part of a pixel either way.
const ROUNDING: f64 = 0.5;

/// One browser with one session.
pub struct Driver {
    process: Child,
    client: Client,
    session: String,
    profile: std::path::PathBuf,
}

impl Driver {
    pub fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            // A date field takes what is typed in the order of the browser's language: month, day, year.
            .env("LANGUAGE", "en_US")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (scripts/install-packages.sh --browser), or set BATON_NO_BROWSER=1");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says on which port it listens");
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).build().unwrap();
        let profile = std::env::temp_dir().join(format!("baton-browser-{}", process.id()));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments,
                "mobileEmulation": {"deviceMetrics": {"width": WIDTH, "height": HEIGHT, "pixelRatio": 2.0}}},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut started =
            Self { process, client, session: format!("http://127.0.0.1:{port}/session"), profile };
        let session = started.post("", &wanted);
        started.session = format!("{}/{}", started.session, session["sessionId"].as_str().unwrap());
        started
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.attempt(path, body).unwrap_or_else(|refused| panic!("the browser refuses {path}: {refused}"))
    }

    /// What the browser answers, or why it does not.
    fn attempt(&self, path: &str, body: &Value) -> Result<Value, Value> {
        let request = self.client.post(format!("{}{path}", self.session)).body(body.to_string());
        let told = request.header("content-type", "application/json").send();
        let text = told.and_then(Response::text).map_err(|error| json!({ "error": error.to_string() }))?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| json!({ "error": text }))?;
        let value = answer["value"].clone();
        if value["error"].is_null() { Ok(value) } else { Err(value) }
    }

    /// Opens an address, as somebody who follows a link does.
    pub fn open(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub fn before_each_page(&self, script: &str) {
        let params = json!({ "source": script });
        let command = json!({ "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": params });
        self.post("/goog/cdp/execute", &command);
    }

    /// What a script reads of the page.
    pub fn read(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What is shown; empty while one page gives way to the next.
    pub fn text(&self) -> String {
        let script = json!({ "script": "return document.body ? document.body.innerText : ''", "args": [] });
        let shown = self.attempt("/execute/sync", &script).unwrap_or_default();
        shown.as_str().unwrap_or_default().to_owned()
    }

    /// Looks an element up as soon as it is shown and does something to it.
    fn act(&self, script: &str, arguments: &Value, act: &str, body: &Value) {
        until(&format!("the page takes {act} on {arguments}"), || {
            let found = self.attempt("/execute/sync", &json!({ "script": script, "args": arguments }));
            let Some(element) = found.ok().filter(|found| found[ELEMENT].is_string()) else { return false };
            let place = self.attempt("/execute/sync", &json!({ "script": PLACE, "args": [element] }));
            let Ok(place) = place else { return false };
            let [left, right, width, height] = [0, 1, 2, 3].map(|at| place[at].as_f64().unwrap());
            assert!(
                width.min(height) >= TARGET_MIN - ROUNDING,
                "{arguments} is too small for a finger: {width} x {height}"
            );
            assert!(
                left >= -ROUNDING && right <= f64::from(WIDTH) + ROUNDING,
                "{arguments} is not within the screen: {left} to {right}"
            );
            let path = format!("/element/{}/{act}", element[ELEMENT].as_str().unwrap());
            match self.attempt(&path, body) {
                Ok(_) => true,
                Err(refused) if PASSING.iter().any(|passing| refused["error"] == *passing) => false,
                Err(refused) => panic!("the browser refuses {act} on {arguments}: {refused}"),
            }
        });
    }

    /// Presses what begins with these words, where it stands on the screen.
    pub fn tap(&self, words: &str) {
        self.act(PRESSABLE, &json!([words]), "click", &json!({}));
    }

    /// Chooses from the list whose label begins with `label` what begins with `words`.
    pub fn choose(&self, label: &str, words: &str) {
        self.act(OPTION, &json!([label, words]), "click", &json!({}));
    }

    /// Types into the field whose label begins with `label`.
    pub fn fill(&self, label: &str, text: &str) {
        self.act(FIELD, &json!([label]), "value", &json!({ "text": text }));
    }

    /// Types a day into the date field whose label begins with `label`, part by part as it stands on the screen.
    pub fn fill_day(&self, label: &str, day: jiff::civil::Date) {
        self.fill(label, &day.strftime("%m%d%Y").to_string());
        let value = format!("const field = (() => {{ {FIELD} }})(); return field && field.value");
        let taken = self.post("/execute/sync", &json!({ "script": value, "args": [label] }));
        assert_eq!(taken, day.to_string(), "the browser took another day");
    }

    pub fn press(&self, key: &str) {
        let strokes = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": strokes}]}));
    }

    pub fn focused(&self) -> String {
        self.read(FOCUSED).as_str().unwrap_or_default().to_owned()
    }

    /// Presses the tabulator until something of these words has the focus, then a key on it.
    pub fn reach(&self, words: &str, key: &str) {
        let mut stops = Vec::new();
        for _ in 0..STOPS_MAX {
            self.press(TAB);
            let focused = self.focused();
            if focused.starts_with(words) {
                self.press(key);
                return;
            }
            stops.push(focused);
        }
        panic!("the keyboard does not reach {words:?}: {stops:?}");
    }

    /// Errors that the console has told since it was read last.
    pub fn errors(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Forgets who was signed in.
    pub fn forget(&self) {
        let _answer = self.client.delete(format!("{}/cookie", self.session)).send().unwrap();
    }

    /// How wide the screen is, in CSS pixels.
    pub fn width() -> u32 {
        WIDTH
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the page that the browser showed last:\n{}", self.text());
        }
        let _closed = self.client.delete(&self.session).send();
        let _gone = self.process.kill();
        let _status = self.process.wait();
        let _removed = std::fs::remove_dir_all(&self.profile);
    }
}
