//! The products that host repositories, by the names that their makers and users give them.

use std::fmt;

/// A product. On-premises and cloud are different ones: they differ in what they can do and in where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    /// GitHub.com, and GitHub Enterprise Cloud with data residency on a host below `ghe.com`.
    GitHub,
    /// GitHub Enterprise Server.
    GitHubEnterprise,
    /// GitLab.com.
    GitLab,
    /// GitLab Self-Managed.
    GitLabSelfManaged,
    /// Bitbucket Cloud.
    BitbucketCloud,
    /// Bitbucket Data Center.
    BitbucketDataCenter,
    /// Azure DevOps Services.
    AzureServices,
    /// Azure DevOps Server.
    AzureServer,
}

impl ProviderKind {
    /// The variables in which a token for it is looked for, in words that follow “set”.
    pub fn token_variables(self) -> &'static str {
        match self {
            Self::GitHub => "GITHUB_TOKEN or GH_TOKEN",
            Self::GitHubEnterprise => {
                "GH_ENTERPRISE_TOKEN or, in a workflow of that server, GITHUB_TOKEN"
            }
            Self::GitLab | Self::GitLabSelfManaged => {
                "GITLAB_TOKEN or, in a job of that server, CI_JOB_TOKEN"
            }
            Self::AzureServices | Self::AzureServer => {
                "AZURE_DEVOPS_TOKEN, AZURE_DEVOPS_EXT_PAT or, in a pipeline of that organisation, SYSTEM_ACCESSTOKEN"
            }
            Self::BitbucketCloud => {
                "BITBUCKET_TOKEN, for an API token with the address of its account in BITBUCKET_USERNAME"
            }
            Self::BitbucketDataCenter => "BITBUCKET_TOKEN",
        }
    }

    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::GitHub,
        Self::GitHubEnterprise,
        Self::GitLab,
        Self::GitLabSelfManaged,
        Self::BitbucketCloud,
        Self::BitbucketDataCenter,
        Self::AzureServices,
        Self::AzureServer,
    ];

    /// As its maker calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitHubEnterprise => "GitHub Enterprise Server",
            Self::GitLab => "GitLab.com",
            Self::GitLabSelfManaged => "GitLab Self-Managed",
            Self::BitbucketCloud => "Bitbucket Cloud",
            Self::BitbucketDataCenter => "Bitbucket Data Center",
            Self::AzureServices => "Azure DevOps Services",
            Self::AzureServer => "Azure DevOps Server",
        }
    }

    /// The word for it in options and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitHubEnterprise => "github-enterprise-server",
            Self::GitLab => "gitlab",
            Self::GitLabSelfManaged => "gitlab-self-managed",
            Self::BitbucketCloud => "bitbucket-cloud",
            Self::BitbucketDataCenter => "bitbucket-data-center",
            Self::AzureServices => "azure-devops-services",
            Self::AzureServer => "azure-devops-server",
        }
    }

    /// Reads the word, in any case of letters.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word.trim()))
    }

    /// Whether its users run it themselves, on a host of their own.
    pub fn is_on_premises(self) -> bool {
        matches!(
            self,
            Self::GitHubEnterprise
                | Self::GitLabSelfManaged
                | Self::BitbucketDataCenter
                | Self::AzureServer
        )
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::ProviderKind;

    #[test]
    fn every_product_is_read_back_from_its_word() {
        for kind in ProviderKind::ALL {
            assert_eq!(ProviderKind::parse(kind.word()), Some(kind));
        }
        assert_eq!(ProviderKind::parse(" GitHub "), Some(ProviderKind::GitHub));
        assert_eq!(ProviderKind::parse("gitea"), None);
    }
}
