//! The target of a link.

use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::target::Target;
use crate::mirror::target_api_builder::ApiBuilder;
use crate::mirror::target_git_linked::{Branch, GitLinked};
use crate::mirror::target_spec_hub::SpecHub;
use crate::postman::apis::Api;
use crate::postman::client::Postman;

/// The target of a link. The state is what was last recorded of it: it knows names that Postman does not list.
pub fn open<'a>(
    postman: &'a Postman,
    link: &LinkTarget,
    state: Option<&MirrorState>,
) -> Box<dyn Target + 'a> {
    open_with(postman, link, state, None, None)
}

/// The same for an API that was just asked for, to check the link: the first list need not ask again. `branch` is the one
/// that a connected API reads, where files are delivered to it.
pub fn open_with<'a>(
    postman: &'a Postman,
    link: &LinkTarget,
    state: Option<&MirrorState>,
    asked: Option<Api>,
    branch: Option<Branch<'a>>,
) -> Box<dyn Target + 'a> {
    match link {
        LinkTarget::SpecHub { workspace, .. } => Box::new(SpecHub::new(postman, workspace)),
        LinkTarget::ApiBuilder { api, workspace } => {
            Box::new(ApiBuilder::new(postman, api, workspace, state).with(asked))
        }
        LinkTarget::GitLinked { workspace, .. } => {
            Box::new(GitLinked::new(postman, workspace, branch))
        }
    }
}
