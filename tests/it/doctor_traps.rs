//! The traps of providers, each by the answer that the real service gives: status, headers, body. `doctor` tells what it means and
//! where it is changed. `cargo test --test it doctor -- --nocapture` prints what it says.

use serde_json::{Value, json};

use crate::doctor::{Patient, show};
use crate::support::service::{Answer, Call, Service};

/// A trap.
struct Trap {
    name: &'static str,
    kind: &'static str,
    /// What the remote's address ends with, and what the site's begins with.
    remote: &'static str,
    below: &'static str,
    token: (&'static str, &'static str),
    answer: fn(&Call) -> Answer,
    /// What must be said, among it the page.
    says: &'static [&'static str],
}

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const FINE: (&str, &str) = ("GITHUB_TOKEN", "github_pat_0123456789");
const CLASSIC: (&str, &str) = ("GH_TOKEN", "ghp_0123456789");
const OAUTH: (&str, &str) = ("GH_TOKEN", "gho_0123456789");
/// A token of Microsoft Entra ID, or of an OAuth app: a JSON web token.
const BEARER: (&str, &str) = ("AZURE_DEVOPS_TOKEN", "eyJhbGciOi.eyJzdWIi.c2ln");
const PERSONAL: (&str, &str) = ("AZURE_DEVOPS_TOKEN", "pat0123456789");

