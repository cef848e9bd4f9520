//! A server on this machine that says what a test tells it to, down to the byte, and keeps what it heard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::net::base_url::BaseUrl;

/// One call that the server heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// `GET /me?a=b`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as text.
    pub(crate) body: String,
}

impl Heard {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server does with one call.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    /// Bytes that are promised and never come.
    missing: usize,
    delay: Duration,
    silent: bool,
}

impl Reply {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::of(status, "application/json; charset=utf-8", body)
    }

    /// An answer of some content type.
    pub(crate) fn of(status: u16, kind: &str, body: &str) -> Self {
        Self {
            head: format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\nconnection: close\r\n"
            ),
            body: body.as_bytes().to_vec(),
            missing: 0,
            delay: Duration::ZERO,
            silent: false,
        }
    }

    /// Nothing: the connection is closed.
    pub(crate) fn nothing() -> Self {
        Self {
            silent: true,
            ..Self::json(200, "")
        }
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// The same, cut off before its last bytes.
    pub(crate) fn cut(mut self, missing: usize) -> Self {
        self.missing = missing;
        self
    }

    /// The same, with a pause between head and body.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn write(&self, stream: &mut TcpStream) {
        if self.silent {
            return;
        }
        let length = self.body.len();
        let head = format!("{}content-length: {length}\r\n\r\n", self.head);
        let sent = &self.body[..length.saturating_sub(self.missing)];
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.flush();
        thread::sleep(self.delay);
        let _ = stream.write_all(sent);
        let _ = stream.flush();
    }
}

/// The server. It ends with the test process.
pub(crate) struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Server {
    /// A server that answers by a function.
    pub(crate) fn answering(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&heard), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let Ok(mut stream) = stream else { return };
                    let Some(call) = listen(&stream) else { return };
                    kept.lock().unwrap().push(call.clone());
                    answer(&call).write(&mut stream);
                });
            }
        });
        Self { port, heard }
    }

    /// A server that gives these answers one after the other, and the last one for ever.
    pub(crate) fn script(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(replies);
        Self::answering(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 {
                replies.remove(0)
            } else {
                replies[0].clone()
            }
        })
    }

    /// Where it stands.
    pub(crate) fn base(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }

    /// What it heard so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The lines of what it heard.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.heard().into_iter().map(|heard| heard.line).collect()
    }
}

fn listen(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
