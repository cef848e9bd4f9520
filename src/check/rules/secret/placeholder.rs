//! Telling what somebody typed from what an issuer drew at random.

use std::ops::Range;

/// Words that people write where a credential would stand. None of them is likely in random characters.
const WORDS: &[&str] = &[
    "changeme",
    "cafebabe",
    "deadbeef",
    "dummy",
    "example",
    "fake",
    "foobar",
    "insert",
    "placeholder",
    "qwerty",
    "redact",
    "sample",
    "secret",
    "token",
    "xxxx",
    "your",
];

/// Credentials that their issuers publish in their own documentation, in two pieces.
/// Those that say `example` themselves need no entry.
const PUBLISHED: &[(&str, &str)] = &[
    // Azurite and the storage emulator: the key everybody has.
    (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu",
        "Fq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ),
    // Telegram's page on bots.
    ("110201543:AAHdqTcvCH1vGWJx", "fSeofSAs0K5PALDsaw"),
    // Discord's reference.
    (
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.",
        "ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    ),
    // Google's pages on API keys and on Maps.
    ("AIzaSyDaGmWKa4JsXZ-HjGw7", "ISLn_3namBGewQe"),
    ("AIzaSyD-9tSrke72PouQMnMX", "-a7eZSW0jkFMBWY"),
    // GitHub's reference on refreshing user access tokens.
    (
        "ghr_1B4a2e77838347a7E420ce178F2E7c6912E169246",
        "c34E1ccbF66C46812d16D5B1A9Dc86A1498",
    ),
];

/// Whether a body is typed rather than drawn: it says so in words, repeats itself, counts up or down, or uses few characters.
pub fn is_placeholder(body: &[u8]) -> bool {
    says_so(body)
        || few_characters(body)
        || one_character_again(body)
        || counts(body)
        || repeats(body)
}

/// Whether this very credential is in its issuer's documentation.
pub fn is_published(secret: &[u8]) -> bool {
    PUBLISHED.iter().any(|(head, tail)| {
        secret.len() == head.len() + tail.len()
            && secret.starts_with(head.as_bytes())
            && secret.ends_with(tail.as_bytes())
    })
}

/// Whether the place is the name of a Postman variable, `{{…}}`.
pub fn is_variable(text: &[u8], place: &Range<usize>) -> bool {
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    before.trim_ascii_end().ends_with(b"{{") && after.trim_ascii_start().starts_with(b"}}")
}

/// Whether the characters are of two or more of the classes lower case, upper case and digit.
pub fn is_mixed(body: &[u8]) -> bool {
    classes(body) >= 2
}

/// How many of the classes lower case, upper case and digit there are.
pub fn classes(body: &[u8]) -> usize {
    let has = |class: fn(&u8) -> bool| usize::from(body.iter().any(class));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit)
}

fn says_so(body: &[u8]) -> bool {
    let lower = body.to_ascii_lowercase();
    WORDS
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// Random characters use at least a third of what they could.
fn few_characters(body: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in body {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|is| **is).count();
    distinct * 3 < body.len().min(alphabet_size(body))
}

/// The sizes are set so that less than one credential in ten thousand is lost.
fn one_character_again(body: &[u8]) -> bool {
    let limit = if alphabet_size(body) <= 16 { 7 } else { 5 };
    longest(body, 1, |one, next| one == next) >= limit
}

fn counts(body: &[u8]) -> bool {
    let up = |one: u8, next: u8| one.checked_add(1) == Some(next) || (one == b'9' && next == b'0');
    let down = |one: u8, next: u8| up(next, one);
    let limit = if alphabet_size(body) <= 16 { 7 } else { 6 };
    // `a1b2c3d4e5` counts with both hands.
    longest(body, 1, up) >= limit
        || longest(body, 1, down) >= limit
        || longest_interleaved(body, up) >= 10
}

/// Whether the body is one piece twice or more, the last time perhaps cut.
fn repeats(body: &[u8]) -> bool {
    (1..=body.len() / 2)
        .any(|period| body.len() >= 8 && body[period..] == body[..body.len() - period])
}

/// The most characters in a row of which each fits the one `step` before it.
fn longest(body: &[u8], step: usize, fits: impl Fn(u8, u8) -> bool) -> usize {
    let mut best = 0;
    let mut run = 0;
    for (one, next) in body.iter().zip(body.iter().skip(step)) {
        run = if fits(*one, *next) { run + 1 } else { 0 };
        best = best.max(run + 1);
    }
    best
}

fn longest_interleaved(body: &[u8], fits: impl Fn(u8, u8) -> bool) -> usize {
    match longest(body, 2, fits) {
        0 | 1 => 0,
        pairs => pairs + 1,
    }
}

fn alphabet_size(body: &[u8]) -> usize {
    if body.iter().all(u8::is_ascii_hexdigit) {
        16
    } else {
        36
    }
}

#[cfg(test)]
mod tests {
    use super::{is_mixed, is_placeholder, is_published, is_variable};

    #[test]
    fn what_people_type_is_a_placeholder() {
        let typed = [
            "YOUR_TOKEN_HERE_0123",
            "xxxxxxxxxxxxxxxxxxxxxxxx",
            "00000000000000000000000000000000",
            "abcdefghijklmnopqrst",
            "9876543210fe12ab",
            "1234567890abcdef1234567890abcdef",
            "ab12ab12ab12ab12ab12ab12",
            "a1b2c3d4e5f6g7h8i9j0",
            "MyExampleValue8Kd92mQ",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "aaaabbbbaaabbbabababba",
        ];
        for text in typed {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_a_machine_draws_is_not() {
        let drawn = [
            "9f86d081884c7d659a2feaa0c55ad015",
            "kX3vPq81ZbLr0TnWcY6u",
            "Q7ZL2MXWJ4KTB6RA",
            "tQ-9_sLk2Vb7RzXo4NcWmA",
        ];
        for text in drawn {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn an_empty_or_short_body_is_no_panic() {
        for text in ["", "a", "ab", "aba"] {
            assert!(!is_published(text.as_bytes()));
            let _ = is_placeholder(text.as_bytes());
            assert!(!is_mixed(&text.as_bytes()[..text.len().min(1)]));
        }
    }

    #[test]
    fn a_name_between_double_braces_is_a_variable() {
        let text = b"Bearer {{ name }} {name}";
        assert!(is_variable(text, &(10..14)));
        assert!(!is_variable(text, &(19..23)));
    }
}