fn github(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

/// A repository in which the account may push, whatever its token may do.
fn github_repository(call: &Call) -> Answer {
    match (call.method.as_str(), &call.path()[3..]) {
        ("GET", []) => Answer::json(
            200,
            &json!({
                "id": 4711, "node_id": "R_1", "name": "orders", "full_name": "acme/orders", "private": true, "fork": false,
                "owner": { "login": "acme", "id": 2, "type": "Organization" }, "default_branch": "main", "archived": false, "disabled": false,
                "html_url": "https://github.com/acme/orders", "permissions": { "admin": false, "maintain": false, "push": true, "triage": true, "pull": true },
            }),
        )
        .with("github-authentication-token-expiration", "2026-12-24 18:00:00 UTC"),
        ("GET", ["git", ..]) => Answer::json(
            200,
            &json!({ "ref": "refs/heads/main", "object": { "type": "commit", "sha": SHA, "url": "https://api.github.com" } }),
        ),
        ("GET", ["rules", ..]) => Answer::json(200, &json!([])),
        ("GET", ["branches", ..]) => Answer::json(
            200,
            &json!({ "name": "main", "commit": { "sha": SHA }, "protected": false }),
        ),
        _ => github(404, "Not Found"),
    }
}

fn lacking(permission: &str) -> Answer {
    github(403, "Resource not accessible by personal access token")
        .with("x-accepted-github-permissions", permission)
}

fn azure(status: u16, key: &str, message: &str) -> Answer {
    let body = json!({
        "$id": "1", "innerException": null, "message": message, "typeName": format!("Microsoft.TeamFoundation.Framework.Server.{key}, Microsoft.TeamFoundation.Framework.Server"),
        "typeKey": key, "errorCode": 0, "eventId": 3000,
    });
    Answer::json(status, &body)
}

fn bitbucket(status: u16, error: &Value) -> Answer {
    Answer::json(status, &json!({ "type": "error", "error": error }))
}

const TRAPS: &[Trap] = &[
    Trap {
        name: "GitHub: the token of an OAuth app that was revoked, perhaps for an eleventh",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: OAUTH,
        answer: |_| github(401, "Bad credentials"),
        says: &[
            "GitHub refused the token: Bad credentials",
            "keeps ten tokens for a user, an OAuth app and a set of scopes",
        ],
    },
    Trap {
        name: "GitHub: an organisation protected by SAML",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: CLASSIC,
        answer: |call| {
            let url = format!(
                "required; url=http://{}/orgs/acme/sso?authorization_request=A42",
                call.header("host")
            );
            github(403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.")
                .with("x-github-sso", &url)
        },
        says: &[
            "protected by single sign-on",
            "“Configure SSO”",
            "/orgs/acme/sso?authorization_request=A42",
        ],
    },
    Trap {
        name: "GitHub: an organisation left out because of SAML (`partial-results`)",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: CLASSIC,
        answer: |call| match call.path().as_slice() {
            ["user", "repos"] => Answer::json(200, &json!([])).with(
                "x-github-sso",
                "partial-results; organizations=21955855,20582480",
            ),
            _ => github(404, "Not Found"),
        },
        says: &[
            "leaves out organisations that want it (21955855, 20582480)",
            "“Configure SSO”",
            "/settings/tokens",
        ],
    },
    Trap {
        name: "GitHub: a fine-grained token that may less than its account",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: FINE,
        answer: |call| match call.method.as_str() {
            "POST" => lacking("contents=write"),
            _ => github_repository(call),
        },
        says: &[
            "ok       account-access     the account may push",
            "it wants contents=write",
            "“Contents”: Read and write",
            "/settings/personal-access-tokens",
        ],
    },
    Trap {
        name: "GitHub: a fine-grained token that writes and opens no pull requests",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: FINE,
        answer: |call| match (call.method.as_str(), call.path().last()) {
            ("POST", Some(&"pulls")) => lacking("pull_requests=write"),
            ("POST", _) => {
                Answer::json(201, &json!({ "sha": SHA, "url": "https://api.github.com" }))
            }
            _ => github_repository(call),
        },
        says: &[
            "may open no pull requests",
            "“Pull requests”: Read and write",
        ],
    },
    Trap {
        name: "GitHub: an organisation that has not approved the OAuth app",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: OAUTH,
        answer: |_| {
            github(
                403,
                "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited. For more information on these restrictions, including how to enable this app, visit https://docs.github.com/articles/restricting-access-to-your-organization-s-data/",
            )
        },
        says: &[
            "“OAuth app policy”",
            "/organizations/acme/settings/oauth_application_policy",
        ],
    },
    Trap {
        name: "GitHub: an organisation with a list of addresses",
        kind: "github",
        remote: "acme/orders",
        below: "",
        token: CLASSIC,
        answer: |_| {
            github(
                403,
                "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
            )
        },
        says: &["“IP allow list”", "/organizations/acme/settings/security"],
    },
    Trap {
        name: "GitLab: a token that has expired",
        kind: "gitlab-self-managed",
        remote: "acme/apis/orders",
        below: "",
        token: ("GITLAB_TOKEN", "glpat-0123456789"),
        answer: |_| {
            Answer::json(
                401,
                &json!({ "error": "invalid_token", "error_description": "Token is expired. You can either do re-authorization or token refresh." }),
            )
        },
        says: &[
            "Token is expired",
            "/-/user_settings/personal_access_tokens",
        ],
    },
    Trap {
        name: "GitLab: a project that the token may not see",
        kind: "gitlab-self-managed",
        remote: "acme/apis/orders",
        below: "",
        token: ("GITLAB_TOKEN", "glpat-0123456789"),
        answer: |_| Answer::json(404, &json!({ "message": "404 Project Not Found" })),
        says: &[
            "404 Project Not Found",
            "GitLab answers so, too, for what the token may not see",
            "/acme/apis/orders/-/project_members",
        ],
    },
    Trap {
        name: "GitLab: a token without the scope",
        kind: "gitlab-self-managed",
        remote: "acme/apis/orders",
        below: "",
        token: ("GITLAB_TOKEN", "glpat-0123456789"),
        answer: |_| {
            Answer::json(
                403,
                &json!({ "error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api read_api" }),
            )
        },
        says: &["higher privileges", "scope `read_api`"],
    },
    Trap {
        name: "Azure: 203 with a page to sign in on",
        kind: "azure-devops-services",
        remote: "acme/shop/_git/orders",
        below: "/acme",
        token: PERSONAL,
        answer: |_| {
            Answer::of(203, "text/html; charset=utf-8", "\r\n<!DOCTYPE html>\r\n<html lang=\"en-US\"><head><title>Azure DevOps Services | Sign In</title></head></html>")
            .with("x-tfs-fedauthrealm", "https://tfs.app.visualstudio.com/")
        },
        says: &["it shows its sign-in page", "/acme/_usersSettings/tokens"],
    },
    Trap {
        name: "Azure: an expired token, told by a header",
        kind: "azure-devops-services",
        remote: "acme/shop/_git/orders",
        below: "/acme",
        token: PERSONAL,
        answer: |_| {
            Answer::of(401, "text/html", "").with(
                "x-tfs-serviceerror",
                "Access+Denied%3A+The+Personal+Access+Token+used+has+expired.",
            )
        },
        says: &[
            "The Personal Access Token used has expired",
            "/acme/_usersSettings/tokens",
        ],
    },
    Trap {
        name: "Azure: TF400813 for the token of an OAuth app",
        kind: "azure-devops-services",
        remote: "acme/shop/_git/orders",
        below: "/acme",
        token: BEARER,
        answer: |_| {
            azure(
                401,
                "UnauthorizedRequestException",
                "TF400813: The user 'aad.0123456789' is not authorized to access this resource.",
            )
        },
        says: &[
            "TF400813",
            "“Third-party application access via OAuth”",
            "Organization settings › Policies",
            "/acme/_settings/organizationPolicy",
        ],
    },
    Trap {
        name: "Azure: conditional access of Microsoft Entra ID",
        kind: "azure-devops-services",
        remote: "acme/shop/_git/orders",
        below: "/acme",
        token: BEARER,
        answer: |_| {
            azure(
                401,
                "UnauthorizedRequestException",
                "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
            )
        },
        says: &[
            "VS403463",
            "a conditional access policy of Microsoft Entra ID",
        ],
    },
    Trap {
        name: "Azure: 200 with `success: false`, since the token lacks a permission",
        kind: "azure-devops-services",
        remote: "acme/shop/_git/orders",
        below: "/acme",
        token: PERSONAL,
        answer: azure_refs,
        says: &[
            "the token cannot write code",
            "“Code (Read & write)”",
            "/acme/_usersSettings/tokens",
        ],
    },
    Trap {
        name: "Bitbucket Cloud: 401 for an app password",
        kind: "bitbucket-cloud",
        remote: "acme/orders",
        below: "",
        token: ("BITBUCKET_TOKEN", "kim:ATBBx1y2z3"),
        answer: |_| {
            bitbucket(
                401,
                &json!({ "message": "Token is invalid, expired, or not supported for this endpoint." }),
            )
        },
        says: &[
            "app passwords ended on 2026-07-28",
            "https://id.atlassian.com/manage-profile/security/api-tokens",
        ],
    },
    Trap {
        name: "Bitbucket Cloud: 410 for an app password",
        kind: "bitbucket-cloud",
        remote: "acme/orders",
        below: "",
        token: ("BITBUCKET_TOKEN", "kim:ATBBx1y2z3"),
        answer: |_| {
            bitbucket(
                410,
                &json!({ "message": "App passwords are no longer supported." }),
            )
        },
        says: &["app passwords ended on 2026-07-28"],
    },
    Trap {
        name: "Bitbucket Cloud: an API token without the address of its account",
        kind: "bitbucket-cloud",
        remote: "acme/orders",
        below: "",
        token: ("BITBUCKET_TOKEN", "ATATT3xFfGF0"),
        answer: |_| Answer::of(401, "text/plain", ""),
        says: &["give it as `mail:token`"],
    },
    Trap {
        name: "Bitbucket Cloud: a call that has ended",
        kind: "bitbucket-cloud",
        remote: "acme/orders",
        below: "",
        token: ("BITBUCKET_TOKEN", "kim@example.com:ATATT3xFfGF0"),
        answer: |_| {
            bitbucket(
                410,
                &json!({ "message": "This API is no longer supported. CHANGE-2770 - Functionality has been deprecated." }),
            )
        },
        says: &["CHANGE-2770", "use a newer version of git-postman"],
    },
    Trap {
        name: "Bitbucket Data Center: a token that was revoked",
        kind: "bitbucket-data-center",
        remote: "SHOP/orders",
        below: "",
        token: ("BITBUCKET_TOKEN", "NjM4Njk0MTU2"),
        answer: |_| {
            Answer::json(
                401,
                &json!({ "errors": [{ "context": null, "message": "Authentication failed. Please check your credentials and try again.", "exceptionName": "com.atlassian.bitbucket.auth.IncorrectPasswordAuthenticationException" }] }),
            )
        },
        says: &[
            "Authentication failed",
            "/plugins/servlet/access-tokens/manage",
        ],
    },
    Trap {
        name: "a proxy that answers in the place of the service",
        kind: "gitlab-self-managed",
        remote: "acme/apis/orders",
        below: "",
        token: ("GITLAB_TOKEN", "glpat-0123456789"),
        answer: |_| {
            Answer::of(
                200,
                "text/html",
                "<!doctype html><html><head><title>Welcome to the guest\u{1b}[2J network</title>",
            )
        },
        says: &[
            "titled “Welcome to the guest\\x1b[2J network”",
            "a proxy or a sign-in page answers in its place",
        ],
    },
];

/// Reads go, and a push of nothing is answered with 200 and no success.
fn azure_refs(call: &Call) -> Answer {
    let id = "278d5cd2-584d-4b63-824a-2ba458937249";
    match (call.method.as_str(), call.path().as_slice()) {
        ("GET", ["_apis", "connectionData"]) => Answer::json(
            200,
            &json!({ "instanceId": id, "authenticatedUser": { "id": id, "providerDisplayName": "Kim Lee" } }),
        ),
        ("POST", ["_apis", "security", "permissionevaluationbatch"]) => {
            let mut asked = call.json();
            for one in asked["evaluations"].as_array_mut().unwrap() {
                one["value"] = json!(true);
            }
            Answer::json(200, &asked)
        }
        ("GET", [.., "repositories", "orders"]) => Answer::json(
            200,
            &json!({ "id": id, "name": "orders", "url": "https://dev.azure.com/acme/_apis/git/repositories/x", "defaultBranch": "refs/heads/main",
                "project": { "id": id, "name": "shop", "state": "wellFormed", "visibility": "private" }, "size": 1, "isDisabled": false, "webUrl": "https://dev.azure.com/acme/shop/_git/orders" }),
        ),
        ("GET", [.., "refs"]) => Answer::json(
            200,
            &json!({ "value": [{ "name": "refs/heads/main", "objectId": SHA }], "count": 1 }),
        ),
        ("POST", [.., "refs"]) => Answer::json(
            200,
            &json!({ "value": [{ "repositoryId": id, "name": "refs/heads/main", "oldObjectId": SHA, "newObjectId": SHA,
                "isLocked": false, "updateStatus": "writePermissionRequired", "success": false }], "count": 1 }),
        ),
        _ => azure(
            404,
            "VssServiceException",
            "TF200016: there is no such thing",
        ),
    }
}

#[test]
fn doctor_tells_each_trap_by_the_real_answer() {
    let repository = Patient::at("git@git.example.com:acme/orders.git");
    let mut patient = Patient {
        repository,
        kind: "",
        url: String::new(),
        token: ("", "none"),
    };
    for trap in TRAPS {
        let service = Service::start(trap.below, trap.answer);
        let address = match trap.kind {
            "azure-devops-services" => format!("ssh://git@git.example.com/{}", trap.remote),
            "bitbucket-data-center" => format!("ssh://git@git.example.com/{}.git", trap.remote),
            _ => format!("git@git.example.com:{}.git", trap.remote),
        };
        let remote = ["remote", "set-url", "origin", &address];
        patient.repository.git(&remote).expect(0);
        patient.kind = trap.kind;
        patient.url = format!("{}{}", service.url, trap.below);
        patient.token = trap.token;
        let run = patient.doctor_as(&[], &[]);
        show(trap.name, &run);
        let secret = trap.token.1.rsplit(':').next().unwrap();
        let mut run = run.expect(1).never_says(secret).never_says("\u{1b}");
        for words in trap.says {
            run = run.says(words);
        }
    }
}
