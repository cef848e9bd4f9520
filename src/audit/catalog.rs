//! Every rule of an audit, by name.

use crate::audit::rule::Rule;
use crate::audit::rules;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &rules::api_in_several_folders::RULE,
    &rules::api_in_several_repositories::RULE,
    &rules::archived_repository::RULE,
    &rules::directory_mismatch::RULE,
    &rules::inherited_link::RULE,
    &rules::link_mismatch::RULE,
    &rules::missing_api::RULE,
    &rules::missing_repository::RULE,
    &rules::nested_directories::RULE,
    &rules::orphan_api::RULE,
    &rules::outdated_repository_name::RULE,
    &rules::several_apis_in_folder::RULE,
    &rules::several_apis_in_repository::RULE,
    &rules::stale_branch::RULE,
    &rules::unclaimed_connection::RULE,
    &rules::unconnected_repository::RULE,
    &rules::unguarded_repository::RULE,
    &rules::unknown_active_branch::RULE,
    &rules::unreadable_repository::RULE,
];

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_file_with_a_rule_is_listed_by_name() {
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/rules");
        let mut declared = 0;
        for file in std::fs::read_dir(root).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            declared += usize::from(text.contains("pub static RULE: Rule"));
        }
        assert_eq!(declared, RULES.len());
    }
}
