//! Numbers by their exact decimal value: one way to write each, never through a double.

use std::borrow::Cow;

/// Up to so many digits before the point, or zeros behind it, a number is written without an exponent.
const PLAIN_DIGITS: i128 = 21;

/// The one way to write a JSON number. Two numbers have the same value exactly where this is the same text.
pub fn canonical_number(written: &str) -> Cow<'_, str> {
    if is_plain_integer(written) {
        return Cow::Borrowed(written);
    }
    let (sign, unsigned) = match written.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", written.strip_prefix('+').unwrap_or(written)),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: String = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return Cow::Borrowed("0");
    }
    let significant = digits.trim_end_matches('0');
    let dropped = (digits.len() - significant.len()) as i128;
    let Ok(exponent) = exponent.parse::<i128>() else {
        // An exponent of more than 38 digits: what is written alike is the same.
        return Cow::Owned(written.to_ascii_lowercase().replace("e+", "e"));
    };
    // The value is the significant digits, times ten to this power.
    let power = exponent
        .saturating_sub(fraction.len() as i128)
        .saturating_add(dropped);
    Cow::Owned(spelled(sign, significant, power))
}

fn spelled(sign: &str, digits: &str, power: i128) -> String {
    let length = digits.len() as i128;
    let before_point = length.saturating_add(power);
    if power >= 0 && before_point <= PLAIN_DIGITS {
        let zeros = "0".repeat(usize::try_from(power).unwrap_or(0));
        return format!("{sign}{digits}{zeros}");
    }
    if power < 0 && before_point > 0 {
        let (whole, fraction) = digits.split_at(usize::try_from(before_point).unwrap_or(0));
        return format!("{sign}{whole}.{fraction}");
    }
    if power < 0 && before_point > -6 {
        let zeros = "0".repeat(usize::try_from(-before_point).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}e{}", before_point - 1)
}

fn is_plain_integer(written: &str) -> bool {
    let digits = written.strip_prefix('-').unwrap_or(written).as_bytes();
    match digits {
        [b'0'] => written.len() == 1,
        [first, ..] => {
            *first != b'0'
                && digits.len() as i128 <= PLAIN_DIGITS
                && digits.iter().all(u8::is_ascii_digit)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::canonical_number;

    #[test]
    fn one_value_has_one_spelling() {
        for (expected, spellings) in [
            ("0", &["0", "-0", "0.0", "0e5", "-0.000E-7"][..]),
            ("1", &["1", "1.0", "1e0", "10e-1", "0.1E+1"]),
            ("0.1", &["0.1", "0.10", "1e-1"]),
            ("-12.5", &["-12.5", "-125e-1", "-12.500"]),
            (
                "12345678901234567890",
                &["12345678901234567890", "12345678901234567890.0"],
            ),
            ("1e400", &["1e400", "10e399", "1.0E+400"]),
            ("1.5e-10", &["1.5e-10", "0.00000000015"]),
            ("100000000000000000000", &["1e20", "100000000000000000000"]),
            ("1e21", &["1e21", "1000000000000000000000"]),
        ] {
            for spelling in spellings {
                assert_eq!(canonical_number(spelling), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn neighbours_beyond_a_double_stay_apart() {
        for (one, other) in [
            ("12345678901234567890", "12345678901234567891"),
            ("0.1000000000000000055", "0.1"),
            ("1e400", "1e401"),
            (
                "1e99999999999999999999999999999999999999999",
                "1e99999999999999999999999999999999999999998",
            ),
        ] {
            assert_ne!(canonical_number(one), canonical_number(other));
        }
    }

    proptest! {
        #[test]
        fn a_spelling_is_its_own_and_keeps_the_value(number in r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?") {
            let spelled = canonical_number(&number).into_owned();
            prop_assert_eq!(canonical_number(&spelled), spelled.as_str());
            prop_assert_eq!(number.parse::<f64>().unwrap() + 0.0, spelled.parse::<f64>().unwrap() + 0.0);
        }
    }
}
