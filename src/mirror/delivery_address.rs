//! Which remote is the repository that Postman reads, where that is another one than this.
//!
//! It is found among the remotes that the user has configured, or named on the command line, and never taken from a file of
//! the repository: git sends credentials to where it is told, and a pull request could tell it anything. What Postman says of
//! the repository has to be true of the address as well.

use crate::git::error::GitError;
use crate::git::remote_url::NoAddress;
use crate::git::repository::Repository;
use crate::mirror::link_ends::told;
use crate::mirror::remote_address::{Remote, is_directory_called};
use crate::model::text::{shortened, visible};
use crate::postman::apis::GitInfo;

/// A repository that git can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachable {
    /// What git is told: the name of a remote, or an address.
    pub remote: String,
    /// The address, for people.
    pub shown: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// Git could not say.
    #[error(transparent)]
    Git(#[from] GitError),
    /// An address that names nothing.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// A way of reaching it that is not taken.
    #[error("`{address}` {reason}")]
    Form {
        /// The address, without what may be secret in it.
        address: String,
        /// Why.
        reason: &'static str,
    },
    /// No remote is that repository.
    #[error("Postman reads `{wanted}`, and no remote of this clone is that repository")]
    NoRemote {
        /// The repository in Postman's words.
        wanted: String,
    },
    /// Several remotes are.
    #[error("Postman reads `{wanted}`, and several remotes could be that repository: {names}")]
    SeveralRemotes {
        /// The repository in Postman's words.
        wanted: String,
        /// The remotes.
        names: String,
    },
    /// The one that was named is another one.
    #[error("Postman reads `{wanted}`, and `{named}` is another repository")]
    Another {
        /// The repository in Postman's words.
        wanted: String,
        /// What was named.
        named: String,
    },
}

impl Unreachable {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Git(error) => return error.hint(),
            Self::Address(_) => "name a remote of this clone, or an address that git takes".to_owned(),
            Self::Form { .. } => {
                "name a remote that is fetched from and pushed to at one https, ssh, git or file address, or such an address; credentials come from git's own helpers".to_owned()
            }
            Self::NoRemote { .. } => {
                "add it with `git remote add NAME ADDRESS`, or name it with --repository".to_owned()
            }
            Self::SeveralRemotes { .. } => "say which one with --repository NAME".to_owned(),
            Self::Another { .. } => {
                "name the repository that Postman has connected, or connect the API with this one in the Postman app".to_owned()
            }
        })
    }
}

/// The repository that Postman names: the one that is `wished` for, else the only remote that it can be.
///
/// # Errors
/// Everything in [`Unreachable`].
pub fn find(
    repository: &Repository,
    info: &GitInfo,
    wished: Option<&str>,
) -> Result<Reachable, Unreachable> {
    let names = repository.remote_names()?;
    if let Some(wished) = wished {
        let named = names.iter().any(|name| name == wished);
        let written = match named {
            true => repository.remote_url(wished)?.unwrap_or_default(),
            false => wished.to_owned(),
        };
        return match reachable(repository, info, wished, &written)? {
            Some(found) => Ok(found),
            None => Err(Unreachable::Another {
                wanted: told(info),
                named: without_secrets(&written),
            }),
        };
    }
    let mut found = Vec::new();
    for name in names {
        let Some(written) = repository.remote_url(&name)? else {
            continue;
        };
        // A remote that is none of ours may be reached in any way.
        if let Ok(Some(one)) = reachable(repository, info, &name, &written) {
            found.push(one);
        }
    }
    match found.len() {
        0 => Err(Unreachable::NoRemote { wanted: told(info) }),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let names: Vec<&str> = found.iter().map(|one| one.remote.as_str()).collect();
            Err(Unreachable::SeveralRemotes {
                wanted: told(info),
                names: visible(&names.join(", ")),
            })
        }
    }
}

