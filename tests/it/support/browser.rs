//! A real browser without a window, driven over the DevTools protocol: pages are opened from files, looked at and typed at.
//!
//! The protocol goes through two pipes and not through a socket, so that nothing listens anywhere. Where no browser is
//! installed a test is passed over aloud, and in CI it fails.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use git_postman::model::base64::decode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::optional::skipped;

/// The names under which systems install it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands the protocol's pipes on as the descriptors that the browser takes them from.
const START: &str = "exec 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null; exec \"$@\"";

/// A browser of its own, with a profile that goes with it.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    orders: Option<ChildStdin>,
    messages: Receiver<Value>,
    early: VecDeque<Value>,
    last_id: u64,
    _profile: TempDir,
}

/// One open page, and everything that was heard of it so far.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    session: String,
    /// What the page wrote to the console, what was thrown, and what the browser said of it: warnings and errors.
    pub(crate) complaints: Vec<String>,
    /// The address of everything that was asked for, the page itself first.
    pub(crate) requests: Vec<String>,
    loaded: bool,
}

/// The colours that a reader's system asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

impl Browser {
    /// Starts one. `None`, and said aloud, where none is installed; in CI that is a failure.
    #[expect(
        clippy::disallowed_methods,
        reason = "a browser is found by the environment of the tests and started by them"
    )]
    pub(crate) fn start() -> Option<Self> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let program = NAMES.iter().find_map(|name| installed(&folders, name));
        let Some(program) = program else {
            skipped("no browser is installed; the package is called `chromium`");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", START, "sh"]).arg(&program);
        command.args([
            "--headless",
            "--remote-debugging-pipe",
            // Tests may run as root and in containers, where the sandbox cannot be set up; the pages are our own.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1200,900",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg("about:blank");
        // Caches and crash reports go where the profile goes.
        command.env("HOME", profile.path());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            let parts = BufReader::new(answers).split(0).map_while(Result::ok);
            for message in parts.filter_map(|part| serde_json::from_slice(&part).ok()) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Some(Self {
            child,
            orders,
            messages,
            early: VecDeque::new(),
            last_id: 0,
            _profile: profile,
        })
    }

    /// Opens a file and waits until it is loaded.
    pub(crate) fn open(&mut self, file: &Path, scheme: Scheme) -> Page<'_> {
        let address = url::Url::from_file_path(file).unwrap();
        let target = self.order(None, "Target.createTarget", &json!({"url": "about:blank"}));
        let attached = self.order(
            None,
            "Target.attachToTarget",
            &json!({"targetId": target["targetId"], "flatten": true}),
        );
        let mut page = Page {
            session: attached["sessionId"].as_str().unwrap().to_owned(),
            browser: self,
            complaints: Vec::new(),
            requests: Vec::new(),
            loaded: false,
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.order(&format!("{domain}.enable"), &json!({}));
        }
        page.prefer(scheme);
        page.complaints.clear();
        page.requests.clear();
        page.loaded = false;
        let went = page.order("Page.navigate", &json!({"url": address.as_str()}));
        assert_eq!(went.get("errorText"), None, "{address}: {went}");
        while !page.loaded {
            let message = page.browser.next();
            page.hear(&message);
        }
        page
    }

    fn order(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut order = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            order["sessionId"] = json!(session);
        }
        let mut bytes = order.to_string().into_bytes();
        bytes.push(0);
        let orders = self.orders.as_mut().unwrap();
        orders.write_all(&bytes).unwrap();
        orders.flush().unwrap();
        loop {
            let message = self.receive();
            if message["id"] == json!(id) {
                assert_eq!(message.get("error"), None, "{method}: {message}");
                return message["result"].clone();
            }
            self.early.push_back(message);
        }
    }

    /// The next thing that happened.
    fn next(&mut self) -> Value {
        match self.early.pop_front() {
            Some(message) => message,
            None => self.receive(),
        }
    }

    fn receive(&mut self) -> Value {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("the browser does not answer"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the browser has gone: {:?}", self.child.wait())
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(mut orders) = self.orders.take() {
            let _ = orders.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        }
        // It closes its end when it is done, and is not waited for longer than that.
        while self.messages.recv_timeout(Duration::from_secs(10)).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Page<'_> {
    /// What an expression is worth in the page, as JSON.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let answer = self.order(
            "Runtime.evaluate",
            &json!({"expression": expression, "returnByValue": true, "awaitPromise": true}),
        );
        assert_eq!(
            answer.get("exceptionDetails"),
            None,
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// Presses a key as a person would: `Tab`, `Enter`, `Escape`, `ArrowDown`, `ArrowUp`, ` `, or a character.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Escape" => ("Escape", 27, ""),
            "ArrowDown" => ("ArrowDown", 40, ""),
            "ArrowUp" => ("ArrowUp", 38, ""),
            " " => ("Space", 32, " "),
            other => (other, 0, other),
        };
        let mut event =
            json!({"type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": number});
        if text.is_empty() {
            event["type"] = json!("rawKeyDown");
        } else {
            event["text"] = json!(text);
        }
        self.order("Input.dispatchKeyEvent", &event);
        event["type"] = json!("keyUp");
        self.order("Input.dispatchKeyEvent", &event);
    }

    /// Presses the key of each character.
    pub(crate) fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.press(character.encode_utf8(&mut [0; 4]));
        }
    }

    /// Where the keyboard is: the element's name in lower case with its `id`, such as `button#only-errors`.
    pub(crate) fn focused(&mut self) -> String {
        let element = "(e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : ''))";
        let value = self.value(&format!("{element}(document.activeElement)"));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Where the keyboard comes to with the key `Tab`, from the start of the page until it is there again.
    pub(crate) fn tab_stops(&mut self, most: usize) -> Vec<String> {
        self.value("document.activeElement.blur()");
        let mut stops = Vec::new();
        while stops.len() < most {
            self.press("Tab");
            let stop = self.focused();
            if stop == "body" {
                break;
            }
            stops.push(stop);
        }
        stops
    }

    /// Shows the page as on a system with these colours.
    pub(crate) fn prefer(&mut self, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.order("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// The lowest contrast between text and what lies behind it, by the formula of WCAG 2, and the text that has it.
    /// Colours must be plain; a background that is none is that of the element around.
    pub(crate) fn lowest_contrast(&mut self) -> (f64, String) {
        let found = self.value(LOWEST_CONTRAST);
        (
            found[0].as_f64().unwrap(),
            found[1].as_str().unwrap().to_owned(),
        )
    }

    /// Writes a picture of the whole page, however long it is, as PNG.
    pub(crate) fn picture(&mut self, file: &Path) {
        let answer = self.order(
            "Page.captureScreenshot",
            &json!({"format": "png", "captureBeyondViewport": true}),
        );
        let bytes = decode(answer["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// Gives the window another size, so that the page is laid out anew.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.order(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// What was heard until now: complaints and requests are complete behind it.
    pub(crate) fn settle(&mut self) {
        // Two frames later everything that loading has set off was said.
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    }

    /// Asserts that the page has asked for nothing but itself, and that nobody complained.
    #[track_caller]
    pub(crate) fn expect_quiet(&mut self) {
        self.settle();
        assert_eq!(self.complaints, Vec::<String>::new());
        assert!(
            self.requests.len() == 1 && self.requests[0].starts_with("file:"),
            "{:?}",
            self.requests
        );
    }

    fn order(&mut self, method: &str, parameters: &Value) -> Value {
        let answer = self.browser.order(Some(&self.session), method, parameters);
        while let Some(message) = self.browser.early.pop_front() {
            self.hear(&message);
        }
        answer
    }

    fn hear(&mut self, message: &Value) {
        if message["sessionId"] != json!(self.session) {
            return;
        }
        let parameters = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.loaded = true,
            "Network.requestWillBeSent" => {
                let address = &parameters["request"]["url"];
                self.requests
                    .push(address.as_str().unwrap_or("?").to_owned());
            }
            "Runtime.consoleAPICalled" => self.complaints.push(parameters["args"].to_string()),
            "Runtime.exceptionThrown" => {
                self.complaints
                    .push(parameters["exceptionDetails"].to_string());
            }
            "Log.entryAdded" => self.complaints.push(parameters["entry"].to_string()),
            _ => {}
        }
    }
}

fn installed(folders: &std::ffi::OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Every element with text of its own that is shown.
const LOWEST_CONTRAST: &str = r"(() => {
  const parts = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  let lowest = [21, 'nothing is shown'];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim() !== '');
    if (!own || !element.checkVisibility() || element.closest('svg')) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < lowest[0]) lowest = [contrast, element.tagName + ': ' + element.textContent.slice(0, 60)];
  }
  return lowest;
})()";
