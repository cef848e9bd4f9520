//! A server of one's own with a certificate of one's own authority, in front of a stand-in that speaks plain http: what a
//! company's network looks like. The authority is thrown away with the test.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// The server. It ends with the test process.
pub(crate) struct Front {
    /// `https://127.0.0.1:4443`.
    pub(crate) url: String,
    /// The authority, as PEM.
    pub(crate) authority: PathBuf,
    /// A certificate of that authority for whoever calls.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
}

impl Front {
    /// A server before `plain`, its files in `directory`.
    pub(crate) fn before(plain: &str, directory: &Path, wants_certificate: bool) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).unwrap();
        let issuer = Issuer::from_params(&params, &authority_key);
        let made = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (certificate, key)
        };
        let (own, own_key) = made("127.0.0.1");
        let (theirs, their_key) = made("kim.example.com");
        let file = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let front = Self {
            url: String::new(),
            authority: file("authority.pem", &authority.pem()),
            certificate: file("kim.pem", &theirs.pem()),
            key: file("kim.key", &their_key.serialize_pem()),
        };
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let config = config(own.der().clone(), &own_key, roots, wants_certificate);
        Self {
            url: serve(config, plain),
            ..front
        }
    }
}

fn config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    roots: RootCertStore,
    wants_certificate: bool,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if wants_certificate {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}

fn serve(config: Arc<ServerConfig>, plain: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let plain = plain.strip_prefix("http://").unwrap().to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (config, plain) = (Arc::clone(&config), plain.clone());
            thread::spawn(move || forward(stream.ok()?, config, &plain));
        }
    });
    url
}

/// One request and its answer; who is not let in hears an alert.
fn forward(stream: TcpStream, config: Arc<ServerConfig>, plain: &str) -> Option<()> {
    let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        let count = tls.read(&mut buffer).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
    }
    let mut behind = TcpStream::connect(plain).ok()?;
    behind.write_all(&request).ok()?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer).ok()?;
    tls.write_all(&answer).ok()?;
    tls.conn.send_close_notify();
    tls.flush().ok()
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse::<usize>().unwrap());
    request.len() >= head + 4 + length
}
