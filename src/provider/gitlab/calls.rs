//! GitLab's calls: the `gitlab` crate says what is asked, `net` asks it, and the answers are read here.
//!
//! The crate's own client takes no settings of ours, has no time limits and asks once before it is asked anything; its
//! retries know nothing of `Retry-After`. So only its endpoints are used: verb, path, query and body.

use gitlab::api::Endpoint;
use serde::de::DeserializeOwned;
use url::Url;

use crate::net::client::{Client, Settings};
use crate::net::error::{Fate, HttpError};
use crate::net::request::{Method, Request};
use crate::net::response::{NotJson, Response};
use crate::net::retry::{Patience, Verdict, repeat};
use crate::provider::conditional::{Memory, Remembered, is_worth_keeping, key};
use crate::provider::error::ProviderError;
use crate::provider::gitlab::refusal::{About, refusal};
use crate::provider::gitlab::token::GitLabToken;

/// What GitLab gives at most on one page.
pub(crate) const PAGE: usize = 100;
/// More redirects than this are a circle.
const MOST_REDIRECTS: usize = 3;
/// More pages than this are no list of one group or one commit.
const MOST_PAGES: usize = 20_000;

/// One token on one installation. Clones share limits and connections.
#[derive(Clone)]
pub(crate) struct Calls {
    client: Client,
    token: GitLabToken,
    patience: Patience,
}

/// What one page of a list held.
struct Page {
    answer: Response,
    next: Option<String>,
    /// What is to be kept of it, and under which key; nothing where that is known already.
    fresh: Option<(String, Remembered)>,
}

impl Calls {
    /// Calls by the settings of a client, whose base is the root of the API.
    pub(crate) fn new(mut settings: Settings, token: GitLabToken, patience: Patience) -> Self {
        settings.key = Some(token.header());
        Self {
            client: Client::new(settings),
            token,
            patience,
        }
    }

    /// The client below.
    pub(crate) fn http(&self) -> &Client {
        &self.client
    }

    /// The token.
    pub(crate) fn token(&self) -> &GitLabToken {
        &self.token
    }

    /// Reads, and tries again where that may help.
    pub(crate) fn read(
        &self,
        about: &About<'_>,
        endpoint: &dyn Endpoint,
    ) -> Result<Response, ProviderError> {
        let request = request_of(endpoint)?;
        self.patiently(about, &request, |fate| fate)
    }

    /// Reads once, for what can be had in another way: nobody waits for it, and a limit of its own holds up nothing else.
    pub(crate) fn try_once(
        &self,
        about: &About<'_>,
        endpoint: &dyn Endpoint,
    ) -> Result<Response, ProviderError> {
        self.once(about, &request_of(endpoint)?.strict())
    }

    /// Reads a value.
    pub(crate) fn value<T: DeserializeOwned>(
        &self,
        about: &About<'_>,
        endpoint: &dyn Endpoint,
    ) -> Result<T, ProviderError> {
        parsed(about, &self.read(about, endpoint)?)
    }

    /// Writes. It is tried again only where it certainly was not done.
    pub(crate) fn write(
        &self,
        about: &About<'_>,
        endpoint: &dyn Endpoint,
    ) -> Result<Response, ProviderError> {
        let request = request_of(endpoint)?;
        self.patiently(about, &request, |fate| match fate {
            Fate::InDoubt => Fate::Final,
            other => other,
        })
    }

