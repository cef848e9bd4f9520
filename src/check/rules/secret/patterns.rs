//! The kinds of credentials, written from the formats that their issuers document. Data only.
//!
//! Where two kinds match the same place the earlier one is reported: the specific ones come first.
//!
//! Left out on purpose: Stripe's test keys (`sk_test_`: they move no money, and documentation is full of them), Twilio's
//! `AC…` and `SK…` (names, not secrets), the old Azure DevOps tokens (52 characters that nothing proves).

use crate::check::rules::secret::kind::{Alphabet, Kind, Lead, Part, Shape};
use crate::check::rules::secret::proof;

const DIGIT: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const HEX_UPPER: &str = "0123456789ABCDEF";
const BASE_32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const UPPER_DIGIT: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTER_DIGIT: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A name, what stands between it and its value, and the value. Knows `name=value`, `"name": "value"`, YAML, and Postman's
/// `"key": "name", "value": "value"`, each also escaped inside a JSON string.
macro_rules! assigned {
    ($name:literal, $value:literal) => {
        concat!(
            r"\A(?i:",
            $name,
            r#")(?:\\*["'])?(?:\s|\\[nrt]){0,64}"#,
            r#"(?:[:=]>?|,?(?:\s|\\[nrt]){0,64}(?:\\*["'])?value(?:\\*["'])?\s{0,8}[:=])"#,
            r#"(?:\s|\\[nrt]){0,64}(?:\\*["'])?(?P<secret>"#,
            $value,
            ")"
        )
    };
}

/// What most kinds share.
const BASE: Kind = Kind {
    id: "",
    name: "",
    keywords: &[],
    ignore_case: false,
    lead: Lead::Word,
    pattern: "",
    max_len: 256,
    alphabet: Alphabet::Word,
    verify: proof::drawn_mixed,
    revoke: "",
    example: Shape {
        before: "",
        parts: &[],
        after: "",
    },
};

