//! What a test needs and not every machine has: elsewhere its absence is said aloud, and where `CI` is set the test fails, so
//! that nothing is ever taken for tested that was not.

/// Says that a test is passed over, and why.
///
/// # Panics
/// Where `CI` is set: `.ci/run` brings everything.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that is passed over says why, and only CI says that it may not be"
)]
pub(crate) fn skipped(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "in CI nothing is passed over: {why}"
    );
    eprintln!("skipped: {why}");
}
