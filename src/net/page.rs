//! Lists that come in pages: every page once, and an end even where the service forgets to end.

use std::collections::BTreeSet;

use crate::net::error::HttpError;

/// More pages than this are no list of one workspace.
const MOST_PAGES: usize = 10_000;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What stood on it.
    pub items: Vec<T>,
    /// Where the next one begins; nothing or nothing but blanks on the last.
    pub next: Option<String>,
}

/// Reads pages until there is no further cursor, or one comes again: then all have been seen.
///
/// # Errors
/// What `read` meets, and a list that does not end: half of one must not pass for the whole.
pub fn all<T, E: From<HttpError>>(
    mut read: impl FnMut(Option<&str>) -> Result<Page<T>, E>,
) -> Result<Vec<T>, E> {
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = read(cursor.as_deref())?;
        items.extend(page.items);
        match page.next.filter(|next| !next.trim().is_empty()) {
            Some(next) if seen.insert(next.clone()) => cursor = Some(next),
            _ => return Ok(items),
        }
    }
    Err(HttpError::Endless { pages: MOST_PAGES }.into())
}

/// The same for a list that is counted: by offset, until a page is not full. `size` is what is asked for.
///
/// # Errors
/// As for [`all`].
pub fn all_by_offset<T, E: From<HttpError>>(
    size: usize,
    mut read: impl FnMut(usize) -> Result<(Vec<T>, Option<usize>), E>,
) -> Result<Vec<T>, E> {
    let mut items = Vec::new();
    for _ in 0..MOST_PAGES {
        let (page, total) = read(items.len())?;
        let count = page.len();
        items.extend(page);
        let whole = total.map_or(count < size, |total| items.len() >= total);
        if count == 0 || whole {
            return Ok(items);
        }
    }
    Err(HttpError::Endless { pages: MOST_PAGES }.into())
}

#[cfg(test)]
mod tests {
    use super::{MOST_PAGES, Page, all, all_by_offset};
    use crate::net::error::HttpError;

    #[test]
    fn a_list_ends_without_a_cursor_an_empty_one_or_one_that_comes_again() {
        for end in [None, Some(""), Some("  "), Some("a"), Some("b")] {
            let mut calls = 0;
            let read = all(|cursor: Option<&str>| {
                calls += 1;
                let next = match cursor {
                    None => Some("a"),
                    Some("a") => Some("b"),
                    _ => end,
                };
                Ok::<_, HttpError>(Page {
                    items: vec![calls],
                    next: next.map(str::to_owned),
                })
            });
            assert_eq!(read.unwrap(), [1, 2, 3], "{end:?}");
        }
    }

    #[test]
    fn offsets_stop_at_the_total_at_a_short_page_and_at_an_empty_one() {
        let list: Vec<usize> = (0..25).collect();
        let page = |from: usize| list[from.min(25)..(from + 10).min(25)].to_vec();
        let mut calls = 0;
        let by_total = all_by_offset(10, |from| {
            calls += 1;
            Ok::<_, HttpError>((page(from), Some(25)))
        });
        assert_eq!((by_total.unwrap(), calls), (list.clone(), 3));
        assert_eq!(
            all_by_offset(10, |from| Ok::<_, HttpError>((page(from), None))).unwrap(),
            list
        );
        // A service that ignores the page size: everything at once, and no end without a total.
        let ignoring = all_by_offset(10, |from| {
            Ok::<_, HttpError>((list[from.min(25)..].to_vec(), None))
        });
        assert_eq!(ignoring.unwrap(), list);
    }

    #[test]
    fn a_list_that_does_not_end_is_an_error_and_not_a_shorter_list() {
        let mut pages = 0;
        let by_cursor = all(|_| {
            pages += 1;
            Ok::<_, HttpError>(Page {
                items: vec![0_u8],
                next: Some(pages.to_string()),
            })
        });
        assert!(matches!(by_cursor, Err(HttpError::Endless { .. })));
        assert_eq!(pages, MOST_PAGES);
        let by_offset = all_by_offset(1, |_| Ok::<_, HttpError>((vec![0_u8], None)));
        let error = by_offset.unwrap_err();
        assert_eq!(
            error.to_string(),
            "a list does not end: 10000 pages of it were read"
        );
    }
}
