//! A program that a test needs beside it: started below a shell that ends it once its own input ends, so that it outlives
//! neither the test nor the test process, however these end.

use std::ffi::OsStr;
use std::io::{BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program, while it runs.
pub(crate) struct Companion {
    child: Child,
    /// Kept open: a program whose output nobody takes may end.
    _said: BufReader<ChildStdout>,
}

impl Companion {
    /// Starts a program and waits until it has said these words, on either stream; `None` where it ends without.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests start what they test against"
    )]
    pub(crate) fn start<S: AsRef<OsStr>>(
        program: &OsStr,
        arguments: impl IntoIterator<Item = S>,
        words: &str,
    ) -> Option<Self> {
        // The shell gives its own output away, so that the program's ends with the program.
        const UNTIL_THE_END: &str =
            "\"$@\" </dev/null 2>&1 & exec >/dev/null 2>&1; read -r _; kill $!; wait $!";
        let mut child = Command::new("sh")
            .args(["-c", UNTIL_THE_END, "sh"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let is_ready = says(&mut said, words.as_bytes());
        let companion = Self { child, _said: said };
        is_ready.then_some(companion)
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on, for now: whoever starts something there tries again where somebody was faster.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Whether these words come before the end. No line need end with them.
fn says(output: &mut impl Read, words: &[u8]) -> bool {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(words) {
        if output.read(&mut byte).unwrap() == 0 {
            return false;
        }
        heard.extend(byte);
    }
    true
}
