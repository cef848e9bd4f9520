//! Finding credentials in the text of one file.
//!
//! One pass looks for the keywords of all kinds; only where one stands is the pattern of its kind compiled and tried, on a
//! window as wide as the longest match. A match starts at a fixed place and a word is tried once, so time is linear in the text.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::check::rules::secret::kind::{Candidate, Kind, Lead};
use crate::check::rules::secret::patterns::KINDS;
use crate::check::rules::secret::placeholder::{is_published, is_variable};
use crate::model::span::Span;

/// A credential in a text. Says where it is, never what it is: print the span masked.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Its kind.
    pub kind: &'static Kind,
    /// Where it is.
    pub span: Span,
}

/// Finds every credential in the text of one file, in the order of the text. No two overlap.
///
/// Placeholders, Postman variables and the examples of the issuers' documentation are no credentials.
pub fn scan(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let Some(keywords) = ENGINE.keywords.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut reached = vec![0; KINDS.len()];
    for hit in keywords.find_overlapping_iter(bytes) {
        let Some(entry) = ENGINE.entries.get(hit.pattern().as_usize()) else {
            continue;
        };
        let kind = &KINDS[entry.kind];
        let as_written = bytes.get(hit.range()) == Some(entry.keyword.as_bytes());
        if hit.start() < reached[entry.kind] || !(kind.ignore_case || as_written) {
            continue;
        }
        if let Some((candidate, end)) = try_at(bytes, entry, hit.start())
            && is_credential(kind, &candidate)
        {
            reached[entry.kind] = end;
            found.push((entry.kind, candidate.secret));
        }
    }
    without_overlaps(found)
}

/// The kind with this id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

struct Engine {
    keywords: Option<AhoCorasick>,
    entries: Vec<Entry>,
    patterns: Vec<OnceLock<Option<Regex>>>,
}

/// One keyword of one kind; at the same index as in the automaton.
struct Entry {
    kind: usize,
    keyword: &'static str,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let entries: Vec<Entry> = KINDS
        .iter()
        .enumerate()
        .flat_map(|(kind, of)| {
            of.keywords
                .iter()
                .map(move |keyword| Entry { kind, keyword })
        })
        .collect();
    Engine {
        keywords: AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(entries.iter().map(|entry| entry.keyword))
            .ok(),
        entries,
        patterns: KINDS.iter().map(|_| OnceLock::new()).collect(),
    }
});

/// The compiled pattern of a kind. Unicode classes would make it a hundred times dearer, and no credential needs them.
fn pattern(kind: usize) -> Option<&'static Regex> {
    ENGINE
        .patterns
        .get(kind)?
        .get_or_init(|| {
            RegexBuilder::new(KINDS[kind].pattern)
                .unicode(false)
                .build()
                .ok()
        })
        .as_ref()
}

/// Matches the pattern of a kind at one keyword. Gives what matched and where the match ends.
fn try_at<'a>(text: &'a [u8], entry: &Entry, keyword: usize) -> Option<(Candidate<'a>, usize)> {
    let kind = &KINDS[entry.kind];
    let start = start_of(text, kind, keyword)?;
    let window = text.get(start..text.len().min(start + kind.max_len))?;
    let captures = pattern(entry.kind)?.captures(window)?;
    let end = start + captures.get(0)?.end();
    if text.get(end).is_some_and(|next| kind.alphabet.has(*next)) {
        return None;
    }
    let group = |captures: &Captures<'_>, name| {
        let group = captures.name(name)?;
        Some(start + group.start()..start + group.end())
    };
    let secret = group(&captures, "secret");
    let body = group(&captures, "body");
    let after_keyword = (keyword + entry.keyword.len()).min(end)..end;
    let candidate = Candidate {
        text,
        body: body.or(secret.clone()).unwrap_or(after_keyword),
        secret: secret.unwrap_or(start..end),
    };
    Some((candidate, end))
}

fn start_of(text: &[u8], kind: &Kind, keyword: usize) -> Option<usize> {
    match kind.lead {
        Lead::Anything => Some(keyword),
        Lead::Word => {
            let continues = |byte: &u8| kind.alphabet.has(*byte) || *byte == b'_';
            let open = text
                .get(..keyword)?
                .last()
                .is_none_or(|byte| !continues(byte));
            (open || ends_in_escape(text, keyword)).then_some(keyword)
        }
        Lead::Run(alphabet, most) => {
            let run = text
                .get(..keyword)?
                .iter()
                .rev()
                .take(most + LONGEST_ESCAPE)
                .take_while(|byte| alphabet.has(**byte))
                .count();
            let start = keyword - run;
            let start = start + escaped_at(text.get(..start)?, text.get(start..keyword)?);
            (keyword - start <= most).then_some(start)
        }
    }
}

