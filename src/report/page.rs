//! What every page of ours has in common: it stands alone, and runs no style and no script but its own.

use crate::model::base64::encode_standard;
use crate::model::digest::Digest;
use crate::report::escape::html;

/// The beginning of a page, up to and with `<body>`. Its policy names style and script by their digests, so that nothing
/// else would run even where an escape were missing, and nothing is asked of any network.
pub fn head(title: &str, style: &str, script: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"generator\" content=\"git-postman {}\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        digest(style),
        digest(script),
        env!("CARGO_PKG_VERSION"),
        html(title),
    )
}

/// Its end.
pub fn tail(script: &str) -> String {
    format!("<script>{script}</script>\n</body>\n</html>\n")
}

fn digest(text: &str) -> String {
    let digest = Digest::of(text.as_bytes());
    format!("sha256-{}", encode_standard(digest.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn the_policy_names_style_and_script_by_their_digests() {
        let page = head("a<b", "", "");
        let empty = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert!(page.contains(&format!("style-src '{empty}'; script-src '{empty}'")));
        assert!(page.contains("default-src 'none'") && page.contains("<title>a&lt;b</title>"));
    }
}
