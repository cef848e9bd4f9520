//! Proofs that a match is what it looks like: checksums, encodings, and words that must be near.

use serde_json::{Map, Value};

use crate::check::rules::secret::codec::{base62, crc32};
use crate::check::rules::secret::kind::Candidate;
use crate::check::rules::secret::placeholder::{classes, is_mixed, is_placeholder};
use crate::model::base64;

/// How far a word may be that says whose credential it is: a request of a collection, more or less.
const SAME_REQUEST: usize = 2048;

/// The pattern and the placeholder test say enough.
pub fn drawn(candidate: &Candidate<'_>) -> bool {
    !is_placeholder(candidate.body())
}

/// Drawn from letters and digits: one class alone is prose or a number.
pub fn drawn_mixed(candidate: &Candidate<'_>) -> bool {
    is_mixed(candidate.body()) && drawn(candidate)
}

/// Drawn from all of lower case, upper case and digits.
pub fn drawn_from_all(candidate: &Candidate<'_>) -> bool {
    classes(candidate.body()) == 3 && drawn(candidate)
}

/// GitHub's and npm's: the last six of the body are the CRC-32 of the rest in base 62.
/// See "Behind GitHub's new authentication token formats" (2021) and "Announcing npm's new access token format".
pub fn with_checksum(candidate: &Candidate<'_>) -> bool {
    let body = candidate.body();
    let Some((entropy, checksum)) = body.split_last_chunk::<6>() else {
        return false;
    };
    base62(crc32(entropy)) == *checksum && !is_placeholder(entropy)
}

/// A GitHub App token: short with its checksum, or the longer one of 2026, which is `ghs_`, perhaps a number, and a JSON Web Token.
pub fn github_app(candidate: &Candidate<'_>) -> bool {
    match memchr::memmem::find(candidate.secret(), b"eyJ") {
        Some(at) if candidate.secret().contains(&b'.') => {
            is_signed_token(candidate.secret().get(at..).unwrap_or_default())
        }
        _ => with_checksum(candidate),
    }
}

/// An AWS secret access key; after the bare name `secretKey` only where AWS is spoken of.
pub fn aws_secret(candidate: &Candidate<'_>) -> bool {
    drawn_from_all(candidate)
        && candidate.text.get(candidate.secret.end) != Some(&b'=')
        && candidate.is_near(&["aws", "akia", "asia"], SAME_REQUEST)
}

/// Where Mailgun is spoken of.
pub fn mailgun(candidate: &Candidate<'_>) -> bool {
    drawn_mixed(candidate) && candidate.is_near(&["mailgun"], SAME_REQUEST)
}

/// Where Twilio is spoken of.
pub fn twilio(candidate: &Candidate<'_>) -> bool {
    drawn_mixed(candidate) && candidate.is_near(&["twilio"], SAME_REQUEST)
}

/// Where Square is spoken of.
pub fn square(candidate: &Candidate<'_>) -> bool {
    drawn_from_all(candidate) && candidate.is_near(&["square"], SAME_REQUEST)
}

/// A Discord bot token begins with the bot's numeric id in Base64.
pub fn discord_bot(candidate: &Candidate<'_>) -> bool {
    let id = candidate.secret().split(|byte| *byte == b'.').next();
    let is_id = id.and_then(base64::decode).is_some_and(|digits| {
        (17..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    });
    is_id && drawn_mixed(candidate)
}

/// A JSON Web Token: a header with `alg`, a payload that is an object, a signature.
pub fn json_web_token(candidate: &Candidate<'_>) -> bool {
    is_signed_token(candidate.secret())
}

/// A PEM block whose body is the encoding of a key.
pub fn private_key(candidate: &Candidate<'_>) -> bool {
    let text: Vec<u8> = pem_text(candidate.body());
    let Some(bytes) = base64::decode(&text) else {
        return false;
    };
    is_der(&bytes) || bytes.starts_with(b"openssh-key-v1\0") || is_openpgp_secret_key(&bytes)
}

/// A private key in the key file of a Google service account.
pub fn service_account(candidate: &Candidate<'_>) -> bool {
    private_key(candidate) && candidate.is_near(&["service_account"], 2 * SAME_REQUEST)
}

fn is_signed_token(token: &[u8]) -> bool {
    let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return false;
    };
    let (Some(header), Some(payload)) = (object(header), object(payload)) else {
        return false;
    };
    let algorithm = header.get("alg").and_then(Value::as_str);
    algorithm.is_some_and(|name| !name.eq_ignore_ascii_case("none"))
        && base64::decode(signature).is_some_and(|bytes| bytes.len() >= 16)
        && !is_placeholder(signature)
        && !is_for_show(&payload)
}

