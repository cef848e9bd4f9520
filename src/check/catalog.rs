//! Every rule, in the order of the docs: by group, then by name.

use crate::check::rule::{Group, Rule};
use crate::check::rules::{document, layout, mapping, secret};
use crate::model::rule::RuleText;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &layout::blocked_metadata::RULE,
    &layout::collection_among_definitions::RULE,
    &layout::colliding_paths::RULE,
    &layout::definition_among_collections::RULE,
    &layout::environment_among_collections::RULE,
    &layout::missing_directory::RULE,
    &layout::missing_root_file::RULE,
    &layout::nested_directories::RULE,
    &layout::no_root_file::RULE,
    &layout::refused_name::RULE,
    &layout::stray_file::RULE,
    &layout::unfit_root_file::RULE,
    &layout::unportable_name::RULE,
    &layout::unreadable_metadata::RULE,
    &layout::unusable_directory::RULE,
    &layout::wrong_extension::RULE,
    &mapping::api_id_mismatch::RULE,
    &mapping::api_in_several_folders::RULE,
    &mapping::changed_link::RULE,
    &mapping::collection_id_mismatch::RULE,
    &mapping::definition_type_mismatch::RULE,
    &mapping::duplicate_api_id::RULE,
    &mapping::duplicate_cloud_id::RULE,
    &mapping::duplicate_collection_id::RULE,
    &mapping::invalid_api_id::RULE,
    &mapping::invalid_cloud_id::RULE,
    &mapping::invalid_metadata::RULE,
    &mapping::invalid_workspace_id::RULE,
    &mapping::listed_in_another_case::RULE,
    &mapping::listed_path_outside::RULE,
    &mapping::missing_api_file::RULE,
    &mapping::missing_listed_file::RULE,
    &mapping::missing_mapped_path::RULE,
    &mapping::mixed_metadata::RULE,
    &mapping::orphan_api_file::RULE,
    &mapping::outdated_metadata::RULE,
    &mapping::several_apis_in_folder::RULE,
    &mapping::several_apis_in_repository::RULE,
    &mapping::shared_collection_directory::RULE,
    &mapping::shared_definition_file::RULE,
    &mapping::stale_api_id::RULE,
    &mapping::stray_metadata::RULE,
    &mapping::unknown_active_branch::RULE,
    &mapping::unlisted_file::RULE,
    &document::duplicate_key::RULE,
    &document::empty_document::RULE,
    &document::git_lfs_pointer::RULE,
    &document::lone_surrogate::RULE,
    &document::merge_marker::RULE,
    &document::outdated_collection::RULE,
    &document::oversized_file::RULE,
    &document::schema::RULE,
    &document::symbolic_link::RULE,
    &document::syntax::RULE,
    &document::unknown_version::RULE,
    &document::unreadable_file::RULE,
    &document::unresolved_merge::RULE,
    &secret::json_web_token::RULE,
    &secret::private_key::RULE,
    &secret::provider_token::RULE,
];

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id.0 == id)
}

/// What every rule says of itself.
pub fn texts() -> Vec<RuleText> {
    RULES.iter().map(|rule| rule.text()).collect()
}

/// What the rules of one group say of themselves.
pub fn texts_of(group: Group) -> Vec<RuleText> {
    let of_group = RULES.iter().filter(|rule| rule.group == group);
    of_group.map(|rule| rule.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn no_rule_file_is_forgotten() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/rules");
        let mut declared = 0;
        for group in std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
        {
            for file in std::fs::read_dir(group)
                .unwrap()
                .map(|entry| entry.unwrap().path())
            {
                declared += usize::from(
                    std::fs::read_to_string(file)
                        .unwrap()
                        .contains("pub static RULE: Rule"),
                );
            }
        }
        assert_eq!(declared, RULES.len());
    }
}