    /// Reads all pages of a list, of which only those are sent again that changed since `memory` saw them. `take` makes
    /// what is wanted of the items of one page and of the answer that they came in.
    pub(crate) fn pages<T: DeserializeOwned, U>(
        &self,
        about: &About<'_>,
        endpoint: &dyn Endpoint,
        memory: &dyn Memory,
        mut take: impl FnMut(T, &Response) -> U,
    ) -> Result<Vec<U>, ProviderError> {
        let first = request_of(endpoint)?;
        let route = first.path.split('?').next().unwrap_or_default().to_owned();
        let mut path = with_query(first.path, &format!("per_page={PAGE}"));
        let mut items = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.page(about, &path, &route, memory)?;
            let found: Vec<T> = parsed(about, &page.answer)?;
            let count = found.len();
            items.extend(found.into_iter().map(|item| take(item, &page.answer)));
            if let Some(fresh) = page.fresh
                && is_worth_keeping(count, PAGE, page.next.as_deref())
            {
                // Only what was understood is kept: it may not come again.
                memory.remember(&fresh.0, fresh.1);
            }
            match page.next {
                Some(next) if next == path => break,
                Some(next) if count > 0 => path = next,
                Some(_) => return Ok(items),
                None => {
                    refuse_cut_list(about, &page.answer, count)?;
                    return Ok(items);
                }
            }
        }
        Err(ProviderError::TooLarge {
            product: about.site.kind,
            what: "the list".to_owned(),
        })
    }

    fn page(
        &self,
        about: &About<'_>,
        path: &str,
        route: &str,
        memory: &dyn Memory,
    ) -> Result<Page, ProviderError> {
        let known = key(&format!("{}{path}", self.client.base()), &self.token.secret);
        let before = memory.recall(&known);
        let mut request = Request::to_path(Method::Get, path.to_owned());
        if let Some(before) = &before {
            request = request.with_header("if-none-match", before.etag.clone());
        }
        let answer = self.patiently(about, &request, |fate| fate)?;
        if let Some(before) = before.filter(|_| answer.status == 304) {
            let answer = Response {
                status: 200,
                body: before.body,
                ..answer
            };
            return Ok(Page {
                answer,
                next: before.next,
                fresh: None,
            });
        }
        let next = next_page(&answer, path, route);
        let fresh = answer.header("etag").map(|etag| Remembered {
            etag: etag.to_owned(),
            body: answer.body.clone(),
            next: next.clone(),
        });
        Ok(Page {
            answer,
            next,
            fresh: fresh.map(|fresh| (known, fresh)),
        })
    }

    fn patiently(
        &self,
        about: &About<'_>,
        request: &Request,
        fate: impl Fn(Fate) -> Fate,
    ) -> Result<Response, ProviderError> {
        repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |_| self.once(about, request),
            |error: &ProviderError| {
                let verdict = error.verdict();
                Verdict {
                    fate: fate(verdict.fate),
                    ..verdict
                }
            },
        )
    }

    fn once(&self, about: &About<'_>, request: &Request) -> Result<Response, ProviderError> {
        let mut answer = self.client.exchange(&request.clone().without_following())?;
        let mut hops = 0;
        while request.method == Method::Get
            && let (301 | 302 | 307 | 308, Some(to)) = (answer.status, answer.header("location"))
        {
            // A renamed project stays below the API; a page to sign in on does not.
            let Some(path) = self.below(to).filter(|_| hops < MOST_REDIRECTS) else {
                return Err(malformed(about, answer.status, NotJson::Page(None)));
            };
            let next = Request {
                path,
                query: Vec::new(),
                ..request.clone()
            };
            answer = self.client.exchange(&next.without_following())?;
            hops += 1;
        }
        if answer.is_success() || answer.status == 304 {
            return Ok(answer);
        }
        let rates = Client::rates(&answer);
        Err(refusal(about, &answer, &rates, &self.token.secret))
    }

    /// The path below the root of the API, where an address leads there.
    fn below(&self, location: &str) -> Option<String> {
        let base = self.client.base().to_string();
        let whole = Url::parse(&base).ok()?.join(location).ok()?;
        let below = whole.as_str().strip_prefix(&base)?;
        below.starts_with('/').then(|| below.to_owned())
    }
}

/// The answer as a value.
pub(crate) fn parsed<T: DeserializeOwned>(
    about: &About<'_>,
    answer: &Response,
) -> Result<T, ProviderError> {
    let parsed = answer.json();
    parsed.map_err(|problem| malformed(about, answer.status, problem))
}

/// An answer that cannot be understood.
pub(crate) fn malformed(about: &About<'_>, status: u16, problem: NotJson) -> ProviderError {
    ProviderError::Malformed {
        call: about.call(),
        status,
        problem,
    }
}

