//! A service on this machine that a test makes up: whole requests in, whole answers out, and every exchange kept so that it
//! can be held against a contract.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::support::contract::{Contract, Exchange, Violation, decoded, pairs};

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `GET`.
    pub(crate) method: String,
    /// Path and query, as they came, without the prefix of the service.
    pub(crate) target: String,
    /// The parts of the path, decoded.
    pub(crate) parts: Vec<String>,
    /// The query, decoded.
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// What was sent.
    pub(crate) body: Vec<u8>,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Headers beside the length.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// The service. It ends with the test process.
pub(crate) struct Service {
    /// `http://127.0.0.1:4000`, without prefix.
    pub(crate) url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    git: Arc<AtomicUsize>,
}

impl Call {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The parts of the path as they are compared.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }

    /// A parameter of the query.
    pub(crate) fn asks(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Answer {
    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", body.to_string())
    }

    /// Something of a type.
    pub(crate) fn of(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.into(),
        }
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Service {
    /// A service that answers by a function. What stands before `prefix` in paths is refused.
    pub(crate) fn start(
        prefix: &'static str,
        answer: impl Fn(&Call) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let git = Arc::new(AtomicUsize::new(0));
        let (kept, counted) = (Arc::clone(&exchanges), Arc::clone(&git));
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    let mut stream = stream.ok()?;
                    let call = listen(&stream, prefix)?;
                    let answer = answer(&call);
                    if is_git(&call.target) {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                    // What git says to a server is git's own business.
                    if !call.target.starts_with("/scm/") {
                        kept.lock().unwrap().push(exchange_of(&call, &answer));
                    }
                    write(&mut stream, &answer);
                    Some(())
                });
            }
        });
        Self {
            url,
            exchanges,
            git,
        }
    }

    /// A list of up to two pages that may grow, whose pages have an `ETag` that says nothing of what follows them; `next` is
    /// where the second one is said to be.
    pub(crate) fn of_growing_list(
        count: &Arc<AtomicUsize>,
        item: fn(usize) -> Value,
        next: &'static str,
    ) -> Self {
        let count = Arc::clone(count);
        Self::start("", move |call| {
            let all = count.load(Ordering::SeqCst);
            let from = if call.asks("page") == "2" { 100 } else { 0 };
            let shown: Vec<Value> = (from..all.min(from + 100)).map(item).collect();
            let etag = format!("\"{from}-{}\"", shown.len());
            if call.header("if-none-match") == etag {
                return Answer::of(304, "application/json", "").with("etag", &etag);
            }
            let answer = Answer::json(200, &Value::from(shown)).with("etag", &etag);
            if from + 100 < all {
                answer.with("link", &format!("<{next}>; rel=\"next\""))
            } else {
                answer.with("link", "<https://inside.invalid/>; rel=\"first\"")
            }
        })
    }

    /// Everything that was said, without what git says to a server.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let all = self.exchanges.lock().unwrap();
        let calls = all.iter().filter(|one| !is_git(&one.target));
        calls.cloned().collect()
    }

    /// How many requests of git itself came.
    pub(crate) fn git_calls(&self) -> usize {
        self.git.load(Ordering::SeqCst)
    }

    /// How many requests came.
    pub(crate) fn calls(&self) -> usize {
        self.exchanges.lock().unwrap().len()
    }

    /// `GET /path` of each, without query.
    pub(crate) fn lines(&self) -> Vec<String> {
        let exchanges = self.exchanges.lock().unwrap();
        let line = |one: &Exchange| {
            let path = one.target.split('?').next().unwrap_or_default();
            format!("{} {path}", one.method)
        };
        exchanges.iter().map(line).collect()
    }

    /// What each was answered.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let exchanges = self.exchanges.lock().unwrap();
        exchanges.iter().map(|one| one.status).collect()
    }

    /// Where an exchange below a path broke the contract, and how many there were.
    pub(crate) fn violations_below(
        &self,
        path: &str,
        contract: &Contract,
    ) -> (usize, Vec<Violation>) {
        let exchanges = self.exchanges.lock().unwrap();
        let below: Vec<&Exchange> = exchanges
            .iter()
            .filter(|one| one.target.starts_with(path))
            .collect();
        let violations = below.iter().flat_map(|one| contract.check(one));
        (below.len(), violations.collect())
    }

    /// Where an exchange broke the contract, and how many there were.
    pub(crate) fn violations(&self, contract: &Contract) -> (usize, Vec<Violation>) {
        self.violations_below("", contract)
    }
}

/// Whether a request is of git's own protocol.
fn is_git(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    ["/info/refs", "/git-upload-pack", "/git-receive-pack"]
        .iter()
        .any(|end| path.ends_with(end))
}

fn listen(stream: &TcpStream, prefix: &str) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let target = target.strip_prefix(prefix)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Call {
        method,
        parts: path.split('/').skip(1).map(decoded).collect(),
        query: pairs(query).collect(),
        headers,
        body,
        target,
    })
}

fn write(stream: &mut TcpStream, answer: &Answer) {
    let mut head = format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if answer.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&answer.body);
}

fn exchange_of(call: &Call, answer: &Answer) -> Exchange {
    let of = |name: &str| {
        let found = answer.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    Exchange {
        method: call.method.clone(),
        target: call.target.clone(),
        accept: call.headers.get("accept").cloned(),
        sent_type: call.headers.get("content-type").cloned(),
        body: call.body.clone(),
        status: answer.status,
        content_type: of("content-type"),
        location: of("location"),
        answer: answer.body.clone(),
    }
}
