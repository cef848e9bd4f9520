//! Git over HTTP as a service has it: `git http-backend` over a bare repository, for a call that came to a fake.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use crate::support::bare::Bare;
use crate::support::service::{Answer, Call};

/// Answers a call to `info/refs`, `git-upload-pack` or `git-receive-pack`, which `below` names, for somebody who may.
#[expect(clippy::disallowed_methods, reason = "tests start git")]
pub(crate) fn served(bare: &Bare, call: &Call, below: &str, user: &str) -> Answer {
    let path = bare.path();
    let query = call.target.split_once('?').map_or("", |(_, query)| query);
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env_remove("GIT_DIR")
        .env("GIT_PROJECT_ROOT", path.parent().unwrap())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/bare.git/{below}"))
        .env("REQUEST_METHOD", &call.method)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", call.header("content-type"))
        .env("CONTENT_LENGTH", call.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", call.header("content-encoding"))
        .env("GIT_PROTOCOL", call.header("git-protocol"))
        .env("REMOTE_USER", user)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // A program may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(&call.body)));
        child.wait_with_output().unwrap().stdout
    });
    let split = output.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(split) = split else {
        return Answer::of(500, "text/plain", "no answer of git");
    };
    let head = String::from_utf8_lossy(&output[..split]).into_owned();
    let mut answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: output[split + 4..].to_vec(),
    };
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        match name {
            "Status" => answer.status = value[..3].parse().unwrap(),
            _ => answer
                .headers
                .push((name.to_ascii_lowercase(), value.to_owned())),
        }
    }
    answer
}
