//! The encodings that issuers build their credentials with: CRC-32, base 62.

const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The CRC-32 of ISO-HDLC, which zip and PNG have too.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// A number in base 62 with six digits: `0-9`, `A-Z`, `a-z`.
pub fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62[(number % 62) as usize];
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::{base62, crc32};

    #[test]
    fn the_checksum_is_that_of_the_published_check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(62 * 62 + 10), b"00010A");
    }

    #[test]
    fn the_checksum_is_the_one_github_appends() {
        // The worked example of a published, revoked token.
        let drawn = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        assert_eq!(&base62(crc32(drawn.as_bytes())), b"0mLq17");
    }
}
