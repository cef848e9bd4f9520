//! What a run is to be compared with: a ladder from what its system says down to what can be fetched. A shallow clone is never
//! taken for one in which everything was added, and what cannot be known is said.

use crate::ci::run::{Base, Cause, CiRun, Reference, Revision};
use crate::git::error::GitError;
use crate::git::history::{
    commit_here, common, deepen, default_branch_here, default_branch_there, fetch_branch,
    fetch_commit, is_cut, is_cut_between, parents,
};
use crate::git::repository::Repository;
use crate::model::id::{BranchName, CommitId};
use crate::model::text::visible;

/// A range, or the reason why the whole is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is compared with; nothing where the whole is looked at.
    pub base: Option<CommitId>,
    /// The commit that is looked at.
    pub tip: CommitId,
    /// How the base was found.
    pub rung: Rung,
    /// Whether something was fetched for it. Whoever has opened the repository before opens it again.
    pub has_fetched: bool,
    /// What a person should know about it.
    pub notes: Vec<String>,
}

/// How the base of a range was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The commit is what merging would give, and this is the side that it was merged into.
    MergeCommit,
    /// The system names the commit.
    Event,
    /// The system names what the branch stood for before the push.
    Before,
    /// What the commit has in common with the branch that it goes to.
    TargetBranch,
    /// What the commit has in common with the default branch.
    DefaultBranch,
    /// What the commit has in common with the upstream of the branch that is checked out.
    Upstream,
    /// No range: the whole is looked at.
    Whole,
}

/// Why there is no range.
#[derive(Debug, thiserror::Error)]
pub enum NoRange {
    /// Git could not say.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Every way to find it has failed.
    #[error("what this change is to be compared with is not here: {0}")]
    NotHere(String),
}

impl Rung {
    /// Its name for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::MergeCommit => "merge-commit",
            Self::Event => "event",
            Self::Before => "before",
            Self::TargetBranch => "target-branch",
            Self::DefaultBranch => "default-branch",
            Self::Upstream => "upstream",
            Self::Whole => "whole",
        }
    }

    /// What it is, for people.
    pub fn told(self) -> &'static str {
        match self {
            Self::MergeCommit => "the side that the pull request was merged into",
            Self::Event => "what the run names as its base",
            Self::Before => "what the branch stood for before the push",
            Self::TargetBranch => "where the pull request left the branch that it goes to",
            Self::DefaultBranch => "where the branch left the default branch",
            Self::Upstream => "what the upstream of this branch has",
            Self::Whole => "nothing: every file counts",
        }
    }
}

/// What is said of a range that a shallow clone has cut.
pub const CUT: &str = "this clone is shallow: secrets were looked for in what differs between both ends, and not in every commit between them";

/// One way to a base.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// This commit itself.
    Commit(Rung, Revision),
    /// What this commit and the tip have in common.
    Common(Rung, Revision),
    /// What this branch and the tip have in common.
    Branch(Rung, BranchName),
}

/// The ways to try, in order, and whether the whole is looked at where none leads anywhere.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    ways: Vec<Way>,
    /// The default branch is the last way, once it is known which one that is.
    default_branch: bool,
    /// Why no range may be what there is, where that may be.
    whole: Option<String>,
}

/// History is fetched in steps of this many commits more, each twice as large as the one before, up to the last.
const FIRST_STEP: u32 = 2;
const LAST_STEP: u32 = 4096;

