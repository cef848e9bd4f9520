//! The only file that prints: results to standard output, words for people to standard error, and progress beside them.
//!
//! What is printed for people is made visible first, so a name from a repository never drives a terminal.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style as Paint};
use clap::ColorChoice;
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::cli::progress::{APPEARS_AFTER, Progress};
use crate::model::text::{visible, visible_lines};
use crate::report::style::{DEFAULT_WIDTH, Style};

/// What the person asked for on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputOptions {
    /// `--color`.
    pub color: ColorChoice,
    /// `-q`: neither notes nor progress.
    pub quiet: bool,
    /// How many `-v`: 0, 1 or 2.
    pub verbosity: u8,
    /// `--no-progress`.
    pub no_progress: bool,
}

impl Default for OutputOptions {
    fn default() -> Self {
        Self {
            color: ColorChoice::Auto,
            quiet: false,
            verbosity: 0,
            no_progress: false,
        }
    }
}

/// What the environment says about output, as plain facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputEnvironment {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0`.
    pub clicolor_force: bool,
    /// `TERM` is `dumb`.
    pub dumb_terminal: bool,
    /// `CI` is set and neither empty, `0` nor `false`.
    pub ci: bool,
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The columns of the terminal that standard output is; `None` where that is not known.
    pub width: Option<usize>,
}

impl OutputEnvironment {
    /// The same with what the streams of this process are.
    #[must_use]
    pub fn with_streams_of_this_process(self) -> Self {
        let size = terminal_size::terminal_size_of(io::stdout());
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            width: size.map(|(width, _)| usize::from(width.0)),
            ..self
        }
    }
}

/// What a line on standard error is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// The run cannot do what was asked.
    Error,
    /// What to do about an error or a warning.
    Hint,
    /// Something that may be meant otherwise.
    Warning,
    /// Something worth knowing.
    Note,
    /// A line that belongs to what was said before it.
    Plain,
    /// A step of the work, for `-v`.
    Detail,
    /// A step within a step, for `-vv`.
    Trace,
}

impl MessageKind {
    /// The word before the colon; a detail has none.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Error => Some("error"),
            Self::Hint => Some("hint"),
            Self::Warning => Some("warning"),
            Self::Note => Some("note"),
            Self::Plain | Self::Detail | Self::Trace => None,
        }
    }
}

/// Whether a stream gets colours. An explicit choice wins; then `NO_COLOR`; then `CLICOLOR_FORCE`; then whether
/// the stream is a terminal that can.
fn use_color(choice: ColorChoice, environment: &OutputEnvironment, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.no_color => false,
        ColorChoice::Auto if environment.clicolor_force => true,
        ColorChoice::Auto => is_terminal && !environment.dumb_terminal,
    }
}

/// Whether progress is shown at all.
fn use_progress(options: &OutputOptions, environment: &OutputEnvironment) -> bool {
    let unwanted = options.quiet || options.no_progress || environment.ci;
    environment.stderr_is_terminal && !environment.dumb_terminal && !unwanted
}

/// Whether a message is printed. As in git, `-q` silences what is merely worth knowing, never a warning.
fn is_printed(kind: MessageKind, options: &OutputOptions) -> bool {
    match kind {
        MessageKind::Error | MessageKind::Hint | MessageKind::Warning | MessageKind::Plain => true,
        MessageKind::Note => !options.quiet,
        MessageKind::Detail => !options.quiet && options.verbosity >= 1,
        MessageKind::Trace => !options.quiet && options.verbosity >= 2,
    }
}

