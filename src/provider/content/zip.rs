//! The files in a zip that came over the wire: read from its directory, unpacked within a limit.
//!
//! What a provider sends is small and plain: no encryption, no parts, no 64-bit sizes (PKWARE's APPNOTE, 4.3).

use std::io::Read as _;

use flate2::read::DeflateDecoder;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// The contents of every file, in the order of the directory; at most `limit` bytes together.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn contents(zip: &[u8], limit: u64) -> Result<Vec<Vec<u8>>, String> {
    let cut = || "the zip ends in the middle".to_owned();
    let start = zip.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = zip[start..]
        .windows(END.len())
        .rposition(|four| four == END)
        .map(|at| start + at)
        .ok_or_else(cut)?;
    let count = short(zip, end + 10)
        .filter(|_| short(zip, end + 20).is_some())
        .ok_or_else(cut)?;
    let mut at = long(zip, end + 16).ok_or_else(cut)?;
    let mut left = limit;
    let mut files = Vec::new();
    for _ in 0..count {
        let is_entry = zip.get(at..at + 4) == Some(ENTRY);
        let method = short(zip, at + 10).filter(|_| is_entry).ok_or_else(cut)?;
        let packed = long(zip, at + 20).ok_or_else(cut)?;
        let lengths = [28, 30, 32].map(|offset| short(zip, at + offset));
        let [Some(name), Some(extra), Some(comment)] = lengths else {
            return Err(cut());
        };
        let is_directory = zip.get(at + 46 + name - name.min(1)..at + 46 + name) == Some(b"/");
        let local = long(zip, at + 42).ok_or_else(cut)?;
        if !is_directory {
            let file = unpacked(zip, local, packed, method, left)?;
            left -= file.len() as u64;
            files.push(file);
        }
        at += 46 + name + extra + comment;
    }
    Ok(files)
}

fn unpacked(
    zip: &[u8],
    local: usize,
    packed: usize,
    method: usize,
    limit: u64,
) -> Result<Vec<u8>, String> {
    let cut = || "a file in the zip lies beyond its end".to_owned();
    let is_local = zip.get(local..local.saturating_add(4)) == Some(LOCAL);
    let name = short(zip, local + 26)
        .filter(|_| is_local)
        .ok_or_else(cut)?;
    let extra = short(zip, local + 28).ok_or_else(cut)?;
    let start = local + 30 + name + extra;
    let data = zip
        .get(start..start.saturating_add(packed))
        .ok_or_else(cut)?;
    let mut file = Vec::new();
    match method {
        0 => file.extend_from_slice(data),
        8 => {
            DeflateDecoder::new(data)
                .take(limit + 1)
                .read_to_end(&mut file)
                .map_err(|_| "a file in the zip cannot be unpacked".to_owned())?;
        }
        other => return Err(format!("the zip is packed in an unknown way, {other}")),
    }
    if file.len() as u64 > limit {
        return Err(format!("the zip unpacks to more than {limit} bytes"));
    }
    Ok(file)
}

fn short(zip: &[u8], at: usize) -> Option<usize> {
    let two = zip.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes([two[0], two[1]])))
}

fn long(zip: &[u8], at: usize) -> Option<usize> {
    let four = zip.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes([four[0], four[1], four[2], four[3]])).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::contents;

    fn zip(files: &[(&str, &[u8], bool)]) -> Vec<u8> {
        let (mut zip, mut directory) = (Vec::new(), Vec::new());
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let name_length = |name: &str| u16::try_from(name.len()).unwrap().to_le_bytes();
        for (name, content, is_packed) in files {
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
            packer.write_all(content).unwrap();
            let (method, data) = if *is_packed {
                (8u8, packer.finish().unwrap())
            } else {
                (0, content.to_vec())
            };
            let local = length(&zip);
            let common = [
                [20, 0, 0, 0, method, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(),
                &length(&data),
                &length(content),
                &name_length(name),
                &[0, 0],
            ]
            .concat();
            zip.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &data].concat());
            let entry = [
                b"PK\x01\x02\x14\x00".as_slice(),
                &common,
                &[0; 10],
                &local,
                name.as_bytes(),
            ];
            directory.extend(entry.concat());
        }
        let count = u16::try_from(files.len()).unwrap().to_le_bytes();
        let start = length(&zip);
        let size = length(&directory);
        zip.extend(directory);
        let end = [
            b"PK\x05\x06\0\0\0\0".as_slice(),
            &count,
            &count,
            &size,
            &start,
            &[0, 0],
        ];
        zip.extend(end.concat());
        zip
    }

    #[test]
    fn files_come_out_as_they_went_in() {
        let long = b"abc".repeat(1000);
        let packed = zip(&[("a", b"1", false), ("d/", b"", false), ("d/b", &long, true)]);
        assert_eq!(contents(&packed, 10_000).unwrap(), [b"1".to_vec(), long]);
        assert_eq!(contents(&zip(&[]), 0).unwrap(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn bombs_and_rubble_are_refused() {
        let bomb = zip(&[("a", &vec![0; 1_000_000], true)]);
        assert!(contents(&bomb, 1000).unwrap_err().contains("more than"));
        let good = zip(&[("a", &b"abc".repeat(100), true)]);
        for end in 0..good.len() {
            assert!(contents(&good[..end], 1000).is_err(), "{end}");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0xff;
            let _ = contents(&bad, 1000);
        }
    }
}
