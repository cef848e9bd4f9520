//! A client on a scripted server, with a clock that need not be waited for, and every exchange held against the contract.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::model::secret::Secret;
use crate::net::client::Settings;
use crate::net::clock::{Clock, SteppedClock};
use crate::net::testing::Server;
use crate::net::trace::Event;
use crate::postman::client::Postman;
use crate::postman::contract::{Exchange, Side, Violation, check_exchange};

/// An id without owner.
pub(crate) const ID: &str = "11111111-2222-4333-8444-555555555555";
/// The same with owner.
pub(crate) const UID: &str = "12345-11111111-2222-4333-8444-555555555555";
/// The key of every test.
pub(crate) const KEY: &str = "PMAK-0123456789";

/// The client with what is known of it.
pub(crate) struct Bench {
    /// The client.
    pub(crate) postman: Postman,
    clock: Arc<SteppedClock>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Bench {
    /// A client of this server.
    pub(crate) fn on(server: &Server) -> Self {
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(SteppedClock::default());
        let mut settings = Settings::to(server.base());
        settings.clock = Arc::<SteppedClock>::clone(&clock);
        let kept = Arc::clone(&exchanges);
        settings.observer = Some(Arc::new(move |event| keep(event, &kept)));
        let postman = Postman::new(settings, Secret::new(KEY)).unwrap();
        Self {
            postman,
            clock,
            exchanges,
        }
    }

    /// How long the client would have waited.
    pub(crate) fn waited(&self) -> Duration {
        self.clock.now()
    }

    /// What is wrong with the exchanges so far.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let exchanges = self.exchanges.lock().unwrap();
        exchanges.iter().flat_map(check_exchange).collect()
    }

    /// What the client did wrong so far, whatever the server did.
    pub(crate) fn own_violations(&self) -> Vec<Violation> {
        let mut violations = self.violations();
        violations.retain(|violation| violation.side == Side::Request);
        violations
    }
}

fn keep(event: &Event<'_>, exchanges: &Mutex<Vec<Exchange>>) {
    let Event::Exchange(exchange) = event else {
        return;
    };
    let Ok(response) = exchange.outcome else {
        return;
    };
    let request = exchange.request;
    let mut url = url::Url::parse("http://localhost").unwrap();
    url.query_pairs_mut().extend_pairs(&request.query);
    let query = url.query().filter(|query| !query.is_empty());
    let accept = request
        .headers
        .iter()
        .rev()
        .find(|(name, _)| *name == "accept");
    exchanges.lock().unwrap().push(Exchange {
        method: request.method.to_string(),
        target: query.map_or(request.path.clone(), |query| {
            format!("{}?{query}", request.path)
        }),
        accept: accept.map(|(_, value)| value.clone()),
        body: request.body.clone().unwrap_or_default(),
        status: response.status,
        content_type: response.header("content-type").map(str::to_owned),
        location: response.header("location").map(str::to_owned),
        answer: response.body.clone(),
        ..Exchange::default()
    });
}