/// Finds the range of a run, or without one the range of the branch that is checked out.
///
/// # Errors
/// No commit yet, and a base that is neither here nor can be fetched.
pub fn find(
    repository: &Repository,
    run: Option<&CiRun>,
    remote: Option<&str>,
) -> Result<Found, NoRange> {
    let tip = repository.resolve("HEAD")?;
    let mut ladder = Ladder {
        repository,
        remote,
        tip,
        has_fetched: false,
        failed: Vec::new(),
    };
    let mut plan = match run {
        Some(run) => plan(run, &ladder.tip, &parents(repository, &ladder.tip)?),
        None => Plan {
            ways: Vec::new(),
            default_branch: true,
            whole: None,
        },
    };
    if run.is_none()
        && let Some(found) = ladder.upstream()?
    {
        return ladder.found(found, Rung::Upstream);
    }
    for may_fetch in [false, true] {
        if plan.default_branch
            && let Some(branch) = ladder.default_branch(run, may_fetch)?
        {
            plan.default_branch = false;
            if run.and_then(CiRun::branch) == Some(&branch) {
                // What stands on the default branch is no change of it.
                plan.whole.get_or_insert_with(|| {
                    format!("this is the default branch `{branch}`, and nothing says what the run brought")
                });
            } else {
                plan.ways.push(Way::Branch(Rung::DefaultBranch, branch));
            }
        }
        for way in &plan.ways {
            if let Some((base, rung)) = ladder.go(way, may_fetch)? {
                return ladder.found(base, rung);
            }
        }
    }
    // A base that is named and lies in history that was left out is an error with a fix, and not the whole.
    let is_lost = !ladder.failed.is_empty() && is_cut(repository)?;
    match plan.whole.filter(|_| !is_lost) {
        Some(reason) => {
            let reasons = std::iter::once(reason).chain(std::mem::take(&mut ladder.failed));
            let reasons: Vec<String> = reasons.collect();
            Ok(ladder.whole(&reasons.join("; ")))
        }
        None if ladder.failed.is_empty() => Err(NoRange::NotHere(
            "neither an upstream nor a default branch is known".to_owned(),
        )),
        None => Err(NoRange::NotHere(ladder.failed.join("; "))),
    }
}

/// What to try for a run. Nothing is asked for this.
fn plan(run: &CiRun, tip: &CommitId, parents: &[CommitId]) -> Plan {
    let mut plan = Plan::default();
    let is_merge = parents.len() == 2;
    let is_of_run = run.commit.as_ref().is_some_and(|commit| commit.is(tip));
    let merged_into = match (&run.reference, parents) {
        // Whoever merges for a pull request begins at the branch that it goes to.
        (Reference::Merged | Reference::Queued(_), [first, second]) if is_of_run => {
            let newest = run.pull_request.as_ref().and_then(|one| one.head.as_ref());
            let fits = newest.is_none_or(|newest| newest.is(second));
            fits.then_some(first)
        }
        _ => None,
    };
    let queued = matches!(run.reference, Reference::Queued(_));
    if let Some(first) = merged_into.filter(|_| !(queued && run.base.is_some()))
        && let Some(first) = Revision::parse(first.as_str())
    {
        plan.ways.push(Way::Commit(Rung::MergeCommit, first));
    }
    match &run.base {
        Some(Base::Target(base)) => {
            let is_parent = is_merge && parents.iter().any(|parent| base.is(parent));
            plan.ways.push(match is_parent {
                true => Way::Commit(Rung::Event, base.clone()),
                false => Way::Common(Rung::Event, base.clone()),
            });
        }
        Some(Base::Shared(base)) => plan.ways.push(Way::Commit(Rung::Event, base.clone())),
        Some(Base::Before(base)) => plan.ways.push(Way::Commit(Rung::Before, base.clone())),
        Some(Base::NewBranch) | None => {}
    }
    if let Some(pull_request) = &run.pull_request {
        if let Some(target) = &pull_request.target {
            plan.ways
                .push(Way::Branch(Rung::TargetBranch, target.clone()));
        }
        return plan;
    }
    match &run.reference {
        Reference::Queued(Some(target)) => plan
            .ways
            .push(Way::Branch(Rung::TargetBranch, target.clone())),
        Reference::Tag(tag) => {
            plan.whole = Some(format!(
                "a run for the tag `{}` brings no range",
                visible(tag)
            ));
        }
        Reference::Branch(_) => plan.default_branch = true,
        Reference::Unsaid => {
            plan.whole = Some("the run does not say which branch it is for".to_owned());
        }
        Reference::Queued(None) | Reference::Merged | Reference::Head => {}
    }
    if run.cause == Cause::Schedule {
        plan.whole
            .get_or_insert_with(|| "a run by the clock brings no range".to_owned());
    }
    plan
}

struct Ladder<'a> {
    repository: &'a Repository,
    remote: Option<&'a str>,
    tip: CommitId,
    has_fetched: bool,
    failed: Vec<String>,
}

