//! Which token of the environment is for which provider. A token that a CI system hands out is for its own server only.

use crate::config::env::Environment;
use crate::model::secret::Secret;
use crate::provider::Credential;
use crate::provider::kind::ProviderKind;
use crate::provider::site::Site;

/// A token of the environment, and the variable that it stood in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToken {
    /// The variable.
    pub variable: &'static str,
    /// The token.
    pub credential: Credential,
}

/// The token for a site; `None` where none is set that is meant for it.
pub fn token(environment: &Environment, site: &Site) -> Option<FoundToken> {
    let set = |variable: &'static str| {
        let token = environment.provider_tokens.get(variable)?.clone();
        let credential = Credential {
            token,
            is_of_job: variable == "CI_JOB_TOKEN",
        };
        Some(FoundToken {
            variable,
            credential,
        })
    };
    let server = |name: &str| environment.ci_servers.get(name).map(String::as_str);
    let own = |name: &str| server(name).is_some_and(|address| is_at(address, site));
    match site.kind {
        ProviderKind::GitHub => {
            let is_of_another = server("GITHUB_SERVER_URL").is_some() && !own("GITHUB_SERVER_URL");
            set("GITHUB_TOKEN")
                .filter(|_| !is_of_another)
                .or_else(|| set("GH_TOKEN"))
        }
        ProviderKind::GitHubEnterprise => set("GH_ENTERPRISE_TOKEN")
            .or_else(|| set("GITHUB_TOKEN").filter(|_| own("GITHUB_SERVER_URL"))),
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => {
            set("GITLAB_TOKEN").or_else(|| set("CI_JOB_TOKEN").filter(|_| own("CI_SERVER_URL")))
        }
        ProviderKind::AzureServices | ProviderKind::AzureServer => set("AZURE_DEVOPS_TOKEN")
            .or_else(|| set("AZURE_DEVOPS_EXT_PAT"))
            .or_else(|| set("SYSTEM_ACCESSTOKEN").filter(|_| own("SYSTEM_COLLECTIONURI"))),
        ProviderKind::BitbucketCloud | ProviderKind::BitbucketDataCenter => {
            let mut found = set("BITBUCKET_TOKEN")?;
            let token = found.credential.token.reveal();
            if let Some(user) = &environment.bitbucket_username
                && !token.contains(':')
            {
                found.credential.token = Secret::new(format!("{user}:{token}"));
            }
            Some(found)
        }
    }
}

/// Whether a server's address is that of a site.
fn is_at(address: &str, site: &Site) -> bool {
    let plain = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    let (address, web) = (plain(address), plain(&site.web.to_string()));
    // Organisations of Azure DevOps have an older address beside the one of now.
    let older = web
        .strip_prefix("https://dev.azure.com/")
        .map(|organisation| format!("https://{organisation}.visualstudio.com"));
    address == web || Some(address) == older
}

#[cfg(test)]
mod tests {
    use super::token;
    use crate::config::env::Environment;
    use crate::provider::kind::ProviderKind as Kind;
    use crate::provider::site::Site;

    #[test]
    fn a_token_goes_only_where_it_is_meant_for() {
        let found = |set: &[(&str, &str)], kind, web: &str| {
            let lookup = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let site = Site::new(kind, web).unwrap();
            let found = token(&Environment::from(lookup), &site);
            let is_of_job = found.as_ref().is_some_and(|one| one.credential.is_of_job);
            assert_eq!(
                is_of_job,
                found
                    .as_ref()
                    .is_some_and(|one| one.variable == "CI_JOB_TOKEN")
            );
            found.map_or(String::new(), |one| {
                one.credential.token.reveal().to_owned()
            })
        };
        let (hub, own) = ("https://github.com", "https://ghe.example.com");
        let both = [
            ("GITHUB_TOKEN", "a"),
            ("GH_TOKEN", "b"),
            ("GH_ENTERPRISE_TOKEN", "c"),
        ];
        assert_eq!(found(&both, Kind::GitHub, hub), "a");
        assert_eq!(found(&both[1..], Kind::GitHub, hub), "b");
        assert_eq!(found(&both, Kind::GitHubEnterprise, own), "c");
        assert_eq!(found(&both[..2], Kind::GitHubEnterprise, own), "");
        let of_actions = [("GITHUB_TOKEN", "a"), ("GITHUB_SERVER_URL", own)];
        assert_eq!(found(&of_actions, Kind::GitHubEnterprise, own), "a");
        assert_eq!(found(&of_actions, Kind::GitHub, hub), "");
        let job = [
            ("CI_JOB_TOKEN", "j"),
            ("CI_SERVER_URL", "https://gitlab.com"),
        ];
        assert_eq!(found(&job, Kind::GitLab, "https://gitlab.com"), "j");
        assert_eq!(found(&job, Kind::GitLabSelfManaged, own), "");
        let pipeline = [
            ("SYSTEM_ACCESSTOKEN", "s"),
            ("SYSTEM_COLLECTIONURI", "https://acme.visualstudio.com/"),
        ];
        let azure = "https://dev.azure.com/acme";
        assert_eq!(found(&pipeline, Kind::AzureServices, azure), "s");
        let other = "https://dev.azure.com/other";
        assert_eq!(found(&pipeline, Kind::AzureServices, other), "");
        assert_eq!(found(&pipeline[..1], Kind::AzureServices, azure), "");
        let bucket = [("BITBUCKET_TOKEN", "t"), ("BITBUCKET_USERNAME", "me@x")];
        for kind in [Kind::BitbucketCloud, Kind::BitbucketDataCenter] {
            assert_eq!(found(&bucket, kind, own), "me@x:t");
            assert_eq!(found(&bucket[..1], kind, own), "t");
            let pair = [("BITBUCKET_TOKEN", "a:b"), bucket[1]];
            assert_eq!(found(&pair, kind, own), "a:b");
        }
    }
}