/// The two streams of a run and how they are written.
pub struct Output {
    options: OutputOptions,
    style: Style,
    color_messages: bool,
    stdout: Mutex<Box<dyn Write + Send>>,
    stderr: Mutex<Box<dyn Write + Send>>,
    reader_gone: AtomicBool,
    bars: MultiProgress,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Output")
            .field("options", &self.options)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// Over the streams of this process.
    pub fn new(options: OutputOptions, environment: OutputEnvironment) -> Self {
        let out = use_color(options.color, &environment, environment.stdout_is_terminal);
        let err = use_color(options.color, &environment, environment.stderr_is_terminal);
        // Without colours a result passes as it is: `never` would strip bytes from a document that holds escapes.
        let stdout: Box<dyn Write + Send> = if out {
            Box::new(AutoStream::always(io::stdout()))
        } else {
            Box::new(io::stdout())
        };
        let stderr: Box<dyn Write + Send> = if err {
            Box::new(AutoStream::always(io::stderr()))
        } else {
            Box::new(AutoStream::never(io::stderr()))
        };
        let target = if use_progress(&options, &environment) {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self::over(options, environment, stdout, stderr, target)
    }

    /// Over any two streams and any place for progress.
    fn over(
        options: OutputOptions,
        environment: OutputEnvironment,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        target: ProgressDrawTarget,
    ) -> Self {
        Self {
            options,
            style: Style {
                color: use_color(options.color, &environment, environment.stdout_is_terminal),
                width: environment.width.unwrap_or(DEFAULT_WIDTH),
                quiet: options.quiet,
            },
            color_messages: use_color(options.color, &environment, environment.stderr_is_terminal),
            stdout: Mutex::new(stdout),
            stderr: Mutex::new(stderr),
            reader_gone: AtomicBool::new(false),
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// How a report on standard output is drawn.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Writes a result to standard output as it is and flushes it. A reader that has gone, as `head` does, is no
    /// failure: the rest is dropped, and [`Output::reader_is_gone`] says so.
    ///
    /// # Errors
    /// Where standard output cannot take it, such as a full disk.
    pub fn result(&self, text: &str) -> io::Result<()> {
        self.result_bytes(text.as_bytes())
    }

    /// The same for bytes that may not be text.
    ///
    /// # Errors
    /// As for [`Output::result`].
    pub fn result_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        if self.reader_is_gone() {
            return Ok(());
        }
        let written = self.bars.suspend(|| {
            let mut stdout = locked(&self.stdout);
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        });
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader_gone.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    /// How a report on standard error is drawn.
    pub fn aside_style(&self) -> Style {
        Style {
            color: self.color_messages,
            ..self.style
        }
    }

    /// Writes a report that was drawn for people to standard error, as it is. A stream that cannot take it is passed
    /// over: there is nobody left to tell.
    pub fn aside(&self, text: &str) {
        self.bars.suspend(|| {
            let mut stderr = locked(&self.stderr);
            let _ = stderr
                .write_all(text.as_bytes())
                .and_then(|()| stderr.flush());
        });
    }

    /// Whether nobody reads standard output any more: a command may stop early and end with success.
    pub fn reader_is_gone(&self) -> bool {
        self.reader_gone.load(Ordering::Relaxed)
    }

    /// Prints one line to standard error where it is wanted. The text is made visible. A stream that cannot take
    /// it is passed over: there is nobody left to tell.
    pub fn message(&self, kind: MessageKind, text: &str) {
        if !is_printed(kind, &self.options) {
            return;
        }
        let line = message_line(kind, text, self.color_messages);
        self.bars.suspend(|| {
            let mut stderr = locked(&self.stderr);
            let _ = stderr
                .write_all(line.as_bytes())
                .and_then(|()| stderr.flush());
        });
    }

    /// `error: …`
    pub fn error(&self, text: &str) {
        self.message(MessageKind::Error, text);
    }

    /// `hint: …`
    pub fn hint(&self, text: &str) {
        self.message(MessageKind::Hint, text);
    }

    /// `warning: …`
    pub fn warning(&self, text: &str) {
        self.message(MessageKind::Warning, text);
    }

    /// `note: …`
    pub fn note(&self, text: &str) {
        self.message(MessageKind::Note, text);
    }

    /// A line to standard error without a word before it.
    pub fn plain(&self, text: &str) {
        self.message(MessageKind::Plain, text);
    }

    /// A line that only `-v` shows.
    pub fn detail(&self, text: &str) {
        self.message(MessageKind::Detail, text);
    }

    /// Progress of work with `length` steps, or with none known. It appears when the work has taken half a second and
    /// goes when the value is dropped; where progress is not wanted it never appears.
    pub fn progress(&self, length: Option<u64>, label: &str) -> Progress {
        Progress::start(&self.bars, length, label, APPEARS_AFTER)
    }
}

fn message_line(kind: MessageKind, text: &str, color: bool) -> String {
    let Some(word) = kind.word() else {
        return format!("{}\n", visible(text));
    };
    // What follows stands under the first line, so that nothing in it passes for a message of ours.
    let text = visible_lines(text).replace('\n', "\n  | ");
    if !color {
        return format!("{word}: {text}\n");
    }
    let paint = paint_of(kind).bold();
    format!("{paint}{word}:{paint:#} {text}\n")
}

fn paint_of(kind: MessageKind) -> Paint {
    match kind {
        MessageKind::Error => AnsiColor::BrightRed.on_default(),
        MessageKind::Hint => AnsiColor::BrightCyan.on_default(),
        MessageKind::Warning => AnsiColor::Yellow.on_default(),
        MessageKind::Note => AnsiColor::BrightGreen.on_default(),
        MessageKind::Plain | MessageKind::Detail | MessageKind::Trace => Paint::new(),
    }
}

/// A thread that panicked while it printed leaves the stream usable.
fn locked<T>(stream: &Mutex<T>) -> MutexGuard<'_, T> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Write};
    use std::sync::{Arc, Mutex};

    use clap::ColorChoice;
    use indicatif::ProgressDrawTarget;

    use super::{
        MessageKind, Output, OutputEnvironment, OutputOptions, is_printed, message_line, use_color,
        use_progress,
    };
    use crate::report::style::Style;

    const BARE: OutputEnvironment = OutputEnvironment {
        no_color: false,
        clicolor_force: false,
        dumb_terminal: false,
        ci: false,
        stdout_is_terminal: true,
        stderr_is_terminal: true,
        width: Some(80),
    };

    /// A stream that keeps what it got, or refuses it.
    #[derive(Clone, Default)]
    struct Stream {
        kept: Arc<Mutex<Vec<u8>>>,
        refusal: Option<ErrorKind>,
        attempts: Arc<Mutex<usize>>,
    }

    impl Stream {
        fn refusing(kind: ErrorKind) -> Self {
            Self {
                refusal: Some(kind),
                ..Self::default()
            }
        }

        fn text(&self) -> String {
            String::from_utf8(self.kept.lock().unwrap().clone()).unwrap()
        }

        fn attempts(&self) -> usize {
            *self.attempts.lock().unwrap()
        }
    }

    impl Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            *self.attempts.lock().unwrap() += 1;
            match self.refusal {
                Some(kind) => Err(kind.into()),
                None => self.kept.lock().unwrap().write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output_over(
        options: OutputOptions,
        environment: OutputEnvironment,
        stdout: &Stream,
        stderr: &Stream,
    ) -> Output {
        Output::over(
            options,
            environment,
            Box::new(stdout.clone()),
            Box::new(stderr.clone()),
            ProgressDrawTarget::hidden(),
        )
    }

    #[test]
    fn an_explicit_choice_of_colour_beats_the_environment() {
        let forced = OutputEnvironment {
            clicolor_force: true,
            ..BARE
        };
        let refused = OutputEnvironment {
            no_color: true,
            ..forced
        };
        for environment in [BARE, forced, refused] {
            for terminal in [true, false] {
                assert!(use_color(ColorChoice::Always, &environment, terminal));
                assert!(!use_color(ColorChoice::Never, &environment, terminal));
            }
        }
    }

    #[test]
    fn without_a_choice_the_environment_and_the_terminal_decide() {
        let auto = |environment, terminal| use_color(ColorChoice::Auto, &environment, terminal);
        assert!(auto(BARE, true) && !auto(BARE, false));
        let forced = OutputEnvironment {
            clicolor_force: true,
            ..BARE
        };
        assert!(auto(forced, true) && auto(forced, false));
        let both = OutputEnvironment {
            no_color: true,
            ..forced
        };
        assert!(!auto(both, true) && !auto(both, false));
        let dumb = OutputEnvironment {
            dumb_terminal: true,
            ..BARE
        };
        assert!(!auto(dumb, true));
    }

    #[test]
    fn progress_is_for_a_person_at_a_terminal_who_did_not_refuse_it() {
        let plain = OutputOptions::default();
        assert!(use_progress(&plain, &BARE));
        for environment in [
            OutputEnvironment { ci: true, ..BARE },
            OutputEnvironment {
                stderr_is_terminal: false,
                ..BARE
            },
            OutputEnvironment {
                dumb_terminal: true,
                ..BARE
            },
        ] {
            assert!(!use_progress(&plain, &environment), "{environment:?}");
        }
        for options in [
            OutputOptions {
                quiet: true,
                ..plain
            },
            OutputOptions {
                no_progress: true,
                ..plain
            },
        ] {
            assert!(!use_progress(&options, &BARE), "{options:?}");
        }
    }

    #[test]
    fn quiet_and_verbose_choose_what_is_said() {
        let said = |quiet, verbosity| {
            let options = OutputOptions {
                quiet,
                verbosity,
                ..OutputOptions::default()
            };
            let kinds = [
                MessageKind::Error,
                MessageKind::Hint,
                MessageKind::Warning,
                MessageKind::Note,
                MessageKind::Detail,
                MessageKind::Trace,
            ];
            kinds.map(|kind| is_printed(kind, &options))
        };
        assert_eq!(said(false, 0), [true, true, true, true, false, false]);
        assert_eq!(said(false, 1), [true, true, true, true, true, false]);
        assert_eq!(said(false, 2), [true; 6]);
        assert_eq!(said(true, 0), [true, true, true, false, false, false]);
        assert_eq!(said(true, 2), said(true, 0));
    }

    #[test]
    fn results_go_one_way_and_words_the_other() {
        let (stdout, stderr) = (Stream::default(), Stream::default());
        let piped = OutputEnvironment {
            stderr_is_terminal: false,
            ..BARE
        };
        let output = output_over(OutputOptions::default(), piped, &stdout, &stderr);
        output.result("{\"a\": \"\u{1b}[31m\"}\n").unwrap();
        output.result_bytes(b"more\n").unwrap();
        assert_eq!(stdout.text(), "{\"a\": \"\u{1b}[31m\"}\nmore\n");
        assert_eq!(stderr.text(), "");
        output.error("no such repository");
        output.hint("start one with `git init`");
        output.warning("the index is sparse");
        output.note("2 files were not read");
        output.message(MessageKind::Detail, "reading the index");
        assert_eq!(
            stderr.text(),
            "error: no such repository\nhint: start one with `git init`\nwarning: the index is sparse\nnote: 2 files were not read\n"
        );
    }

    #[test]
    fn lines_of_a_message_pass_for_no_message_and_drive_no_terminal() {
        let hostile = "a\u{1b}[2J\nerror: forged\u{202e}";
        assert_eq!(
            message_line(MessageKind::Warning, hostile, false),
            "warning: a\\x1b[2J\n  | error: forged\\u{202e}\n"
        );
        assert_eq!(
            message_line(MessageKind::Error, hostile, true),
            "\u{1b}[1m\u{1b}[91merror:\u{1b}[0m a\\x1b[2J\n  | error: forged\\u{202e}\n"
        );
        assert_eq!(message_line(MessageKind::Trace, "step", true), "step\n");
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_end() {
        let (stdout, stderr) = (Stream::refusing(ErrorKind::BrokenPipe), Stream::default());
        let output = output_over(OutputOptions::default(), BARE, &stdout, &stderr);
        assert!(!output.reader_is_gone());
        assert!(output.result("first\n").is_ok());
        assert!(output.reader_is_gone());
        assert!(output.result("second\n").is_ok());
        assert_eq!(stdout.attempts(), 1);
        assert_eq!(stderr.text(), "");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let (stdout, stderr) = (Stream::refusing(ErrorKind::StorageFull), Stream::default());
        let output = output_over(OutputOptions::default(), BARE, &stdout, &stderr);
        let error = output.result("lost\n").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(!output.reader_is_gone());
    }

    #[test]
    fn a_closed_standard_error_is_passed_over() {
        let (stdout, stderr) = (Stream::default(), Stream::refusing(ErrorKind::BrokenPipe));
        let output = output_over(OutputOptions::default(), BARE, &stdout, &stderr);
        output.error("nobody hears this");
        assert_eq!(stderr.attempts(), 1);
        output.result("still here\n").unwrap();
        assert_eq!(stdout.text(), "still here\n");
    }

    #[test]
    fn a_report_is_drawn_for_the_terminal_it_goes_to() {
        let stream = Stream::default();
        let style =
            |options, environment| output_over(options, environment, &stream, &stream).style();
        let quiet = OutputOptions {
            quiet: true,
            ..OutputOptions::default()
        };
        assert_eq!(
            style(quiet, BARE),
            Style {
                color: true,
                width: 80,
                quiet: true
            }
        );
        let piped = OutputEnvironment {
            stdout_is_terminal: false,
            width: None,
            ..BARE
        };
        assert_eq!(style(OutputOptions::default(), piped), Style::default());
    }

    #[test]
    fn hidden_progress_prints_nothing() {
        let (stdout, stderr) = (Stream::default(), Stream::default());
        let output = output_over(OutputOptions::default(), BARE, &stdout, &stderr);
        let progress = output.progress(Some(2), "reading");
        progress.advance(1);
        drop(progress);
        assert_eq!(stdout.text() + &stderr.text(), "");
    }

    #[test]
    fn output_may_be_shared_between_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        let stream = Stream::default();
        let output = output_over(OutputOptions::default(), BARE, &stream, &stream);
        shared(&output);
        shared(&output.progress(None, "reading"));
        assert!(format!("{output:?}").starts_with("Output"));
    }
}
