//! The browser that pages are tried in tells what a page does: otherwise a quiet page would prove nothing.

use std::fs;

use crate::support::browser::{Browser, Scheme};

#[test]
fn the_browser_hears_complaints_and_requests_and_follows_the_keyboard() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page with a blank.html");
    fs::write(
        &file,
        "<!doctype html><meta charset=utf-8><title>x</title>
         <style>body{color:#777;background:#777} @media (prefers-color-scheme: dark){body{color:#fff;background:#000}}</style>
         <link rel=icon href='data:,'><p>some text</p><button id=a>a</button><input id=b><img src=gone.png>
         <script>console.error('heard'); throw new Error('thrown')</script>",
    )
    .unwrap();
    let mut page = browser.open(&file, Scheme::Light);
    page.settle();
    let complaints = page.complaints.join("\n");
    assert!(
        complaints.contains("heard") && complaints.contains("thrown"),
        "{complaints}"
    );
    assert!(page.requests[0].ends_with("page%20with%20a%20blank.html"));
    assert!(
        page.requests[1..]
            .iter()
            .any(|address| address.ends_with("gone.png")),
        "{:?}",
        page.requests
    );
    assert_eq!(page.tab_stops(10), ["button#a", "input#b"]);
    page.value("document.getElementById('b').focus()");
    page.type_text("ok");
    assert_eq!(page.value("document.getElementById('b').value"), "ok");
    let (contrast, what) = page.lowest_contrast();
    assert!(contrast < 1.01 && what.contains("some text"), "{what}");
    page.prefer(Scheme::Dark);
    let (contrast, what) = page.lowest_contrast();
    assert!(contrast > 4.5, "{contrast} {what}");
    fs::write(&file, "<!doctype html><title>x</title><p>nothing").unwrap();
    browser.open(&file, Scheme::Light).expect_quiet();
}