/// Every kind, the more specific first.
pub static KINDS: &[Kind] = &[
    Kind {
        id: "postman-api-key",
        name: "Postman API key",
        keywords: &["PMAK-"],
        pattern: r"\APMAK-(?P<body>[0-9a-f]{24}-[0-9a-f]{34})",
        alphabet: Alphabet::UrlSafe,
        revoke: "delete the key at https://go.postman.co/settings/me/api-keys",
        example: Shape {
            before: "X-API-Key: ",
            parts: &[
                Part::Text("PMAK-"),
                Part::Draw(HEX, 24),
                Part::Text("-"),
                Part::Draw(HEX, 34),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "postman-collection-access-key",
        name: "Postman collection access key",
        keywords: &["PMAT-"],
        pattern: r"\APMAT-[0-7][0-9A-HJKMNP-TV-Z]{25}",
        alphabet: Alphabet::UrlSafe,
        revoke: "delete the collection access key in the settings of your Postman team",
        example: Shape {
            before: "?access_key=",
            parts: &[Part::Text("PMAT-01"), Part::Draw(CROCKFORD, 24)],
            after: "&x=1",
        },
        ..BASE
    },
    Kind {
        id: "github-personal-access-token",
        name: "GitHub personal access token",
        keywords: &["ghp_"],
        pattern: r"\Aghp_(?P<body>[0-9A-Za-z]{36})",
        verify: proof::with_checksum,
        revoke: "delete the token at https://github.com/settings/tokens",
        example: Shape {
            before: "token: ",
            parts: &[
                Part::Text("ghp_"),
                Part::Draw(LETTER_DIGIT, 30),
                Part::Checksum,
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "github-fine-grained-token",
        name: "GitHub fine-grained personal access token",
        keywords: &["github_pat_"],
        pattern: r"\Agithub_pat_(?P<body>[0-9A-Za-z]{22}_[0-9A-Za-z]{59})",
        verify: proof::drawn_from_all,
        revoke: "delete the token at https://github.com/settings/personal-access-tokens",
        example: Shape {
            before: "token: ",
            parts: &[
                Part::Text("github_pat_11"),
                Part::Draw(LETTER_DIGIT, 20),
                Part::Text("_"),
                Part::Draw(LETTER_DIGIT, 59),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "github-oauth-token",
        name: "GitHub OAuth access token",
        keywords: &["gho_"],
        pattern: r"\Agho_(?P<body>[0-9A-Za-z]{36})",
        verify: proof::with_checksum,
        revoke: "revoke the app at https://github.com/settings/applications",
        example: Shape {
            before: "token: ",
            parts: &[
                Part::Text("gho_"),
                Part::Draw(LETTER_DIGIT, 30),
                Part::Checksum,
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "github-app-token",
        name: "GitHub App token",
        keywords: &["ghs_", "ghu_"],
        pattern: r"\Agh(?:s_(?:[0-9]{1,12}_)?eyJ[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{22,}|[su]_(?P<body>[0-9A-Za-z]{36}))",
        max_len: 4096,
        alphabet: Alphabet::UrlSafe,
        verify: proof::github_app,
        revoke: "let the token expire or revoke the installation of the GitHub App",
        example: Shape {
            before: "token: ",
            parts: &[
                Part::Text("ghs_"),
                Part::Draw(LETTER_DIGIT, 30),
                Part::Checksum,
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "github-refresh-token",
        name: "GitHub App refresh token",
        keywords: &["ghr_"],
        pattern: r"\Aghr_(?P<body>[0-9A-Za-z]{76})",
        verify: proof::drawn_from_all,
        revoke: "revoke the app at https://github.com/settings/apps/authorizations",
        example: Shape {
            before: "token: ",
            parts: &[Part::Text("ghr_"), Part::Draw(LETTER_DIGIT, 76)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "gitlab-personal-access-token",
        name: "GitLab access token",
        keywords: &["glpat-"],
        pattern: r"\Aglpat-(?P<body>[0-9A-Za-z_-]{27,300}\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9}|[0-9A-Za-z_-]{20})",
        max_len: 384,
        alphabet: Alphabet::UrlSafe,
        revoke: "revoke the token among the access tokens of the GitLab user, group or project",
        example: Shape {
            before: "PRIVATE-TOKEN: ",
            parts: &[Part::Text("glpat-"), Part::Draw(LETTER_DIGIT, 20)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "gitlab-token",
        name: "GitLab token",
        keywords: &[
            "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
            "glsoat-", "glffct-", "gloas-",
        ],
        pattern: r"\Agl(?:dt|rtr?|cbt|ptt|ft|imt|agent|soat|ffct|oas)-(?P<body>[0-9A-Za-z_-]{20,300}(?:\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9})?)",
        max_len: 384,
        alphabet: Alphabet::UrlSafe,
        revoke: "revoke or rotate the token in the settings of the GitLab group or project",
        example: Shape {
            before: "token: ",
            parts: &[Part::Text("gldt-"), Part::Draw(LETTER_DIGIT, 20)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "atlassian-api-token",
        name: "Atlassian API token",
        keywords: &["ATATT3xFfGF0"],
        pattern: r"\AATATT3xFfGF0(?P<body>[0-9A-Za-z_-]{100,800})(?:=|%3D|\\u003[dD])[0-9A-F]{8}",
        max_len: 1024,
        alphabet: Alphabet::UrlSafe,
        revoke: "revoke the token at https://id.atlassian.com/manage-profile/security/api-tokens",
        example: Shape {
            before: "password: ",
            parts: &[
                Part::Text("ATATT3xFfGF0"),
                Part::Draw(LETTER_DIGIT, 171),
                Part::Text("="),
                Part::Draw(HEX_UPPER, 8),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "bitbucket-access-token",
        name: "Bitbucket or Atlassian access token",
        keywords: &["ATCTT3xFfGN0"],
        pattern: r"\AATCTT3xFfGN0(?P<body>[0-9A-Za-z_-]{100,800})(?:=|%3D|\\u003[dD])[0-9A-F]{8}",
        max_len: 1024,
        alphabet: Alphabet::UrlSafe,
        revoke: "revoke the token among the access tokens of the Bitbucket repository, project or workspace",
        example: Shape {
            before: "https://x-token-auth:",
            parts: &[
                Part::Text("ATCTT3xFfGN0"),
                Part::Draw(LETTER_DIGIT, 171),
                Part::Text("="),
                Part::Draw(HEX_UPPER, 8),
            ],
            after: "@bitbucket.org/a/b",
        },
        ..BASE
    },
    Kind {
        id: "bitbucket-app-password",
        name: "Bitbucket app password",
        keywords: &["ATBB"],
        pattern: r"\AATBB(?P<body>[0-9A-Za-z]{24}[0-9A-F]{8})",
        verify: proof::drawn_from_all,
        revoke: "delete the app password at https://bitbucket.org/account/settings/app-passwords/",
        example: Shape {
            before: "password: ",
            parts: &[
                Part::Text("ATBB"),
                Part::Draw(LETTER_DIGIT, 24),
                Part::Draw(HEX_UPPER, 8),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "azure-devops-token",
        name: "Azure DevOps personal access token",
        keywords: &["AZDO"],
        lead: Lead::Run(Alphabet::Alphanumeric, 76),
        pattern: r"\A(?P<body>[0-9A-Za-z]{52})[0-9A-Za-z]{24}AZDO[0-9A-Za-z]{4}",
        verify: proof::drawn_from_all,
        revoke: "revoke the token at https://dev.azure.com/{organization}/_usersSettings/tokens",
        example: Shape {
            before: "pat: ",
            parts: &[
                Part::Draw(LETTER_DIGIT, 52),
                Part::Text("JQQJ99BC"),
                Part::Draw(LETTER_DIGIT, 16),
                Part::Text("AZDO"),
                Part::Draw(LETTER_DIGIT, 4),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "azure-service-key",
        name: "Azure service key",
        keywords: &["JQQJ99"],
        lead: Lead::Run(Alphabet::Alphanumeric, 52),
        pattern: r"\A(?P<body>[0-9A-Za-z]{52})JQQJ99[A-Z][A-L][0-9A-Za-z]{24}",
        verify: proof::drawn_from_all,
        revoke: "regenerate the key of the resource in the Azure portal",
        example: Shape {
            before: "api-key: ",
            parts: &[
                Part::Draw(LETTER_DIGIT, 52),
                Part::Text("JQQJ99BF"),
                Part::Draw(LETTER_DIGIT, 24),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "azure-storage-key",
        name: "Azure storage account key",
        keywords: &["+ASt"],
        lead: Lead::Run(Alphabet::Base64, 76),
        pattern: r"\A(?P<body>[0-9A-Za-z+/]{76})\+ASt[0-9A-Za-z+/]{5}[AQgw](?:==|%3D%3D|(?:\\u003[dD]){2})",
        alphabet: Alphabet::Base64,
        verify: proof::drawn_from_all,
        revoke: "rotate the key of the storage account in the Azure portal",
        example: Shape {
            before: "AccountKey=",
            parts: &[
                Part::Draw(LETTER_DIGIT, 76),
                Part::Text("+ASt"),
                Part::Draw(LETTER_DIGIT, 5),
                Part::Text("g=="),
            ],
            after: ";EndpointSuffix=core.windows.net",
        },
        ..BASE
    },
    Kind {
        id: "azure-storage-connection-key",
        name: "Azure storage account key in a connection string",
        keywords: &["AccountKey="],
        ignore_case: true,
        lead: Lead::Anything,
        pattern: r"\A(?i:AccountKey=)(?P<secret>[0-9A-Za-z+/]{85}[AQgw](?:==|%3D%3D|(?:\\u003[dD]){2}))",
        alphabet: Alphabet::Base64,
        verify: proof::drawn_from_all,
        revoke: "rotate the key of the storage account in the Azure portal",
        example: Shape {
            before: "AccountName=logs;AccountKey=",
            parts: &[Part::Draw(LETTER_DIGIT, 85), Part::Text("g==")],
            after: ";EndpointSuffix=core.windows.net",
        },
        ..BASE
    },
    Kind {
        id: "aws-access-key-id",
        name: "AWS access key id",
        keywords: &["AKIA", "ASIA"],
        pattern: r"\AA(?:K|S)IA(?P<body>[A-Z2-7]{16})",
        verify: proof::drawn,
        revoke: "deactivate the key in the IAM console of AWS",
        example: Shape {
            before: "accessKey: ",
            parts: &[Part::Text("AKIA"), Part::Draw(BASE_32, 16)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "aws-secret-access-key",
        name: "AWS secret access key",
        keywords: &[
            "secret_access_key",
            "secret-access-key",
            "secretaccesskey",
            "aws_secret_key",
            "secretkey",
        ],
        ignore_case: true,
        lead: Lead::Anything,
        pattern: assigned!(
            r"secret[_-]?access[_-]?key|aws_secret_key|secretkey",
            r"[0-9A-Za-z+/]{40}"
        ),
        max_len: 512,
        alphabet: Alphabet::Base64,
        verify: proof::aws_secret,
        revoke: "deactivate the key in the IAM console of AWS",
        example: Shape {
            before: "aws_secret_access_key = ",
            parts: &[Part::Draw(LETTER_DIGIT, 40)],
            after: "\n",
        },
    },
    Kind {
        id: "google-api-key",
        name: "Google API key",
        keywords: &["AIza"],
        pattern: r"\AAIza(?P<body>[0-9A-Za-z_-]{35})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "restrict or delete the key at https://console.cloud.google.com/apis/credentials",
        example: Shape {
            before: "?key=",
            parts: &[Part::Text("AIza"), Part::Draw(LETTER_DIGIT, 35)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "google-oauth-client-secret",
        name: "Google OAuth client secret",
        keywords: &["GOCSPX-"],
        pattern: r"\AGOCSPX-(?P<body>[0-9A-Za-z_-]{28})",
        alphabet: Alphabet::UrlSafe,
        revoke: "reset the secret at https://console.cloud.google.com/apis/credentials",
        example: Shape {
            before: "client_secret: ",
            parts: &[Part::Text("GOCSPX-"), Part::Draw(LETTER_DIGIT, 28)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "google-service-account-key",
        name: "Google service account key",
        keywords: &["private_key"],
        lead: Lead::Anything,
        pattern: assigned!(
            r"private_key",
            r"-----BEGIN PRIVATE KEY-----(?P<body>(?:[^-]|-[^-])+)-----END PRIVATE KEY-----"
        ),
        max_len: 16384,
        verify: proof::service_account,
        revoke: "delete the key of the service account at https://console.cloud.google.com/iam-admin/serviceaccounts",
        example: Shape {
            before: "{\"type\": \"service_account\", \"private_key\": \"",
            parts: &[
                Part::Text("-----BEGIN PRIVATE KEY-----\n"),
                Part::Der(600),
                Part::Text("-----END PRIVATE KEY-----"),
            ],
            after: "\"}",
        },
        ..BASE
    },
    Kind {
        id: "slack-token",
        name: "Slack token",
        keywords: &[
            "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xox", "xapp-",
        ],
        pattern: r"\A(?:xox[abprs]-(?:2-)?[0-9]{9,14}-(?:[0-9]{9,14}-){0,2}[0-9A-Za-z]{24,64}|xoxe(?:\.xox[bp])?-[0-9]-[0-9A-Za-z]{140,180}|xapp-[0-9]-[0-9A-Z]{9,12}-[0-9]{10,14}-[0-9a-f]{64})",
        max_len: 320,
        alphabet: Alphabet::UrlSafe,
        revoke: "revoke the token on the page of the app at https://api.slack.com/apps",
        example: Shape {
            before: "token=",
            parts: &[
                Part::Text("xoxb-"),
                Part::Draw(DIGIT, 12),
                Part::Text("-"),
                Part::Draw(DIGIT, 13),
                Part::Text("-"),
                Part::Draw(LETTER_DIGIT, 24),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "slack-webhook",
        name: "Slack webhook address",
        keywords: &["hooks.slack.com/"],
        lead: Lead::Anything,
        pattern: r"\Ahooks\.slack\.com/(?:services|workflows)/(?P<body>T[0-9A-Z]{8,12}/[AB][0-9A-Z]{8,12}(?:/[0-9]{17,20})?/[0-9A-Za-z]{24})",
        revoke: "remove the webhook on the page of the app at https://api.slack.com/apps",
        example: Shape {
            before: "https://",
            parts: &[
                Part::Text("hooks.slack.com/services/T"),
                Part::Draw(UPPER_DIGIT, 10),
                Part::Text("/B"),
                Part::Draw(UPPER_DIGIT, 10),
                Part::Text("/"),
                Part::Draw(LETTER_DIGIT, 24),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "stripe-live-key",
        name: "Stripe live key",
        keywords: &["sk_live_", "rk_live_"],
        pattern: r"\A[rs]k_live_(?P<body>[0-9A-Za-z]{24,247})",
        max_len: 320,
        revoke: "roll the key at https://dashboard.stripe.com/apikeys",
        example: Shape {
            before: "Bearer ",
            parts: &[Part::Text("rk_live_"), Part::Draw(LETTER_DIGIT, 99)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "twilio-auth-token",
        name: "Twilio auth token",
        keywords: &["auth_token", "auth-token", "authtoken"],
        ignore_case: true,
        lead: Lead::Anything,
        pattern: assigned!(r"auth[_-]?token", r"[0-9a-f]{32}"),
        max_len: 512,
        verify: proof::twilio,
        revoke: "rotate the auth token in the Twilio console",
        example: Shape {
            before: "TWILIO_AUTH_TOKEN=",
            parts: &[Part::Draw(HEX, 32)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "sendgrid-api-key",
        name: "SendGrid API key",
        keywords: &["SG."],
        pattern: r"\ASG\.(?P<body>[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "delete the key at https://app.sendgrid.com/settings/api_keys",
        example: Shape {
            before: "Bearer ",
            parts: &[
                Part::Text("SG."),
                Part::Draw(LETTER_DIGIT, 22),
                Part::Text("."),
                Part::Draw(LETTER_DIGIT, 43),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "mailgun-api-key",
        name: "Mailgun API key",
        keywords: &["key-"],
        pattern: r"\Akey-(?P<body>[0-9a-f]{32})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::mailgun,
        revoke: "delete the key at https://app.mailgun.com/settings/api_security",
        example: Shape {
            before: "https://api.mailgun.net api:",
            parts: &[Part::Text("key-"), Part::Draw(HEX, 32)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "npm-token",
        name: "npm access token",
        keywords: &["npm_"],
        pattern: r"\Anpm_(?P<body>[0-9A-Za-z]{36})",
        verify: proof::with_checksum,
        revoke: "delete the token with `npm token revoke`",
        example: Shape {
            before: "_authToken=",
            parts: &[
                Part::Text("npm_"),
                Part::Draw(LETTER_DIGIT, 30),
                Part::Checksum,
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "pypi-token",
        name: "PyPI API token",
        keywords: &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"],
        pattern: r"\Apypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)(?P<body>[0-9A-Za-z_-]{50,})",
        max_len: 2048,
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "remove the token at https://pypi.org/manage/account/",
        example: Shape {
            before: "password: ",
            parts: &[
                Part::Text("pypi-AgEIcHlwaS5vcmc"),
                Part::Draw(LETTER_DIGIT, 150),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "anthropic-api-key",
        name: "Anthropic API key",
        keywords: &["sk-ant-"],
        pattern: r"\Ask-ant-[a-z]{2,8}[0-9]{2}-(?P<body>[0-9A-Za-z_-]{80,120})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "delete the key at https://console.anthropic.com/settings/keys",
        example: Shape {
            before: "x-api-key: ",
            parts: &[
                Part::Text("sk-ant-api03-"),
                Part::Draw(LETTER_DIGIT, 93),
                Part::Text("AA"),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "openai-api-key",
        name: "OpenAI API key",
        keywords: &["sk-"],
        pattern: r"\Ask-(?:proj-|svcacct-|admin-)?(?P<body>[0-9A-Za-z_-]{20,100}T3BlbkFJ[0-9A-Za-z_-]{20,100})",
        max_len: 320,
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "delete the key at https://platform.openai.com/api-keys",
        example: Shape {
            before: "Bearer ",
            parts: &[
                Part::Text("sk-proj-"),
                Part::Draw(LETTER_DIGIT, 74),
                Part::Text("T3BlbkFJ"),
                Part::Draw(LETTER_DIGIT, 74),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "hugging-face-token",
        name: "Hugging Face token",
        keywords: &["hf_"],
        pattern: r"\Ahf_(?P<body>[A-Za-z]{34})",
        revoke: "delete the token at https://huggingface.co/settings/tokens",
        example: Shape {
            before: "Bearer ",
            parts: &[Part::Text("hf_"), Part::Draw(LETTER, 34)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "shopify-token",
        name: "Shopify token",
        keywords: &["shpat_", "shpca_", "shppa_", "shpss_"],
        pattern: r"\Ashp(?:at|ca|pa|ss)_(?P<body>[0-9a-fA-F]{32})",
        revoke: "rotate the credentials of the app in the Shopify admin",
        example: Shape {
            before: "X-Shopify-Access-Token: ",
            parts: &[Part::Text("shpat_"), Part::Draw(HEX, 32)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "digitalocean-token",
        name: "DigitalOcean token",
        keywords: &["dop_v1_", "doo_v1_", "dor_v1_"],
        pattern: r"\Ado[opr]_v1_(?P<body>[0-9a-f]{64})",
        revoke: "delete the token at https://cloud.digitalocean.com/account/api/tokens",
        example: Shape {
            before: "Bearer ",
            parts: &[Part::Text("dop_v1_"), Part::Draw(HEX, 64)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "databricks-token",
        name: "Databricks personal access token",
        keywords: &["dapi"],
        pattern: r"\Adapi(?P<body>[0-9a-f]{32})(?:-[0-9])?",
        revoke: "revoke the token in the developer settings of the Databricks workspace",
        example: Shape {
            before: "Bearer ",
            parts: &[Part::Text("dapi"), Part::Draw(HEX, 32)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "vault-token",
        name: "HashiCorp Vault token",
        keywords: &["hvs.", "hvb.", "hvr."],
        pattern: r"\Ahv[brs]\.(?P<body>[0-9A-Za-z_-]{90,300}|[0-9A-Za-z]{24})",
        max_len: 320,
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "revoke the token with `vault token revoke`",
        example: Shape {
            before: "X-Vault-Token: ",
            parts: &[Part::Text("hvs."), Part::Draw(LETTER_DIGIT, 95)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "telegram-bot-token",
        name: "Telegram bot token",
        keywords: &[":AA"],
        lead: Lead::Run(Alphabet::Digit, 10),
        pattern: r"\A[0-9]{8,10}:AA(?P<body>[0-9A-Za-z_-]{33})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::drawn_from_all,
        revoke: "revoke the token with /revoke in the chat with BotFather",
        example: Shape {
            before: "https://api.telegram.org/bot",
            parts: &[
                Part::Draw(DIGIT, 1),
                Part::Text("9"),
                Part::Draw(DIGIT, 7),
                Part::Text(":AA"),
                Part::Draw(LETTER_DIGIT, 33),
            ],
            after: "/getMe",
        },
        ..BASE
    },
    Kind {
        id: "discord-webhook",
        name: "Discord webhook address",
        keywords: &["/api/webhooks/"],
        lead: Lead::Anything,
        pattern: r"\A/api/webhooks/(?P<body>[0-9]{17,20}/[0-9A-Za-z_-]{60,80})",
        alphabet: Alphabet::UrlSafe,
        revoke: "delete the webhook in the settings of the Discord channel",
        example: Shape {
            before: "https://discord.com",
            parts: &[
                Part::Text("/api/webhooks/"),
                Part::Draw(DIGIT, 19),
                Part::Text("/"),
                Part::Draw(LETTER_DIGIT, 68),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "discord-bot-token",
        name: "Discord bot token",
        keywords: &["Bot ", "bot_token", "discord_token"],
        ignore_case: true,
        lead: Lead::Anything,
        pattern: concat!(
            r#"\A(?i:bot |(?:bot|discord)_token(?:\\*["'])?\s{0,8}[:=]\s{0,8}(?:\\*["'])?)"#,
            r"(?P<secret>[MNO][0-9A-Za-z_-]{22,27}\.[0-9A-Za-z_-]{6}\.(?P<body>[0-9A-Za-z_-]{27,38}))"
        ),
        max_len: 512,
        alphabet: Alphabet::UrlSafe,
        verify: proof::discord_bot,
        revoke: "reset the token at https://discord.com/developers/applications",
        example: Shape {
            before: "Authorization: Bot ",
            parts: &[
                Part::Encoded("284019573625184407"),
                Part::Text("."),
                Part::Draw(LETTER_DIGIT, 6),
                Part::Text("."),
                Part::Draw(LETTER_DIGIT, 38),
            ],
            after: "",
        },
    },
    Kind {
        id: "square-token",
        name: "Square token",
        keywords: &["sq0atp-", "sq0csp-", "EAAA"],
        pattern: r"\A(?:sq0atp-[0-9A-Za-z_-]{22}|sq0csp-[0-9A-Za-z_-]{43}|EAAA[0-9A-Za-z_-]{60})",
        alphabet: Alphabet::UrlSafe,
        verify: proof::square,
        revoke: "replace the credential at https://developer.squareup.com/apps",
        example: Shape {
            before: "square: ",
            parts: &[Part::Text("sq0csp-"), Part::Draw(LETTER_DIGIT, 43)],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "private-key",
        name: "private key",
        keywords: &["-----BEGIN "],
        lead: Lead::Anything,
        pattern: r"\A-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-[^-])+)-----END (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----",
        max_len: 16384,
        verify: proof::private_key,
        revoke: "replace the key pair wherever its public half is trusted",
        example: Shape {
            before: "key: |\n",
            parts: &[
                Part::Text("-----BEGIN RSA PRIVATE KEY-----\n"),
                Part::Der(600),
                Part::Text("-----END RSA PRIVATE KEY-----"),
            ],
            after: "",
        },
        ..BASE
    },
    Kind {
        id: "json-web-token",
        name: "JSON Web Token",
        keywords: &["eyJ"],
        pattern: r"\AeyJ[0-9A-Za-z_-]{9,}\.eyJ[0-9A-Za-z_-]{9,}\.[0-9A-Za-z_-]{22,}",
        max_len: 16384,
        alphabet: Alphabet::UrlSafe,
        verify: proof::json_web_token,
        revoke: "end the session or rotate the signing key that the token was issued with",
        example: Shape {
            before: "Bearer ",
            parts: &[
                Part::Encoded("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
                Part::Text("."),
                Part::Encoded("{\"sub\":\"user-5521\",\"iat\":1700000000}"),
                Part::Text("."),
                Part::Draw(LETTER_DIGIT, 43),
            ],
            after: "",
        },
        ..BASE
    },
];