/// An address, where it is the repository that Postman names. What the configuration says counts, as everywhere; an alias
/// is what git makes of it. How git reaches it has to be a way that is taken, whatever the address is rewritten to.
fn reachable(
    repository: &Repository,
    info: &GitInfo,
    remote: &str,
    written: &str,
) -> Result<Option<Reachable>, Unreachable> {
    refuse_form(written)?;
    let effective = repository.effective_url(remote)?;
    let effective = effective.unwrap_or_else(|| written.to_owned());
    refuse_form(&effective)?;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let (organisation, name) = (text(&info.organization), text(&info.repository));
    for address in [written, effective.as_str()] {
        let (is_called, shown) = match Remote::parse(address)? {
            Remote::Hosted(hosted) => (
                hosted.is_called(info.domain.as_deref(), &organisation, &name),
                hosted.to_string(),
            ),
            Remote::Local => (
                is_directory_called(address, &organisation, &name),
                without_secrets(address),
            ),
        };
        if is_called {
            refuse_other_way_in(repository, remote, &[written, &effective])?;
            return Ok(Some(Reachable {
                remote: remote.to_owned(),
                shown,
            }));
        }
    }
    Ok(None)
}

/// A remote may be pushed to at another address than it is fetched from: then what was seen is not what is written.
fn refuse_other_way_in(
    repository: &Repository,
    remote: &str,
    fetched: &[&str],
) -> Result<(), Unreachable> {
    let answer = match repository.remote_url(remote)? {
        Some(_) => {
            let arguments = ["remote", "get-url", "--push", "--all", "--", remote];
            let answer = repository.git().output(&arguments, None)?;
            String::from_utf8_lossy(&answer).into_owned()
        }
        None => pushed_to(repository, remote)?,
    };
    let same = |one: &str, other: &str| {
        let hosted = |text: &str| Remote::parse(text).ok()?.hosted().map(|own| own.identity());
        one == other || (hosted(one).is_some() && hosted(one) == hosted(other))
    };
    let mut count = 0;
    for address in answer.lines() {
        count += 1;
        refuse_form(address)?;
        if count > 1 || !fetched.iter().any(|other| same(address, other)) {
            return Err(Unreachable::Form {
                address: without_secrets(address),
                reason: "is pushed to instead of what is fetched from",
            });
        }
    }
    Ok(())
}

/// What git makes of an address that is pushed to, where `url.<base>.pushInsteadOf` says something of it; nothing where it
/// does not.
fn pushed_to(repository: &Repository, address: &str) -> Result<String, GitError> {
    let arguments = [
        "config",
        "--includes",
        "--null",
        "--get-regexp",
        "^url\\..*\\.pushinsteadof$",
    ];
    let answer = repository.git().run(&arguments, None)?;
    let text = String::from_utf8_lossy(&answer.output);
    let rules = text.split('\0').filter_map(|entry| {
        let (key, prefix) = entry.split_once('\n')?;
        let base = key.strip_prefix("url.")?.strip_suffix(".pushinsteadof")?;
        Some((prefix, format!("{base}{}", address.strip_prefix(prefix)?)))
    });
    // As git does: the longest prefix wins.
    let longest = rules.max_by_key(|(prefix, _)| prefix.len());
    Ok(longest.map_or_else(String::new, |(_, rewritten)| rewritten))
}

/// Ways of reaching a repository that run programs, that send everything readable, or that nobody has thought of.
fn refuse_form(address: &str) -> Result<(), Unreachable> {
    let refused = |reason| {
        Err(Unreachable::Form {
            address: without_secrets(address),
            reason,
        })
    };
    if address.is_empty() || address.len() > LONGEST {
        return refused("is no address");
    }
    if address.starts_with('-') {
        return refused("would be an option of git");
    }
    if address.chars().any(char::is_control) {
        return refused("holds characters that no address has");
    }
    if let Some((helper, _)) = address.split_once("::")
        && helper.bytes().all(is_of_scheme)
    {
        return refused("asks git to run a helper");
    }
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let scheme = scheme.to_ascii_lowercase();
            if !SCHEMES.contains(&scheme.as_str()) {
                return refused("is reached in a way that is not taken");
            }
            let authority = rest.split('/').next().unwrap_or_default();
            if authority.starts_with('-') {
                return refused("would be an option of ssh");
            }
            let user = authority.rsplit_once('@').map(|(user, _)| user);
            if user.is_some_and(|user| user.contains(':')) {
                return refused("holds a password");
            }
            Ok(())
        }
        None => Ok(()),
    }
}

