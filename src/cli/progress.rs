//! A bar for long work. It appears late, so that short work shows none, and leaves nothing behind.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::text::visible;

/// Shorter work shows no progress.
pub(crate) const APPEARS_AFTER: Duration = Duration::from_millis(500);

/// Progress of one piece of work; see [`Output::progress`](crate::cli::output::Output::progress).
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    bars: MultiProgress,
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// A hidden bar and a thread that shows it later, unless the work ends before.
    pub(crate) fn start(
        bars: &MultiProgress,
        length: Option<u64>,
        label: &str,
        after: Duration,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden())
            .with_style(bar_style(length))
            .with_message(visible(label));
        let waiting = (!bars.is_hidden())
            .then(|| appear_later(bars.clone(), bar.clone(), after))
            .flatten();
        Self {
            bar,
            bars: bars.clone(),
            waiting,
        }
    }

    /// So many steps are done; may be called from any thread.
    pub fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }

    /// Puts the number of steps right once it is known.
    pub fn set_length(&self, length: u64) {
        self.bar.set_style(bar_style(Some(length)));
        self.bar.set_length(length);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((finished, thread)) = self.waiting.take() {
            drop(finished);
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
        self.bars.remove(&self.bar);
    }
}

/// How often a bar that stands still is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// `None` where the system gives no more threads: then there is no progress to see, and the work goes on.
fn appear_later(
    bars: MultiProgress,
    bar: ProgressBar,
    after: Duration,
) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (finished, work) = mpsc::channel();
    let thread = thread::Builder::new().name("progress".to_owned());
    let waiting = thread.spawn(move || {
        if work.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
            bars.add(bar).enable_steady_tick(TICK);
        }
    });
    Some((finished, waiting.ok()?))
}

fn bar_style(length: Option<u64>) -> ProgressStyle {
    let template = match length {
        Some(_) => "{msg} [{bar:30}] {pos}/{len}",
        None => "{msg} {spinner}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::sync::mpsc::{self, Sender};
    use std::time::Duration;

    use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};

    use super::Progress;

    /// A terminal that tells of everything written to it.
    #[derive(Debug)]
    struct Screen(Sender<String>);

    impl Screen {
        fn tell(&self, text: &str) -> io::Result<()> {
            self.0
                .send(text.to_owned())
                .map_err(|_| ErrorKind::BrokenPipe.into())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.tell(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.tell(text)
        }

        fn clear_line(&self) -> io::Result<()> {
            self.tell("<clear>")
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn bars() -> (MultiProgress, mpsc::Receiver<String>) {
        let (sender, told) = mpsc::channel();
        let target = ProgressDrawTarget::term_like(Box::new(Screen(sender)));
        (MultiProgress::with_draw_target(target), told)
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn short_work_shows_no_progress() {
        let (bars, told) = bars();
        let progress = Progress::start(&bars, Some(3), "reading", LONG);
        progress.advance(3);
        drop(progress);
        drop(bars);
        assert_eq!(told.iter().collect::<String>(), "");
    }

    #[test]
    fn long_work_shows_progress_and_clears_it() {
        let (bars, told) = bars();
        let progress = Progress::start(&bars, Some(3), "reading\u{1b}[2J", Duration::ZERO);
        progress.advance(2);
        let shown = told.iter().find(|text| text.contains("2/3")).unwrap();
        assert!(shown.contains("reading\\x1b[2J ["), "{shown}");
        drop(progress);
        drop(bars);
        let rest: Vec<String> = told.iter().collect();
        let last = rest.iter().rposition(|text| text == "<clear>");
        let after = &rest[last.unwrap()..];
        assert!(
            after.iter().all(|text| !text.contains("reading")),
            "{rest:?}"
        );
    }

    #[test]
    fn work_of_unknown_length_shows_that_it_goes_on() {
        let (bars, told) = bars();
        let progress = Progress::start(&bars, None, "listing", Duration::ZERO);
        assert!(told.iter().any(|text| text.contains("listing ")));
        progress.set_length(9);
        assert!(told.iter().any(|text| text.contains("0/9")));
    }

    #[test]
    fn hidden_progress_starts_no_thread() {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let progress = Progress::start(&bars, Some(2), "reading", Duration::ZERO);
        progress.advance(1);
        assert!(progress.waiting.is_none());
    }
}
