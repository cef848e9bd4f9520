//! What is put into a repository or a machine once: the git hooks and the merge driver.
//!
//! | module | what it is |
//! |---|---|
//! | [`drivers`] | the merge driver: the block of `.gitattributes`, the settings of git |
//! | [`hook_script`] | the script of each hook type: written, and read back |
//! | [`foreign_hook`] | hooks of other tools, recognised by what they say |
//! | [`manager_files`] | hook managers, recognised by the files of the repository |
//! | [`manager_snippets`] | what their users write into those files |
//! | [`hook_slot`] | what stands in a hooks directory, and where ours belongs |
//! | [`hook_changes`] | what is done, and why it is not |
//! | [`hook_files`] | changes to a hooks directory: all or none |
//! | [`hook_notes`] | remarks, and whose a hooks directory is |
//! | [`hooks`] | install and uninstall |
//! | [`hook_status`] | what would run |
//! | [`hook_template`] | the directory that `git init` and `git clone` copy hooks from |

pub mod drivers;
pub mod foreign_hook;
pub mod hook_changes;
pub mod hook_files;
pub mod hook_notes;
pub mod hook_script;
#[cfg(test)]
#[cfg(unix)]
mod hook_script_runs;
pub mod hook_slot;
pub mod hook_status;
pub mod hook_template;
pub mod hooks;
pub mod manager_files;
pub mod manager_snippets;
