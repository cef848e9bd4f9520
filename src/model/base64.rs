//! Base64 (RFC 4648), in its ordinary alphabet and in the one for URLs.

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Decodes Base64 of either alphabet, with or without padding at the end. `None` for any other character.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] => rest,
        all => all,
    };
    if unpadded.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(unpadded.len() * 3 / 4);
    let mut held: u32 = 0;
    let mut bits = 0;
    for byte in unpadded {
        held = (held << 6 | u32::from(sextet(*byte)?)) & 0x3fff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Encodes in URL-safe Base64 without padding.
pub fn encode_url_safe(bytes: &[u8]) -> String {
    encode(bytes, URL_SAFE)
}

/// Encodes in Base64 with padding.
pub fn encode_standard(bytes: &[u8]) -> String {
    let mut text = encode(bytes, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut held = 0;
        for place in 0..3 {
            held = held << 8 | u32::from(group.get(place).copied().unwrap_or(0));
        }
        for place in 0..=group.len() {
            let sextet = held >> (18 - 6 * place) & 0x3f;
            text.push(char::from(alphabet[sextet as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{decode, encode_standard, encode_url_safe};

    #[test]
    fn base64_goes_there_and_back() {
        for text in [
            "",
            "f",
            "fo",
            "foo",
            "foob",
            "fooba",
            "foobar",
            "\u{ff}\u{fe}?>",
        ] {
            let bytes = text.as_bytes();
            assert_eq!(decode(encode_url_safe(bytes).as_bytes()).unwrap(), bytes);
            assert_eq!(decode(encode_standard(bytes).as_bytes()).unwrap(), bytes);
        }
        assert_eq!(encode_standard(b"foob"), "Zm9vYg==");
        assert_eq!(decode(b"Zm9v.g"), None);
        assert_eq!(decode(b"Zm9vY"), None);
    }
}
