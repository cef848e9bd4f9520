//! Moments as services write them in JSON (RFC 3339, always in UTC), as seconds since 1970.

use crate::net::rate::http_date;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2026-11-22T18:00:00.000Z`, or with `+00:00`; other zones than UTC are not read.
pub(crate) fn moment(text: &str) -> Option<u64> {
    let plain = text
        .strip_suffix('Z')
        .or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = plain.split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let time = time.split('.').next()?;
    http_date(&format!("Day, {day} {month} {year} {time} GMT"))
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_are_read_in_the_forms_that_services_write() {
        for text in [
            "2026-11-22T18:00:00Z",
            "2026-11-22T18:00:00.000Z",
            "2026-11-22T18:00:00.123456+00:00",
        ] {
            assert_eq!(moment(text), Some(1_795_370_400), "{text}");
        }
        for text in [
            "",
            "2026-11-22",
            "2026-13-22T18:00:00Z",
            "2026-11-22T18:00:00+01:00",
            "yesterday",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