impl Ladder<'_> {
    /// No range, and why.
    fn whole(self, reason: &str) -> Found {
        Found {
            base: None,
            rung: Rung::Whole,
            notes: vec![format!("every document was checked: {reason}")],
            tip: self.tip,
            has_fetched: self.has_fetched,
        }
    }

    fn found(self, base: CommitId, rung: Rung) -> Result<Found, NoRange> {
        if base == self.tip {
            // A range without a commit would look at nothing, and pass.
            let reason = format!("HEAD has nothing new, compared with {}", rung.told());
            return Ok(self.whole(&reason));
        }
        let mut notes = Vec::new();
        if is_cut_between(self.repository, &base, &self.tip)? {
            notes.push(CUT.to_owned());
        }
        Ok(Found {
            base: Some(base),
            tip: self.tip,
            rung,
            has_fetched: self.has_fetched,
            notes,
        })
    }

    /// Where one way leads; nowhere, unless something is fetched, or not at all.
    fn go(&mut self, way: &Way, may_fetch: bool) -> Result<Option<(CommitId, Rung)>, GitError> {
        let (rung, base) = match way {
            Way::Commit(rung, revision) | Way::Common(rung, revision) => {
                (*rung, self.commit(revision, may_fetch)?)
            }
            Way::Branch(rung, branch) => (*rung, self.branch(branch, may_fetch)?),
        };
        let Some(base) = base else {
            return Ok(None);
        };
        if matches!(way, Way::Commit(..)) {
            return Ok(Some((base, rung)));
        }
        let shared = self.common(&base, may_fetch)?;
        Ok(shared.map(|shared| (shared, rung)))
    }

    fn commit(
        &mut self,
        revision: &Revision,
        may_fetch: bool,
    ) -> Result<Option<CommitId>, GitError> {
        if let Some(here) = commit_here(self.repository, revision.as_str())? {
            return Ok(Some(here));
        }
        if !may_fetch {
            return Ok(None);
        }
        let Some(whole) = revision.whole() else {
            self.fail(format!(
                "commit {revision} is shortened, and no server gives a commit under a shortened id"
            ));
            return Ok(None);
        };
        let fetched = self.fetch(&format!("commit {revision}"), |repository, remote| {
            fetch_commit(repository, remote, &whole)
        });
        match fetched {
            Some(()) => commit_here(self.repository, whole.as_str()),
            None => Ok(None),
        }
    }

    fn branch(
        &mut self,
        branch: &BranchName,
        may_fetch: bool,
    ) -> Result<Option<CommitId>, GitError> {
        if let Some(remote) = self.remote {
            let shown = format!("refs/remotes/{remote}/{}", branch.as_str());
            if let Some(here) = self.repository.reference(&shown)? {
                return Ok(Some(here));
            }
        }
        if !may_fetch {
            return Ok(None);
        }
        let fetched = self.fetch(&format!("the branch `{branch}`"), |repository, remote| {
            fetch_branch(repository, remote, branch.as_str())
        });
        Ok(fetched.flatten())
    }

    /// What the tip and another commit have in common, with more history each time.
    fn common(&mut self, other: &CommitId, may_fetch: bool) -> Result<Option<CommitId>, GitError> {
        if let Some(shared) = common(self.repository, &self.tip, other)? {
            return Ok(Some(shared));
        }
        let short: String = other.as_str().chars().take(10).collect();
        if !is_cut(self.repository)? {
            if may_fetch {
                self.fail(format!("the history has nothing in common with {short}"));
            }
            return Ok(None);
        }
        let mut by = FIRST_STEP;
        let mut wanted = vec![self.tip.clone()];
        while may_fetch && by <= LAST_STEP {
            let what = format!("the history up to what it shares with {short}");
            let mut fetched = self.fetch(&what, |repository, remote| {
                deepen(repository, remote, &wanted, other, by)
            });
            if fetched.is_none() && wanted.first() == Some(&self.tip) {
                // Some systems merge by themselves, and no server has that commit.
                wanted = parents(self.repository, &self.tip)?;
                self.failed.pop();
                fetched = self.fetch(&what, |repository, remote| {
                    deepen(repository, remote, &wanted, other, by)
                });
            }
            if fetched.is_none() {
                return Ok(None);
            }
            if let Some(shared) = common(self.repository, &self.tip, other)? {
                return Ok(Some(shared));
            }
            if !is_cut(self.repository)? {
                self.fail(format!("the history has nothing in common with {short}"));
                return Ok(None);
            }
            by *= 2;
        }
        if may_fetch {
            self.fail(format!(
                "{LAST_STEP} commits hold nothing in common with {short}"
            ));
        }
        Ok(None)
    }

    fn default_branch(
        &mut self,
        run: Option<&CiRun>,
        may_fetch: bool,
    ) -> Result<Option<BranchName>, GitError> {
        if let Some(said) = run.and_then(|run| run.default_branch.clone()) {
            return Ok(Some(said));
        }
        let Some(remote) = self.remote else {
            return Ok(None);
        };
        let known = default_branch_here(self.repository, remote)?;
        let known = known.as_deref().and_then(BranchName::parse);
        if known.is_some() || !may_fetch {
            return Ok(known);
        }
        match default_branch_there(self.repository, remote) {
            Ok(told) => Ok(told.as_deref().and_then(BranchName::parse)),
            Err(error) => {
                self.fail(format!(
                    "which branch is the default one was not told: {error}"
                ));
                Ok(None)
            }
        }
    }

    /// What the upstream of the branch that is checked out has of it.
    fn upstream(&self) -> Result<Option<CommitId>, GitError> {
        match commit_here(self.repository, "@{upstream}")? {
            Some(upstream) => common(self.repository, &self.tip, &upstream),
            None => Ok(None),
        }
    }

    fn fetch<T>(
        &mut self,
        what: &str,
        fetch: impl FnOnce(&Repository, &str) -> Result<T, GitError>,
    ) -> Option<T> {
        let Some(remote) = self.remote else {
            self.fail(format!(
                "{what} is missing, and there is no remote to fetch it from"
            ));
            return None;
        };
        match fetch(self.repository, remote) {
            Ok(fetched) => {
                self.has_fetched = true;
                Some(fetched)
            }
            Err(error) => {
                self.fail(format!("{what} is missing, and {}", one_line(&error)));
                None
            }
        }
    }

    fn fail(&mut self, cause: String) {
        if !self.failed.contains(&cause) {
            self.failed.push(cause);
        }
    }
}

