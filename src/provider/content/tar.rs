//! A tar archive as git writes one (POSIX ustar with pax headers), read where it lies: regular files only.
//!
//! What does not fit is left out: whoever asked for a file and does not get it here asks for it in another way.

use std::str;

const BLOCK: usize = 512;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TarFile<'a> {
    /// Its name, as it stands there.
    pub(crate) name: Vec<u8>,
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
}

/// The files of an archive, up to where it is no archive any more.
pub(crate) fn files(archive: &[u8]) -> Vec<TarFile<'_>> {
    let mut files = Vec::new();
    let mut rest = archive;
    // What a pax header says of the entry behind it.
    let mut long_name: Option<Vec<u8>> = None;
    let mut long_size: Option<usize> = None;
    while let Some((header, behind)) = rest.split_at_checked(BLOCK) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let own_size = long_size.take().or_else(|| octal(&header[124..136]));
        let Some((bytes, next)) = own_size.and_then(|size| entry(behind, size)) else {
            break;
        };
        match header[156] {
            b'x' => {
                long_name = record(bytes, b"path").map(<[u8]>::to_vec);
                long_size =
                    record(bytes, b"size").and_then(|size| str::from_utf8(size).ok()?.parse().ok());
            }
            b'0' | 0 => files.push(TarFile {
                name: long_name.take().unwrap_or_else(|| name(header)),
                bytes,
            }),
            // A global header holds the commit; directories and links have no bytes of their own.
            b'g' => {}
            _ => long_name = None,
        }
        rest = next;
    }
    files
}

/// The bytes of an entry, and what lies behind their last block.
fn entry(behind: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let bytes = behind.get(..size)?;
    let padded = size.checked_next_multiple_of(BLOCK)?;
    Some((bytes, behind.get(padded..).unwrap_or_default()))
}

fn name(header: &[u8]) -> Vec<u8> {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    if prefix.is_empty() || !header[257..].starts_with(b"ustar") {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

fn octal(field: &[u8]) -> Option<usize> {
    let digits = text(field).trim_ascii();
    let digits = str::from_utf8(digits).ok()?;
    usize::from_str_radix(digits, 8).ok()
}

/// The value of a record `<length> <key>=<value>\n` of a pax header.
fn record<'a>(mut header: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    loop {
        let blank = header.iter().position(|byte| *byte == b' ')?;
        let length: usize = str::from_utf8(&header[..blank]).ok()?.parse().ok()?;
        let (record, rest) = header.split_at_checked(length)?;
        let pair = record.get(blank + 1..)?.strip_suffix(b"\n")?;
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        if &pair[..equals] == key {
            return Some(&pair[equals + 1..]);
        }
        header = rest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::files;
    use crate::git::testing::Fixture;

    #[test]
    fn what_git_archives_is_read_back() {
        let long = format!(
            "{}/{}/{}.json",
            "a".repeat(120),
            "b".repeat(110),
            "c".repeat(100)
        );
        let middle = format!("{}/{}", "d".repeat(90), "e".repeat(90));
        let large = "x".repeat(70_000);
        let wanted = [
            ("empty", ""),
            ("dir/plain.json", "{}"),
            (middle.as_str(), "middle"),
            (long.as_str(), large.as_str()),
            ("ümlaut.yaml", "a: 1\n"),
        ];
        let fixture = Fixture::with_files(&wanted);
        fixture.git(
            "work",
            &[
                "archive",
                "--format=tar",
                "--prefix=p-1/",
                "-o",
                "../out.tar",
                "HEAD",
            ],
        );
        let archive = std::fs::read(fixture.path("out.tar")).unwrap();
        let found = files(&archive);
        assert_eq!(found.len(), wanted.len());
        for (name, content) in wanted {
            let name = format!("p-1/{name}").into_bytes();
            let file = found.iter().find(|file| file.name == name).unwrap();
            assert_eq!(file.bytes, content.as_bytes());
        }
        // Cut off anywhere, it gives less and never something else.
        for end in (0..archive.len()).step_by(301) {
            let some = files(&archive[..end]);
            assert!(some.iter().all(|file| found.contains(file)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes: Vec<u8>, kind in any::<u8>(), size in "[0-9]{0,11}") {
            let mut archive = vec![b'a'; 2048];
            archive[124..124 + size.len()].copy_from_slice(size.as_bytes());
            archive[124 + size.len()] = 0;
            archive[156] = kind;
            archive.extend(bytes);
            let _ = files(&archive).len();
        }
    }
}