fn object(segment: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64::decode(segment)?).ok()
}

/// The samples of jwt.io (with its many copies) and of the common libraries, tokens of the reserved domains, and Supabase's key that is meant to be public.
fn is_for_show(payload: &Map<String, Value>) -> bool {
    let is = |key: &str, text: &str| payload.get(key).and_then(Value::as_str) == Some(text);
    let reserved = ["example.com", "example.org", "example.net"];
    let issuer = payload.get("iss").and_then(Value::as_str).unwrap_or("");
    is("sub", "1234567890")
        || is("name", "John Doe")
        || is("some", "payload")
        || is("foo", "bar")
        || reserved.iter().any(|domain| issuer.contains(domain))
        || (is("iss", "supabase") && is("role", "anon"))
}

/// The Base64 of a PEM body: without white space, escaped or not, and without headers and the checksum of OpenPGP.
fn pem_text(body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut rest = body.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\n' | b'\r' => lines.push(Vec::new()),
            b'\\' => {
                let escaped = rest.next_if(|next| matches!(next, b'n' | b'r' | b't'));
                if matches!(escaped, Some(b'n' | b'r')) {
                    lines.push(Vec::new());
                }
            }
            b' ' | b'\t' => {}
            _ => {
                if let Some(line) = lines.last_mut() {
                    line.push(byte);
                }
            }
        }
    }
    lines
        .iter()
        .filter(|line| !line.contains(&b':') && !line.starts_with(b"="))
        .flatten()
        .copied()
        .collect()
}

/// A DER sequence that is as long as it says.
fn is_der(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else {
        return false;
    };
    let (length, content) = match (first, rest) {
        (0..=0x7f, rest) => (usize::from(*first), rest),
        (0x81, [one, rest @ ..]) => (usize::from(*one), rest),
        (0x82, [one, two, rest @ ..]) => (usize::from(*one) << 8 | usize::from(*two), rest),
        _ => return false,
    };
    let distinct = content
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    (32..=content.len()).contains(&length) && distinct >= 16
}

/// The packet with which an OpenPGP secret key begins: tag 5, in the old or the new format (RFC 9580, 4.2).
fn is_openpgp_secret_key(bytes: &[u8]) -> bool {
    bytes.len() >= 64 && matches!(bytes.first(), Some(0x94..=0x97 | 0xc5))
}

#[cfg(test)]
mod tests {
    use super::{is_der, is_signed_token, pem_text};
    use crate::model::base64::encode_url_safe;

    fn token(header: &str, payload: &str) -> String {
        let signature = "kX3vPq81ZbLr0TnWcY6uQ7ZL2MXWJ4KTB6RAtQ-9_sLk2Vb";
        format!(
            "{}.{}.{signature}",
            encode_url_safe(header.as_bytes()),
            encode_url_safe(payload.as_bytes())
        )
    }

    #[test]
    fn a_token_needs_an_algorithm_and_a_payload_that_is_not_for_show() {
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        assert!(is_signed_token(
            token(header, r#"{"sub":"u-77"}"#).as_bytes()
        ));
        for payload in [
            r#"{"sub":"1234567890"}"#,
            r#"{"name":"John Doe","sub":"7"}"#,
            r#"{"some":"payload"}"#,
            r#"{"iss":"https://issuer.example.com/"}"#,
            r#"{"iss":"supabase","role":"anon"}"#,
            "[1]",
        ] {
            assert!(
                !is_signed_token(token(header, payload).as_bytes()),
                "{payload}"
            );
        }
        for header in [r#"{"typ":"JWT"}"#, r#"{"alg":"none"}"#, r#"{"alg":7}"#] {
            assert!(
                !is_signed_token(token(header, r#"{"sub":"u-77"}"#).as_bytes()),
                "{header}"
            );
        }
    }

    #[test]
    fn the_text_of_a_pem_body_is_read_through_escapes_and_headers() {
        let escaped = br"\nProc-Type: 4,ENCRYPTED\n\nQUJD\r\nREVG\n=ab12\n";
        assert_eq!(pem_text(escaped), b"QUJDREVG");
        assert_eq!(pem_text(b"\n  QUJD\r\n  REVG\n"), b"QUJDREVG");
    }

    #[test]
    fn a_sequence_must_be_as_long_as_it_says() {
        let mut bytes = vec![0x30, 0x30];
        bytes.extend(0..0x30);
        assert!(is_der(&bytes));
        bytes.pop();
        assert!(!is_der(&bytes));
        assert!(!is_der(&[0x30]));
        assert!(!is_der(&[0x30, 0x82, 1]));
    }
}
