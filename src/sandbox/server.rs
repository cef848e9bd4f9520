//! The sockets: loopback only, one thread, and connections that can be cut where a fault says so.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State, connect_info::Connected};
use axum::http::{HeaderValue, Response as HttpResponse, header};
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot::Receiver;
use url::form_urlencoded;

use crate::sandbox::admin;
use crate::sandbox::answer::{Answer, Content};
use crate::sandbox::machine::{Cut, Machine, Request, Response};

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const IN_THE_BODY: u8 = 2;

/// Serves until the signal comes, then gives requests under way a moment to end.
///
/// # Errors
/// The socket cannot be used.
pub async fn serve(listener: TcpListener, machine: Machine, stop: Receiver<()>) -> io::Result<()> {
    let router = Router::new()
        .fallback(handle)
        .with_state(Arc::new(Mutex::new(machine)));
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<Line>();
    let server = axum::serve(Loopback(listener), service).with_graceful_shutdown(async move {
        // A sender that is gone means the same as a signal.
        let _ = stop.await;
        let _ = ended.send(());
    });
    let patience = async move {
        let _ = end.await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tokio::select! {
        done = server.into_future() => done,
        () = patience => Ok(()),
    }
}

async fn handle(
    State(machine): State<Arc<Mutex<Machine>>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: axum::extract::Request,
) -> HttpResponse<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let most = lock(&machine).most_bytes(&path);
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let body = if declared.is_some_and(|declared| declared > most) {
        None
    } else {
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        to_bytes(body, limit).await.ok()
    };
    let query = parts.uri.query().unwrap_or("");
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path,
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: parts.headers,
        body,
    };
    let response = {
        let mut machine = lock(&machine);
        if request.path.starts_with("/sandbox/") {
            Response {
                answer: admin::answer(&mut machine, &request),
                wait: 0,
                cut: Cut::Nowhere,
            }
        } else {
            machine.answer(&request)
        }
    };
    if response.wait > 0 {
        tokio::time::sleep(Duration::from_millis(response.wait)).await;
    }
    let (http, length) = written(response.answer);
    match response.cut {
        Cut::Nowhere => {}
        Cut::BeforeTheAnswer => line.mode.store(CLOSED, Ordering::Relaxed),
        Cut::InTheBody => {
            line.body.store(length / 2, Ordering::Relaxed);
            line.mode.store(IN_THE_BODY, Ordering::Relaxed);
        }
    }
    http
}

/// A thread that panicked while it held the lock leaves the database as it was: its transaction is gone.
fn lock(machine: &Mutex<Machine>) -> std::sync::MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

fn written(answer: Answer) -> (HttpResponse<Body>, usize) {
    let (kind, body) = match answer.content {
        Content::Empty => (None, Vec::new()),
        Content::Json(value) => (
            Some("application/json; charset=utf-8"),
            value.to_string().into_bytes(),
        ),
        Content::Problem(value) => (
            Some("application/problem+json"),
            value.to_string().into_bytes(),
        ),
        Content::Text(kind, text) => (Some(kind), text.into_bytes()),
    };
    let length = body.len();
    let mut response = HttpResponse::new(Body::from(body));
    if let Ok(status) = axum::http::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    if let Some(kind) = kind {
        let kind = HeaderValue::from_static(kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    (response, length)
}

/// The listener: each connection has a line that its handlers can cut.
struct Loopback(TcpListener);

/// What a handler can do to the connection it answers on.
#[derive(Clone, Debug, Default)]
struct Line {
    mode: Arc<AtomicU8>,
    body: Arc<AtomicUsize>,
}

struct Wire {
    stream: TcpStream,
    line: Line,
    /// The last bytes that were written, to see where the head ends.
    tail: [u8; 4],
    in_body: bool,
}

impl Listener for Loopback {
    type Io = Wire;
    type Addr = Line;

    async fn accept(&mut self) -> (Wire, Line) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        let line = Line::default();
        let wire = Wire {
            stream,
            line: line.clone(),
            tail: [0; 4],
            in_body: false,
        };
        (wire, line)
    }

    fn local_addr(&self) -> io::Result<Line> {
        Ok(Line::default())
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Line {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Wire {
    /// How many of these bytes may still go out.
    fn allowed(&mut self, bytes: &[u8]) -> usize {
        match self.line.mode.load(Ordering::Relaxed) {
            OPEN => bytes.len(),
            IN_THE_BODY => {
                let mut head = 0;
                while !self.in_body && head < bytes.len() {
                    self.tail.rotate_left(1);
                    self.tail[3] = bytes[head];
                    head += 1;
                    self.in_body = self.tail == *b"\r\n\r\n";
                }
                let left = self.line.body.load(Ordering::Relaxed);
                let body = (bytes.len() - head).min(left);
                self.line.body.store(left - body, Ordering::Relaxed);
                head + body
            }
            _ => 0,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.line.mode.load(Ordering::Relaxed) == OPEN {
            return Pin::new(&mut wire.stream).poll_write(context, bytes);
        }
        let allowed = wire.allowed(bytes);
        if allowed == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        // Loopback takes the few bytes of a cut answer at once; what it does not take is cut as well.
        match Pin::new(&mut wire.stream).poll_write(context, &bytes[..allowed]) {
            Poll::Ready(Ok(taken)) if taken < bytes.len() => {
                wire.line.mode.store(CLOSED, Ordering::Relaxed);
                Poll::Ready(Ok(taken))
            }
            other => other,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Refuses addresses that other machines could reach.
pub fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}
