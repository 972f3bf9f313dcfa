//! Receivers of the tests: an HTTP server that says what it is told to say, and a mail server that keeps what it gets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a path is answered with.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Status(u16),
    /// A redirect to another path of the same receiver.
    Redirect,
    /// The request is taken in and never answered.
    Silence,
    /// 204, after so many milliseconds: the work of a slow receiver.
    Slowly(u64),
}

#[derive(Default)]
struct Kept {
    requests: Vec<Received>,
    answers: BTreeMap<String, Answer>,
}

/// An HTTP receiver; ends with the test's process.
pub struct Receiver {
    pub address: String,
    kept: Arc<Mutex<Kept>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { address, kept }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn answer(&self, path: &str, answer: Answer) {
        self.kept.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// What came in so far on a path.
    pub fn received(&self, path: &str) -> Vec<Received> {
        let kept = self.kept.lock().unwrap();
        kept.requests.iter().filter(|request| request.path == path).cloned().collect()
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, kept: &Mutex<Kept>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = {
            let mut kept = kept.lock().unwrap();
            kept.requests.push(Received { path: path.clone(), headers, body });
            kept.answers.get(&path).copied().unwrap_or(Answer::Status(204))
        };
        let (status, more) = match answer {
            Answer::Status(status) => (status, ""),
            Answer::Redirect => (302, "Location: /elsewhere\r\n"),
            Answer::Silence => {
                // The sender gives up first and closes the connection.
                let _closed = reader.read_line(&mut String::new());
                return None;
            }
            Answer::Slowly(milliseconds) => {
                std::thread::sleep(Duration::from_millis(milliseconds));
                (204, "")
            }
        };
        write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n{more}\r\n").ok()?;
    }
}

/// A mail server that takes everything; ends with the test's process.
pub struct Mailbox {
    pub address: String,
    letters: Arc<Mutex<Vec<String>>>,
}

impl Mailbox {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let letters = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&letters);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let letters = Arc::clone(&shared);
                std::thread::spawn(move || take(stream, &letters));
            }
        });
        Self { address, letters }
    }

    /// Letters so far, headers first, with quoted-printable undone.
    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| unquoted(letter)).collect()
    }
}

/// Speaks as much SMTP as a client needs.
fn take(stream: TcpStream, letters: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    write!(stream, "220 mailbox of a test\r\n").ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let word = line.split([' ', '\r']).next().unwrap_or_default().to_uppercase();
        let answer = match word.as_str() {
            "DATA" => {
                write!(stream, "354 go on\r\n").ok()?;
                let mut letter = String::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
                    if line.trim_end() == "." {
                        break;
                    }
                    letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                letters.lock().unwrap().push(letter);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 yes",
        };
        write!(stream, "{answer}\r\n").ok()?;
    }
}

fn unquoted(letter: &str) -> String {
    let Some((head, body)) = letter.split_once("\r\n\r\n") else { return letter.to_owned() };
    if !head.contains("quoted-printable") {
        return letter.to_owned();
    }
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let [first, after @ ..] = rest {
        let coded = (*first == b'=').then(|| after.get(..2)).flatten();
        let byte = coded.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    format!("{head}\r\n\r\n{}", String::from_utf8_lossy(&bytes))
}