/// The length of `u0022`, what an escape can add to a run of letters and digits.
const LONGEST_ESCAPE: usize = 5;

/// How many characters at the start of a run belong to an escape that begins before it.
fn escaped_at(before: &[u8], run: &[u8]) -> usize {
    let escape = match (before, run) {
        ([.., b'\\'], [b'u', ..]) => 5,
        ([.., b'\\', b'u'], _) => 4,
        ([.., b'%'], _) => 2,
        ([.., b'\\'], [b'b' | b'f' | b'n' | b'r' | b't' | b'v', ..]) => 1,
        _ => 0,
    };
    escape.min(run.len())
}

/// Whether what stands before `at` is an escaped character: `\n` or `\u0022` in JSON, `%3D` in an address.
fn ends_in_escape(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    match before {
        [.., b'\\', b'b' | b'f' | b'n' | b'r' | b't' | b'v'] => true,
        [.., b'%', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => true,
        _ => before.last_chunk::<6>().is_some_and(|last| {
            last.starts_with(b"\\u") && last.iter().skip(2).all(u8::is_ascii_hexdigit)
        }),
    }
}

fn is_credential(kind: &Kind, candidate: &Candidate<'_>) -> bool {
    (kind.verify)(candidate)
        && !is_published(candidate.secret())
        && !is_variable(candidate.text, &candidate.secret)
}

/// Keeps the most specific of those that overlap: kinds stand in that order.
fn without_overlaps(mut found: Vec<(usize, std::ops::Range<usize>)>) -> Vec<Hit> {
    found.sort_by_key(|(kind, secret)| (*kind, secret.start));
    let mut kept: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (kind, secret) in found {
        let before = kept.range(..secret.end).next_back();
        if before.is_none_or(|(_, (end, _))| *end <= secret.start) {
            kept.insert(secret.start, (secret.end, kind));
        }
    }
    kept.into_iter()
        .map(|(start, (end, kind))| Hit {
            kind: &KINDS[kind],
            span: Span::new(start, end),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Hit, kind, pattern, scan};
    use crate::check::rules::secret::example::{example, example_from};
    use crate::check::rules::secret::kind::{Kind, Lead, Part};
    use crate::check::rules::secret::patterns::KINDS;
    use crate::model::span::Span;

    fn ids(text: &str) -> Vec<&'static str> {
        scan(text).iter().map(|hit| hit.kind.id).collect()
    }

    fn only(text: &str, of: &Kind) -> Span {
        let hits = scan(text);
        let found: Vec<_> = hits.iter().map(|hit| hit.kind.id).collect();
        assert_eq!(found, [of.id], "{text}");
        hits[0].span
    }

    fn has_drawn_text(of: &Kind) -> bool {
        let is_drawn = |part: &Part| matches!(part, Part::Draw(_, count) if *count > 15);
        of.example.parts.iter().any(is_drawn)
    }

    #[test]
    fn the_data_is_sound() {
        let unique: BTreeSet<_> = KINDS.iter().map(|kind| kind.id).collect();
        assert_eq!(unique.len(), KINDS.len());
        for (index, of) in KINDS.iter().enumerate() {
            assert!(pattern(index).is_some(), "{}", of.id);
            assert!(of.pattern.starts_with(r"\A"), "{}", of.id);
            assert!(!of.keywords.is_empty() && !of.name.is_empty(), "{}", of.id);
            assert!(of.help().contains("write {{name}} here"), "{}", of.id);
            let id_is_kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(of.id.chars().all(id_is_kebab), "{}", of.id);
        }
        assert!(kind("postman-api-key").is_some());
        assert!(kind("no-such-kind").is_none());
    }

    #[test]
    fn each_kind_is_found_at_its_exact_place() {
        for of in KINDS {
            for seed in 0..40 {
                let made = example(of, seed);
                assert_eq!(only(&made.text, of), made.secret, "{}", made.text);
            }
        }
    }

    #[test]
    fn each_kind_is_found_in_json_in_escaped_json_and_in_yaml() {
        for of in KINDS {
            let made = example(of, 7);
            let secret = made.secret.of(&made.text);
            let json = serde_json::json!({ "value": made.text }).to_string();
            let twice = serde_json::json!({ "raw": json, "n": "line\n" }).to_string();
            let yaml = format!("before: ä\nvalue: '{}'\n", made.text);
            for text in [&json, &twice, &yaml] {
                let span = only(text, of);
                assert_eq!(span.of(text).get(..8), secret.get(..8), "{}", of.id);
                assert_eq!(
                    span.of(text).get(span.of(text).len() - 4..),
                    secret.get(secret.len() - 4..)
                );
            }
        }
    }

    #[test]
    fn each_kind_is_found_after_an_escape() {
        for of in KINDS.iter().filter(|of| of.lead != Lead::Anything) {
            let made = example(of, 3);
            for before in [r"\n", r"\t", "%3D", r"\u0022"] {
                let needed = made.text.replacen(made.secret.of(&made.text), "", 1);
                let text = format!("{before}{} {needed}", made.secret.of(&made.text));
                assert_eq!(only(&text, of).start as usize, before.len(), "{text}");
            }
        }
    }

    #[test]
    fn what_people_type_instead_is_none() {
        let typed: [fn(&str, usize) -> String; 5] = [
            |_, count| "0".repeat(count),
            |_, count| "x".repeat(count),
            |_, count| "X".repeat(count),
            |_, count| "1234567890abcdef".chars().cycle().take(count).collect(),
            |_, count| "YOUR_TOKEN_".chars().cycle().take(count).collect(),
        ];
        for of in KINDS.iter().filter(|of| has_drawn_text(of)) {
            for draw in typed {
                let text = example_from(of, draw).text;
                assert!(ids(&text).is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn a_part_of_a_longer_word_is_none() {
        for of in KINDS {
            let made = example(of, 11);
            let (start, end) = (made.secret.start as usize, made.secret.end as usize);
            if matches!(of.example.parts.last(), Some(Part::Draw(..))) {
                let mut longer = made.text.clone();
                longer.insert_str(end, &"Zk9".repeat(6000));
                assert!(!ids(&longer).contains(&of.id), "{longer}");
                let shorter = format!("{}{}", &made.text[..end - 1], &made.text[end..]);
                let counted = !matches!(
                    of.id,
                    "gitlab-token"
                        | "slack-token"
                        | "stripe-live-key"
                        | "pypi-token"
                        | "anthropic-api-key"
                        | "openai-api-key"
                        | "vault-token"
                        | "discord-webhook"
                        | "discord-bot-token"
                        | "json-web-token"
                );
                assert!(!counted || ids(&shorter).is_empty(), "{shorter}");
            }
            if of.lead == Lead::Word {
                let mut longer = made.text.clone();
                longer.insert(start, 'q');
                assert!(ids(&longer).is_empty(), "{longer}");
            }
        }
    }

    #[test]
    fn the_name_of_a_variable_is_none() {
        for of in KINDS.iter().filter(|of| of.lead == Lead::Word) {
            let made = example(of, 5);
            let secret = made.secret.of(&made.text);
            let text = made.text.replacen(secret, &format!("{{{{{secret}}}}}"), 1);
            assert!(ids(&text).is_empty(), "{text}");
            let text = made.text.replacen(secret, "{{token}}", 1);
            assert!(ids(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_wrong_checksum_is_none() {
        for id in [
            "github-personal-access-token",
            "github-oauth-token",
            "github-app-token",
            "npm-token",
        ] {
            let made = example(kind(id).unwrap(), 1);
            let mut text = made.text.into_bytes();
            let last = made.secret.end as usize - 1;
            text[last] = if text[last] == b'0' { b'1' } else { b'0' };
            assert!(ids(&String::from_utf8(text).unwrap()).is_empty(), "{id}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_none() {
        for text in [
            concat!("AKIA", "IOSFODNN7EXAMPLE"),
            concat!(
                "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/",
                "bPxRfiCYEXAMPLEKEY"
            ),
            "secretKey: 3f786850e387550fdab836ed7e6dc881de23001b # aws",
            concat!("auth_token=", "9f86d081884c7d659a2feaa0c55ad015"),
            "key-9f86d081884c7d659a2feaa0c55ad015",
            "task-management-of-a-long-kebab-case-name-that-goes-on-and-on",
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "hf_model_name_that_is_long_enough_to_be_one",
            "12:30:AAAA",
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\\n{{key}}\\n-----END PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----",
            concat!(
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi",
                "aWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
            ),
            concat!(
                "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu",
                "Fq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
            ),
            concat!("110201543:AAHdqTcvCH1vGWJx", "fSeofSAs0K5PALDsaw"),
            concat!(
                "Bot MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.",
                "ZnCjm1XVW7vRze4b7Cq4se7kKWs"
            ),
        ] {
            assert!(ids(text).is_empty(), "{text} {:?}", ids(text));
        }
    }

    #[test]
    fn what_is_left_out_on_purpose_is_none() {
        let drawn = |id: &str| {
            let made = example(kind(id).unwrap(), 9);
            made.secret.of(&made.text).to_owned()
        };
        let stripe = drawn("stripe-live-key");
        assert_eq!(ids(&stripe), ["stripe-live-key"]);
        assert!(ids(&stripe.replace("_live_", "_test_")).is_empty());
        let twilio = drawn("twilio-auth-token");
        assert!(
            ids(&format!(
                "https://api.twilio.com/Accounts/AC{twilio}/SK{twilio}"
            ))
            .is_empty()
        );
        let postman = drawn("postman-api-key");
        assert!(ids(&postman.to_ascii_uppercase()).is_empty());
        assert!(ids(&postman.to_ascii_lowercase()).is_empty());
        assert!(ids(&postman[.."PMAK-".len() + 24]).is_empty());
    }

    #[test]
    fn an_aws_secret_is_found_as_postman_writes_it() {
        let of = kind("aws-secret-access-key").unwrap();
        let made = example(of, 2);
        let secret = made.secret.of(&made.text);
        for text in [
            format!(
                "{{\"type\": \"awsv4\", \"awsv4\": [\n  {{\n    \"key\": \"secretKey\",\n    \"value\": \"{secret}\",\n"
            ),
            format!("type: awsv4\ncredentials:\n  - key: secretKey\n    value: {secret}\n"),
            format!(r#"{{\"SecretAccessKey\": \"{secret}\"}} aws"#),
            format!("export AWS_SECRET_ACCESS_KEY='{secret}'"),
        ] {
            assert_eq!(only(&text, of).of(&text), secret, "{text}");
        }
    }

    #[test]
    fn the_more_specific_kind_wins() {
        let made = example(kind("google-service-account-key").unwrap(), 1);
        assert_eq!(ids(&made.text), ["google-service-account-key"]);
        let other = made.text.replace("service_account", "something");
        assert_eq!(ids(&other), ["private-key"]);
        let token = example(kind("json-web-token").unwrap(), 1);
        let text = format!("ghs_12345_{}", token.secret.of(&token.text));
        assert_eq!(ids(&text), ["github-app-token"]);
    }

    #[test]
    fn many_are_found_in_order_and_apart() {
        let text: String = (0..3)
            .flat_map(|seed| KINDS.iter().map(move |of| example(of, seed).text + "\n"))
            .collect();
        let hits = scan(&text);
        assert_eq!(hits.len(), 3 * KINDS.len());
        assert!(
            hits.windows(2)
                .all(|two| two[0].span.end <= two[1].span.start)
        );
    }

    #[test]
    fn these_sources_hold_none() {
        for source in [
            include_str!("scan.rs"),
            include_str!("patterns.rs"),
            include_str!("placeholder.rs"),
            include_str!("proof.rs"),
            include_str!("codec.rs"),
        ] {
            assert!(ids(source).is_empty(), "{:?}", ids(source));
        }
    }

    fn in_bounds(text: &str, hits: &[Hit]) -> bool {
        hits.iter().all(|hit| !hit.span.of(text).is_empty())
    }

    proptest! {
        #[test]
        fn any_bytes_are_scanned_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(in_bounds(&text, &scan(&text)));
        }

        #[test]
        fn a_damaged_example_is_scanned_without_a_panic(
            which in 0..KINDS.len(),
            seed in any::<u64>(),
            at in any::<proptest::sample::Index>(),
            instead in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            let mut bytes = example(&KINDS[which], seed).text.into_bytes();
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + 2);
            bytes.splice(at..end, instead);
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(in_bounds(&text, &scan(&text)));
        }

        #[test]
        fn what_stands_around_moves_the_span_only(which in 0..KINDS.len(), pad in "[ \n\u{e4}]{0,60}") {
            let made = example(&KINDS[which], 1);
            let text = format!("{pad}{} {pad}", made.text);
            let spans: Vec<Span> = scan(&text).iter().map(|hit| hit.span).collect();
            let moved = |offset: u32| offset as usize + pad.len();
            prop_assert_eq!(spans, vec![Span::new(moved(made.secret.start), moved(made.secret.end))]);
        }
    }
}
