//! How a report for people is drawn, as plain data: who prints it knows the terminal.

/// How a report for people is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// How many columns a line of a code frame may take.
    pub width: usize,
    /// Only the findings: neither notes nor the summary.
    pub quiet: bool,
}

/// What rustc takes for the width where it does not know.
pub const DEFAULT_WIDTH: usize = 140;

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: DEFAULT_WIDTH,
            quiet: false,
        }
    }
}