/// Git says several lines; the first one that says anything tells what is wrong.
fn one_line(error: &GitError) -> String {
    let text = error.to_string();
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Found, NoRange, Rung, find};
    use crate::ci::run::{Base, Cause, CiRun, CiSystem, PullRequest, Reference, Revision};
    use crate::git::repository::Repository;
    use crate::git::testing::Fixture;
    use crate::model::id::{BranchName, CommitId};

    /// A remote with a main branch of several commits, a branch that left it early, and what merging that would give.
    struct Scene {
        fixture: Fixture,
        /// The commits of the main branch, oldest first.
        main: Vec<CommitId>,
        feature: CommitId,
        merge: CommitId,
    }

    impl Scene {
        fn new() -> Self {
            let fixture = Fixture::with_files(&[("a.json", "1"), ("b.json", "2")]);
            let mut main = vec![fixture.id("work", "HEAD")];
            fixture.git("work", &["checkout", "--quiet", "-b", "feature"]);
            fixture.commit_files("work", &[("new.json", "3")], "feature");
            let feature = fixture.commit_files("work", &[("new.json", "4")], "feature again");
            fixture.git("work", &["checkout", "--quiet", "main"]);
            for number in 0..6 {
                let text = number.to_string();
                main.push(fixture.commit_files("work", &[("moved.json", &text)], "main"));
            }
            fixture.git("work", &["checkout", "--quiet", "-b", "merge"]);
            fixture.git(
                "work",
                &["merge", "--quiet", "--no-ff", "-m", "merge", "feature"],
            );
            let merge = fixture.id("work", "HEAD");
            fixture.init("remote", &["--bare"]);
            fixture.git("work", &["remote", "add", "origin", "../remote"]);
            let pushed = [
                "push",
                "--quiet",
                "origin",
                "main",
                "feature",
                "merge:refs/pull/12/merge",
            ];
            fixture.git("work", &pushed);
            Self {
                fixture,
                main,
                feature,
                merge,
            }
        }

        /// A clone as CI makes it: one reference, so deep, no branch checked out.
        fn clone(&self, reference: &str, depth: u32) -> Repository {
            self.fixture.init("ci", &[]);
            let url = format!("file://{}", self.fixture.path("remote").display());
            self.fixture.git("ci", &["remote", "add", "origin", &url]);
            let mut fetch = vec!["fetch", "--quiet", "--no-tags"];
            let depth = format!("--depth={depth}");
            if depth != "--depth=0" {
                fetch.push(&depth);
            }
            fetch.extend(["origin", reference]);
            self.fixture.git("ci", &fetch);
            self.fixture
                .git("ci", &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
            self.fixture.open("ci")
        }

        /// What changed since the base, and the blobs that the range brings, as the clone has it now.
        fn brought(&self, found: &Found) -> (Vec<String>, usize) {
            let repository = self.fixture.open("ci");
            let base = found.base.as_ref().unwrap();
            let changed = repository.changed_paths(Some(base), &found.tip).unwrap();
            let tips = std::slice::from_ref(&found.tip);
            let blobs = repository
                .introduced_blobs(tips, std::slice::from_ref(base), None)
                .unwrap();
            let changed = changed.iter().map(|path| path.as_str().to_owned());
            (changed.collect(), blobs.len())
        }
    }

    fn revision(commit: &CommitId) -> Revision {
        Revision::parse(commit.as_str()).unwrap()
    }

    fn branch(name: &str) -> BranchName {
        BranchName::parse(name).unwrap()
    }

    fn request(reference: Reference, commit: &CommitId, base: Option<Base>) -> CiRun {
        CiRun {
            cause: Cause::PullRequest,
            reference,
            commit: Some(revision(commit)),
            base,
            pull_request: Some(PullRequest {
                target: Some(branch("main")),
                ..PullRequest::default()
            }),
            ..CiRun::of(CiSystem::GitHubActions)
        }
    }

    fn push(name: &str, commit: &CommitId, base: Option<Base>) -> CiRun {
        CiRun {
            cause: Cause::Push,
            reference: Reference::Branch(branch(name)),
            commit: Some(revision(commit)),
            base,
            ..CiRun::of(CiSystem::GitHubActions)
        }
    }

    fn found(repository: &Repository, run: &CiRun) -> Found {
        find(repository, Some(run), Some("origin")).unwrap()
    }

    fn lost(repository: &Repository, run: &CiRun) -> String {
        match find(repository, Some(run), Some("origin")) {
            Err(NoRange::NotHere(cause)) => cause,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_a_merge_at_depth_one_only_its_base_is_fetched_and_only_the_change_counts() {
        let scene = Scene::new();
        let repository = scene.clone("refs/pull/12/merge", 1);
        let old = Base::Target(revision(&scene.main[1]));
        let run = request(Reference::Merged, &scene.merge, Some(old));
        let found = found(&repository, &run);
        assert_eq!(found.base.as_ref(), scene.main.last());
        assert_eq!((found.rung, found.has_fetched), (Rung::MergeCommit, true));
        assert!(found.notes[0].contains("shallow"), "{:?}", found.notes);
        assert_eq!(scene.brought(&found), (vec!["new.json".to_owned()], 1));
        assert_eq!(
            scene
                .fixture
                .git("ci", &["rev-list", "--count", "--all", "HEAD"]),
            "1"
        );
    }

    #[test]
    fn at_depth_two_nothing_is_fetched_and_the_cut_side_brings_nothing_old() {
        let scene = Scene::new();
        let repository = scene.clone("refs/pull/12/merge", 2);
        repository.git().refuse_network();
        let found = found(&repository, &request(Reference::Merged, &scene.merge, None));
        assert_eq!((found.rung, found.has_fetched), (Rung::MergeCommit, false));
        assert_eq!(scene.brought(&found), (vec!["new.json".to_owned()], 1));
        // The whole history brings the older version too.
        let scene = Scene::new();
        let repository = scene.clone("refs/pull/12/merge", 0);
        let run = request(Reference::Merged, &scene.merge, None);
        let found = super::find(&repository, Some(&run), Some("origin")).unwrap();
        assert!(found.notes.is_empty());
        assert_eq!(scene.brought(&found).1, 2);
    }

    #[test]
    fn offline_or_without_the_remote_it_is_said_and_not_taken_for_everything() {
        let scene = Scene::new();
        let repository = scene.clone("refs/pull/12/merge", 1);
        let run = request(Reference::Merged, &scene.merge, None);
        let nobody = find(&repository, Some(&run), None).unwrap_err().to_string();
        assert!(nobody.contains("no remote to fetch it from"), "{nobody}");
        let before = scene.fixture.git("ci", &["count-objects"]);
        repository.git().refuse_network();
        let cause = lost(&repository, &run);
        assert!(cause.contains("--offline keeps this run"), "{cause}");
        let pushed = push("main", scene.main.last().unwrap(), None);
        assert!(lost(&repository, &pushed).contains("--offline"));
        assert_eq!(scene.fixture.git("ci", &["count-objects"]), before);
    }

    #[test]
    fn the_head_of_a_request_is_compared_with_where_it_left_its_target() {
        let scene = Scene::new();
        let tip = scene.main.last().unwrap();
        for (base, rung) in [
            (Some(Base::Target(revision(tip))), Rung::Event),
            (None, Rung::TargetBranch),
        ] {
            let repository = scene.clone("feature", 1);
            let run = request(Reference::Head, &scene.feature, base);
            let found = found(&repository, &run);
            assert_eq!(
                (found.base.as_ref(), found.rung),
                (scene.main.first(), rung)
            );
            assert_eq!(scene.brought(&found).0, ["new.json"]);
            std::fs::remove_dir_all(scene.fixture.path("ci")).unwrap();
        }
        let repository = scene.clone("feature", 1);
        let shared = Base::Shared(revision(&scene.main[0]));
        let run = request(Reference::Head, &scene.feature, Some(shared));
        let found = found(&repository, &run);
        assert_eq!(found.base.as_ref(), scene.main.first());
        assert_eq!(scene.brought(&found), (vec!["new.json".to_owned()], 1));
    }

    #[test]
    fn a_push_is_compared_with_what_stood_there_and_a_new_branch_with_the_default_one() {
        let scene = Scene::new();
        let tip = scene.main.last().unwrap();
        let repository = scene.clone("main", 1);
        let run = push("main", tip, Some(Base::Before(revision(&scene.main[3]))));
        let pushed = found(&repository, &run);
        assert_eq!(
            (pushed.base.as_ref(), pushed.rung),
            (Some(&scene.main[3]), Rung::Before)
        );
        assert_eq!(scene.brought(&pushed), (vec!["moved.json".to_owned()], 1));
        std::fs::remove_dir_all(scene.fixture.path("ci")).unwrap();
        let repository = scene.clone("feature", 1);
        let run = push("feature", &scene.feature, Some(Base::NewBranch));
        let new = found(&repository, &run);
        assert_eq!(
            (new.base.as_ref(), new.rung),
            (scene.main.first(), Rung::DefaultBranch)
        );
        assert!(new.has_fetched);
    }

    #[test]
    fn a_base_that_is_gone_is_an_error_where_history_is_left_out_and_else_the_whole() {
        let scene = Scene::new();
        let tip = scene.main.last().unwrap();
        let gone = Revision::parse(&"ab".repeat(20)).unwrap();
        let run = CiRun {
            default_branch: Some(branch("main")),
            ..push("main", tip, Some(Base::Before(gone)))
        };
        let repository = scene.clone("main", 1);
        assert!(lost(&repository, &run).contains("commit abababab"));
        std::fs::remove_dir_all(scene.fixture.path("ci")).unwrap();
        let repository = scene.clone("main", 0);
        let whole = found(&repository, &run);
        assert_eq!((whole.base, whole.rung), (None, Rung::Whole));
        assert!(
            whole.notes[0].contains("commit abababab"),
            "{:?}",
            whole.notes
        );
    }

    #[test]
    fn what_brings_no_range_is_looked_at_as_a_whole_and_says_so() {
        let scene = Scene::new();
        let tip = scene.main.last().unwrap();
        let repository = scene.clone("main", 1);
        let tag = Reference::Tag("main".to_owned());
        for (run, words) in [
            (
                CiRun {
                    reference: tag,
                    ..push("x", tip, None)
                },
                "the tag `main`",
            ),
            (push("main", tip, None), "default branch `main`"),
            (CiRun::of(CiSystem::BitbucketPipelines), "which branch"),
        ] {
            let whole = found(&repository, &run);
            assert_eq!((whole.base, whole.rung), (None, Rung::Whole));
            assert!(whole.notes[0].contains(words), "{:?}", whole.notes);
        }
    }

    #[test]
    fn a_merge_that_the_system_made_itself_is_compared_with_the_destination() {
        let scene = Scene::new();
        scene.clone("feature", 50);
        let destination = scene.main.last().unwrap();
        scene.fixture.git(
            "ci",
            &[
                "fetch",
                "--quiet",
                "--depth=1",
                "origin",
                destination.as_str(),
            ],
        );
        scene
            .fixture
            .git("ci", &["fetch", "--quiet", "--deepen=50", "origin", "main"]);
        scene.fixture.git(
            "ci",
            &["merge", "--quiet", "--no-edit", destination.as_str()],
        );
        let short = Revision::parse(&destination.as_str()[..12]).unwrap();
        let run = CiRun {
            system: CiSystem::BitbucketPipelines,
            ..request(Reference::Head, &scene.feature, Some(Base::Target(short)))
        };
        let found = found(&scene.fixture.open("ci"), &run);
        assert_eq!(
            (found.base.as_ref(), found.rung),
            (Some(destination), Rung::Event)
        );
        assert_eq!(scene.brought(&found).0, ["new.json"]);
    }
}
