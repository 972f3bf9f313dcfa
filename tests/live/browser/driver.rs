//! A browser, driven from outside by the keyboard: Chromium over WebDriver's HTTP (W3C), on a screen as wide as a phone. It
//! presses keys and reads what the page shows; it never clicks and fills nothing in by script.

use reqwest::blocking::Client;
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

/// The words of whatever has the focus: of a field its label's.
const FOCUSED: &str = "const it = document.activeElement; if (!it || it === document.body) return '';
    const label = it.labels && it.labels.length ? it.labels[0] : it; return label.textContent.trim().replace(/\\s+/g, ' ');";

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
        let request = self.client.post(format!("{}{path}", self.session)).body(body.to_string());
        let text = request.header("content-type", "application/json").send().unwrap().text().unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["value"]["error"].is_null(), "the browser refuses {path}: {answer}");
        answer["value"].clone()
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

    pub fn text(&self) -> String {
        self.read("return document.body.innerText").as_str().unwrap_or_default().to_owned()
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
        let _closed = self.client.delete(&self.session).send();
        let _gone = self.process.kill();
        let _status = self.process.wait();
        let _removed = std::fs::remove_dir_all(&self.profile);
    }
}