fn is_of_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte)
}

/// What stands before an `@` may be a password.
fn without_secrets(address: &str) -> String {
    let shown = match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => address.to_owned(),
    };
    shortened(&visible(&shown), 120)
}

const SCHEMES: [&str; 4] = ["https", "ssh", "git", "file"];
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::{Unreachable, find, refuse_form};
    use crate::git::testing::Fixture;
    use crate::postman::apis::GitInfo;

    fn info(domain: Option<&str>, organisation: &str, name: &str) -> GitInfo {
        GitInfo {
            domain: domain.map(str::to_owned),
            organization: Some(organisation.to_owned()),
            repository: Some(name.to_owned()),
            ..GitInfo::default()
        }
    }

    #[test]
    fn only_ways_that_send_nothing_elsewhere_are_taken() {
        for address in [
            "https://github.com/acme/orders",
            "https://me@github.com/acme/orders.git",
            "ssh://git@[::1]:22/acme/orders",
            "git@github.com:acme/orders.git",
            "[::1]:acme/orders",
            "git://host/acme/orders",
            "file:///srv/acme/orders.git",
            "/srv/acme/orders.git",
            "../orders",
        ] {
            assert!(refuse_form(address).is_ok(), "{address}");
        }
        for (address, reason) in [
            ("", "no address"),
            ("-uhelper", "option of git"),
            ("--upload-pack=x", "option of git"),
            ("ext::sh -c touch% /tmp/x", "helper"),
            ("fd::17", "helper"),
            ("foo-bar::https://github.com/acme/orders", "helper"),
            ("http://github.com/acme/orders", "not taken"),
            ("ftp://host/acme/orders", "not taken"),
            ("ssh://-oProxyCommand=x/acme/orders", "option of ssh"),
            ("https://me:secret@github.com/acme/orders", "password"),
            ("https://host/a\nb", "characters"),
        ] {
            let error = refuse_form(address).unwrap_err();
            assert!(error.to_string().contains(reason), "{address}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(error.hint().is_some());
        }
        assert!(refuse_form(&format!("https://h/{}", "x".repeat(3000))).is_err());
    }

    #[test]
    fn the_remote_is_the_one_that_postman_names() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let git = |arguments: &[&str]| fixture.git("work", arguments);
        git(&["remote", "add", "origin", "git@github.com:acme/code.git"]);
        let wanted = info(None, "Acme", "orders");
        let look = |wished: Option<&str>| find(&fixture.open("work"), &wanted, wished);
        assert!(matches!(look(None), Err(Unreachable::NoRemote { .. })));
        // One that is none of ours may be reached in any way, and is not looked at further.
        git(&["remote", "add", "odd", "ext::sh -c false"]);
        git(&["remote", "add", "api", "https://github.com/acme/orders.git"]);
        let found = look(None).unwrap();
        assert_eq!(
            (found.remote.as_str(), found.shown.as_str()),
            ("api", "github.com/acme/orders")
        );
        git(&["remote", "add", "again", "git@github.com:acme/orders"]);
        let several = look(None).unwrap_err().to_string();
        assert!(several.contains("api") && several.contains("again"));
        assert_eq!(look(Some("again")).unwrap().remote, "again");
        let address = "ssh://git@github.com/acme/orders";
        assert_eq!(look(Some(address)).unwrap().remote, address);
        for other in ["origin", "https://github.com/acme/shop"] {
            let error = look(Some(other)).unwrap_err();
            assert!(matches!(error, Unreachable::Another { .. }), "{error}");
            assert!(error.to_string().contains("Acme/orders"), "{error}");
        }
        for refused in ["odd", "ext::x", "http://github.com/acme/orders"] {
            let error = look(Some(refused)).unwrap_err();
            assert!(matches!(error, Unreachable::Form { .. }), "{error}");
        }
    }

    #[test]
    fn an_alias_is_what_git_makes_of_it_and_nothing_that_runs_a_program() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let git = |arguments: &[&str]| fixture.git("work", arguments);
        git(&["remote", "add", "api", "x:orders.git"]);
        git(&["config", "url.https://github.com/acme/.insteadOf", "x:"]);
        let wanted = info(None, "acme", "orders");
        let found = find(&fixture.open("work"), &wanted, None).unwrap();
        assert_eq!(found.shown, "github.com/acme/orders");
        git(&["remote", "set-url", "api", "https://github.com/acme/orders"]);
        git(&[
            "config",
            "url.ext::sh -c x .insteadOf",
            "https://github.com/",
        ]);
        let error = find(&fixture.open("work"), &wanted, Some("api")).unwrap_err();
        assert!(matches!(error, Unreachable::Form { .. }), "{error}");
    }

    #[test]
    fn what_is_pushed_to_has_to_be_what_is_fetched_from() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let git = |arguments: &[&str]| fixture.git("work", arguments);
        git(&["remote", "add", "api", "https://github.com/acme/orders.git"]);
        let wanted = info(None, "acme", "orders");
        let look = || find(&fixture.open("work"), &wanted, Some("api"));
        let set = |address: &str| git(&["remote", "set-url", "--push", "api", address]);
        for same in [
            "git@github.com:acme/orders",
            "https://github.com/acme/orders.git",
        ] {
            set(same);
            assert!(look().is_ok(), "{same}");
        }
        for other in [
            "git@github.com:acme/shop",
            "ext::sh -c x",
            "/srv/acme/orders.git",
        ] {
            set(other);
            let error = look().unwrap_err();
            assert!(
                matches!(error, Unreachable::Form { .. }),
                "{other}: {error}"
            );
        }
        set("git@github.com:acme/orders");
        git(&[
            "remote",
            "set-url",
            "--add",
            "--push",
            "api",
            "git@github.com:acme/orders",
        ]);
        assert!(look().is_err());
    }

    #[test]
    fn a_directory_is_known_by_its_last_parts() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let look = |address: &str, organisation: &str| {
            let wanted = info(None, organisation, "orders");
            find(&fixture.open("work"), &wanted, Some(address)).is_ok()
        };
        assert!(look("file:///srv/acme/orders.git", "acme"));
        assert!(look("/srv/acme/orders", "acme"));
        assert!(look("file:///srv/g/s/orders.git", "g/s"));
        assert!(!look("file:///srv/other/orders.git", "acme"));
        assert!(!look("file:///srv/acme/orders-2.git", "acme"));
        assert!(!look("file:///orders.git", "acme"));
    }

    #[test]
    fn an_address_that_git_pushes_elsewhere_is_refused_as_a_remote_would_be() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let address = "https://github.com/acme/orders";
        let found = || {
            let repository = fixture.open("work");
            find(&repository, &info(None, "acme", "orders"), Some(address))
        };
        assert!(found().is_ok());
        let set = |base: &str, prefix: &str| {
            let key = format!("url.{base}.pushInsteadOf");
            fixture.git("work", &["config", &key, prefix]);
        };
        // The same repository by another way.
        set("git@github.com:", "https://github.com/");
        assert!(found().is_ok());
        set("ssh://git@github.com/", "https://gitlab.com/");
        assert!(found().is_ok());
        // The longest prefix is the one that git takes.
        set("https://evil.example.com/", "https://github.com/acme/");
        let error = found().unwrap_err().to_string();
        assert!(error.contains("is pushed to instead of"), "{error}");
        assert!(error.contains("evil.example.com/orders"), "{error}");
    }
}