/// What the crate could not make, said without what was to be sent.
pub(crate) fn unmade(_: impl std::error::Error) -> ProviderError {
    HttpError::Setup("the request could not be made".to_owned()).into()
}

fn request_of(endpoint: &dyn Endpoint) -> Result<Request, ProviderError> {
    let method = match endpoint.method().as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return Err(HttpError::Setup("the verb is not used".to_owned()).into()),
    };
    // The crate adds parameters to URLs only; nothing of this one but its query is taken.
    let mut url = Url::parse("https://gitlab.invalid/").map_err(unmade)?;
    endpoint.parameters().add_to_url(&mut url);
    let path = with_query(
        format!("/{}", endpoint.endpoint()),
        url.query().unwrap_or_default(),
    );
    let mut request = Request::to_path(method, path);
    if let Some((kind, body)) = endpoint.body().map_err(unmade)? {
        request = request.with_header("content-type", kind);
        request.body = Some(body);
    }
    Ok(request)
}

fn with_query(path: String, query: &str) -> String {
    match (query.is_empty(), path.contains('?')) {
        (true, _) => path,
        (false, true) => format!("{path}&{query}"),
        (false, false) => format!("{path}?{query}"),
    }
}

/// Where the next page begins. Of the address that GitLab names only the query is taken: behind a proxy it may name
/// another host or another scheme than the one that we call, and the list must neither end there nor the token go there.
fn next_page(answer: &Response, path: &str, route: &str) -> Option<String> {
    let named = answer.header("link").and_then(|links| {
        let next = links
            .split(',')
            .find(|link| link.contains("rel=\"next\""))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        let (_, query) = url.split_once('?')?;
        Some(format!("{route}?{query}"))
    });
    named.or_else(|| {
        let number = answer.header("x-next-page")?.trim().parse::<u64>().ok()?;
        let (_, query) = path.split_once('?')?;
        let kept = query.split('&').filter(|pair| !pair.starts_with("page="));
        let kept: Vec<&str> = kept.collect();
        Some(format!("{route}?{}&page={number}", kept.join("&")))
    })
}

/// A full page that says nothing at all of pages has lost its headers on the way: more may follow.
fn refuse_cut_list(
    about: &About<'_>,
    answer: &Response,
    count: usize,
) -> Result<(), ProviderError> {
    let says = |name: &str| answer.header(name).is_some();
    if count < PAGE || says("link") || says("x-next-page") || says("x-per-page") {
        return Ok(());
    }
    let what =
        "the list may be cut: a full page came without `Link`, which a proxy may have taken away";
    Err(malformed(
        about,
        answer.status,
        NotJson::Wrong(what.to_owned()),
    ))
}

#[cfg(test)]
mod tests {
    use super::{next_page, with_query};
    use crate::net::response::Response;

    fn answer(headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter();
        Response {
            status: 200,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn the_next_page_stays_on_the_route_that_was_asked_for() {
        let next = |headers: &[(&str, &str)]| {
            next_page(
                &answer(headers),
                "/groups/a/projects?per_page=100&page=1",
                "/groups/a/projects",
            )
        };
        let link = r#"<http://internal.example.com/api/v4/groups/1/projects?page=2&per_page=100>; rel="next", <https://x/y?page=1>; rel="first""#;
        let second = Some("/groups/a/projects?page=2&per_page=100".to_owned());
        assert_eq!(next(&[("link", link)]), second);
        assert_eq!(
            next(&[("x-next-page", "2")]),
            Some("/groups/a/projects?per_page=100&page=2".to_owned())
        );
        assert_eq!(next(&[("x-next-page", "")]), None);
        assert_eq!(
            next(&[("link", "<https://x/y?page=1>; rel=\"first\"")]),
            None
        );
        assert_eq!(next(&[]), None);
    }

    #[test]
    fn parameters_are_joined() {
        assert_eq!(with_query("/a".to_owned(), ""), "/a");
        assert_eq!(with_query("/a".to_owned(), "b=1"), "/a?b=1");
        assert_eq!(with_query("/a?b=1".to_owned(), "c=2"), "/a?b=1&c=2");
    }
}
