//! Files that steer editors, build servers and reviews: no content of an API, and nothing that a sync may make or replace.

use crate::model::path::RepoPath;

/// What CI systems and hosts read that is not hidden, in lower case.
const READ_BY_CI: [&str; 24] = [
    "appveyor.yaml",
    "appveyor.yml",
    "bitbucket-pipelines.yaml",
    "bitbucket-pipelines.yml",
    "bitrise.yml",
    "buildspec.yaml",
    "buildspec.yml",
    "circle.yml",
    "cloudbuild.json",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    "codemagic.yaml",
    "codeowners",
    "dockerfile",
    "fly.toml",
    "heroku.yml",
    "makefile",
    "netlify.toml",
    "now.json",
    "render.yaml",
    "screwdriver.yaml",
    "shippable.yml",
    "vercel.json",
    "wercker.yml",
];

/// Whether a path is hidden, or is one that a CI system reads. How it is written counts for nothing: not every disk tells
/// names apart by case.
pub fn is_steering(path: &RepoPath) -> bool {
    let is_hidden = path.components().any(|part| part.starts_with('.'));
    is_hidden || path.components().last().is_some_and(is_read_by_ci)
}

fn is_read_by_ci(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    READ_BY_CI.contains(&name.as_str())
        // Projects have several of these, told apart by what follows.
        || name.starts_with("jenkinsfile")
        || name.ends_with(".jenkinsfile")
        || (is_yaml && name.starts_with("azure-pipelines"))
        || name.ends_with(".gitlab-ci.yml")
}

#[cfg(test)]
mod tests {
    use super::{READ_BY_CI, is_steering};
    use crate::mirror::testing::path;

    #[test]
    fn what_steers_is_told_from_content_wherever_it_lies() {
        for steering in [
            ".github/workflows/a.yml",
            "postman/.hidden/a.yaml",
            "Jenkinsfile",
            "jenkinsfile.deploy",
            "ci/release.Jenkinsfile",
            "azure-pipelines.yml",
            "build/Azure-Pipelines-nightly.yaml",
            "bitbucket-pipelines.yml",
            "Bitbucket-Pipelines.YML",
            "ci/deploy.gitlab-ci.yml",
            "docs/CODEOWNERS",
            "Makefile",
        ] {
            assert!(is_steering(&path(steering)), "{steering}");
        }
        for content in [
            "postman/schemas/index.yaml",
            "pipelines.yml",
            "schemas/azure.yaml",
            "azure-pipelines.json",
            "appveyor/schema.yml",
            "jenkins.yaml",
        ] {
            assert!(!is_steering(&path(content)), "{content}");
        }
        assert!(READ_BY_CI.is_sorted());
    }
}
