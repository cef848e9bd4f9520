//! Credentials made up at run time, for tests and demonstrations: right in form, accepted by nobody.

use crate::check::rules::secret::codec::{base62, crc32};
use crate::check::rules::secret::kind::{Kind, Part};
use crate::model::base64::{encode_standard, encode_url_safe};
use crate::model::span::Span;

/// A text with one made-up credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Where the credential is in it.
    pub secret: Span,
}

/// Makes one up. The same seed gives the same one.
pub fn example(kind: &Kind, seed: u64) -> Example {
    let mut drawer = Drawer(seed ^ u64::from(crc32(kind.id.as_bytes())));
    example_from(kind, |alphabet, count| drawer.characters(alphabet, count))
}

/// Puts one together from what `draw` gives for an alphabet and a number of characters.
pub fn example_from(kind: &Kind, mut draw: impl FnMut(&str, usize) -> String) -> Example {
    let mut text = kind.example.before.to_owned();
    let start = text.len();
    let mut drawn = String::new();
    for part in kind.example.parts {
        match *part {
            Part::Text(fixed) => text.push_str(fixed),
            Part::Draw(alphabet, count) => {
                let characters = draw(alphabet, count);
                text.push_str(&characters);
                drawn.push_str(&characters);
            }
            Part::Checksum => {
                text.extend(base62(crc32(drawn.as_bytes())).map(char::from));
            }
            Part::Encoded(plain) => text.push_str(&encode_url_safe(plain.as_bytes())),
            Part::Der(count) => push_der(&mut text, draw(PRINTABLE, count).as_bytes()),
        }
    }
    let secret = Span::new(start, text.len());
    text.push_str(kind.example.after);
    Example { text, secret }
}

/// Bytes of a made-up key: enough different ones, and still a `String`.
const PRINTABLE: &str =
    "!#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~";

/// A sequence (its length in two bytes) in lines of 64 characters, as PEM has them.
fn push_der(text: &mut String, content: &[u8]) {
    let [.., high, low] = content.len().to_be_bytes();
    let mut bytes = vec![0x30, 0x82, high, low];
    bytes.extend_from_slice(content);
    let encoded = encode_standard(&bytes);
    let mut rest = encoded.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(rest);
    text.push('\n');
}

/// SplitMix64: small, and the same everywhere.
struct Drawer(u64);

impl Drawer {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn characters(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        let size = alphabet.len().max(1) as u64;
        (0..count)
            .filter_map(|_| alphabet.get((self.next() % size) as usize))
            .map(|byte| char::from(*byte))
            .collect()
    }
}
