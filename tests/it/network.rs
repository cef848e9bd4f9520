//! What the environment does to the network: proxies and certificate authorities are read once a process, so each case
//! runs this test binary again with an environment of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::postman::client::Postman;

/// Where the inner run asks.
const ASKED: &str = "GIT_POSTMAN_TEST_ASKED";

/// The inner run: asks who the key is, and says what came of it. Without a place to ask it is no run of its own.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the outer run speaks to the inner one by the environment"
)]
fn asks_who_the_key_is() {
    let Ok(base) = std::env::var(ASKED) else {
        return;
    };
    let mut settings = Postman::settings(Some(&base)).unwrap();
    settings.clock = Arc::new(SteppedClock::default());
    let postman = Postman::new(settings, Secret::new("PMAK-secret")).unwrap();
    match postman.me() {
        Ok(me) => println!("the key is of {}", me.username),
        Err(error) => println!("{error}\nhint: {}", error.hint()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an environment of its own needs a process of its own"
)]
fn ask(base: &str, environment: &[(&str, &str)]) -> String {
    let mut inner = Command::new(std::env::current_exe().unwrap());
    inner.args(["--exact", "network::asks_who_the_key_is", "--nocapture"]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        inner.env_remove(name);
    }
    inner.env(ASKED, base).envs(environment.iter().copied());
    let output = inner.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server that keeps the heads of what it hears and always answers the same.
fn server(answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(&stream).lines();
            let head: Vec<String> = lines
                .by_ref()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            kept.lock().unwrap().push(head.join("\n"));
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (base, heard)
}

#[test]
fn a_machine_without_certificate_authorities_is_told_which_package() {
    let nothing = [
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];
    let said = ask("https://api.getpostman.com", &nothing);
    assert!(
        said.contains("ca-certificates") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
}

#[test]
fn this_machine_is_reached_without_certificates_and_past_every_proxy() {
    let me = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 41\r\nconnection: close\r\n\r\n{\"user\":{\"id\":1,\"username\":\"taylor-lee\"}}";
    let (base, _) = server(me);
    let (proxy, through) = server("HTTP/1.1 502 No\r\n\r\n");
    let environment = [
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
        ("HTTP_PROXY", &proxy),
        ("http_proxy", &proxy),
    ];
    let said = ask(&base, &environment);
    assert!(said.contains("the key is of taylor-lee"), "{said}");
    assert!(through.lock().unwrap().is_empty());
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_and_never_sees_the_key() {
    let (proxy, heard) =
        server("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let said = ask("https://api.getpostman.com", &[("HTTPS_PROXY", &proxy)]);
    let heard = heard.lock().unwrap();
    assert!(
        heard
            .iter()
            .all(|head| head.starts_with("CONNECT api.getpostman.com:443")),
        "{heard:?}"
    );
    assert!(
        !heard.is_empty() && !heard.concat().contains("PMAK"),
        "{heard:?}"
    );
    assert!(
        said.contains("api.getpostman.com") && said.contains("HTTPS_PROXY"),
        "{said}"
    );
    assert!(!said.contains("PMAK"), "{said}");
}
