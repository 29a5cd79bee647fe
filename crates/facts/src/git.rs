//! Asking git without letting the repository answer with a program.
//!
//! A repository's own configuration can name programs for git to run: a file-system monitor, hooks, external diffs,
//! content filters, pagers, signature checkers, transports. Who may write a folder could so make Sayso run anything.
//!
//! # Invariants
//! - Only plumbing that reads the index, the objects and the references is run: `rev-parse`, `config`, `ls-files`,
//!   `check-ignore`, `diff-index --cached`, `rev-list`, `for-each-ref`. None of them opens a file of the working
//!   tree but `.gitignore`, so none runs a filter. Files are compared with the index in [`crate::compare`],
//!   by their times and by their own bytes. `status`, `diff`, `diff-files`, `log` and `ls-files -m` are never run.
//! - Everything above that the configuration could still name is overruled on the command line ([`OVERRULED`]).
//! - No network: every transport is refused, nothing that is missing is fetched.
//! - Nothing is written: no lock is taken, no index refreshed.
//! - A process ends with the future that asked for it: at a limit it is killed with all it started.
//! - The environment is empty but for what is named in [`Git::command`]; arguments from outside stand behind `--`
//!   or begin with `refs/`, and are taken literally.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::{limits, words};

/// The command that says which of some paths are ignored.
pub(crate) const CHECK_IGNORE: &str = "check-ignore";

/// What stands before every command.
const OVERRULED: [&str; 13] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.untrackedCache=false",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=false",
    "credential.helper=",
    "protocol.allow=never",
    "diff.external=",
    "log.showSignature=false",
    "gc.auto=0",
    // A bare repository inside a working tree is somebody's trap more often than somebody's wish.
    "safe.bareRepository=explicit",
];

/// Why git gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("git is not installed here, so what it tracks cannot be checked. Install git.")]
    Missing,
    #[error(
        "The repository belongs to another user, so git does not read it. \
         If you trust it, run `git config --global --add safe.directory` with its folder."
    )]
    Foreign,
    #[error("This is not a git repository.")]
    NoRepository,
    #[error("git says: {0}.")]
    Refused(String),
    #[error("git answered with more than can be held.")]
    TooMuch,
    #[error("git answered in a form that Sayso does not know.")]
    Unreadable,
    #[error("git could not be run: {0}.")]
    NotRun(String),
}

/// The git that is asked.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    program: Option<PathBuf>,
    home: PathBuf,
}

impl Git {
    /// The `git` of this process's `PATH`. Parts of it that are not absolute would depend on where we stand and are
    /// left out.
    pub(crate) fn here(home: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("git"))
            .find(|file| file.is_file());
        Self { program, home: home.to_owned() }
    }

    /// The program at `program` in git's place.
    #[cfg(test)]
    pub(crate) fn at(program: &Path, home: &Path) -> Self {
        Self { program: Some(program.to_owned()), home: home.to_owned() }
    }

    /// Runs git in `folder` and gives what it wrote; an exit status other than 0 is trouble.
    pub(crate) async fn read<S: AsRef<OsStr>>(&self, folder: &Path, args: &[S]) -> Result<Vec<u8>, Trouble> {
        let mut whole = Vec::new();
        let end = self.run(folder, args, None, &mut |part| hold(&mut whole, part)).await?;
        end.success()?;
        Ok(whole)
    }

    /// As [`Git::read`], where exit status 1 without a complaint means "nothing found".
    pub(crate) async fn look<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        args: &[S],
        input: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let mut whole = Vec::new();
        let end = self.run(folder, args, input, &mut |part| hold(&mut whole, part)).await?;
        if end.status.code() == Some(1) && end.complaint.is_empty() {
            return Ok(None);
        }
        end.success()?;
        Ok(Some(whole))
    }

    /// As [`Git::read`], handing each part on as it comes.
    pub(crate) async fn stream<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        args: &[S],
        sink: &mut (dyn FnMut(&[u8]) -> Result<(), Trouble> + Send),
    ) -> Result<(), Trouble> {
        self.run(folder, args, None, sink).await?.success()
    }

    async fn run<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        args: &[S],
        input: Option<Vec<u8>>,
        sink: &mut (dyn FnMut(&[u8]) -> Result<(), Trouble> + Send),
    ) -> Result<End, Trouble> {
        let program = self.program.as_ref().ok_or(Trouble::Missing)?;
        let mut command = self.command(program, folder, args);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut running = Running::start(command)?;
        let stdin = running.child.stdin.take();
        let stdout = running.child.stdout.take().ok_or(Trouble::Unreadable)?;
        let stderr = running.child.stderr.take().ok_or(Trouble::Unreadable)?;
        let write = async move {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // git may end before it has read everything; its exit status tells.
                stdin.write_all(&input).await.ok();
            }
            Ok(())
        };
        let mut complaint = Vec::new();
        let mut keep_some = |part: &[u8]| {
            let room = limits::GIT_COMPLAINT.saturating_sub(complaint.len());
            complaint.extend_from_slice(&part[..part.len().min(room)]);
            Ok(())
        };
        tokio::try_join!(write, drain(stdout, sink), drain(stderr, &mut keep_some))?;
        let status = running.end().await?;
        Ok(End { status, complaint: String::from_utf8_lossy(&complaint).into_owned() })
    }

    fn command<S: AsRef<OsStr>>(&self, program: &Path, folder: &Path, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(["--no-pager", "--no-optional-locks", "--no-replace-objects"]);
        // The one command that takes paths and refuses to be told that they are literal; its paths begin with `./`.
        if args.first().is_some_and(|name| name.as_ref() != CHECK_IGNORE) {
            command.arg("--literal-pathspecs");
        }
        for setting in OVERRULED {
            command.args(["-c", setting]);
        }
        command.args(args).current_dir(folder);
        command.env_clear();
        // For the person's own `~/.gitconfig`: what they ignore everywhere, and whose repositories they trust.
        command.env("HOME", &self.home);
        if let Some(config) =
            std::env::var_os("XDG_CONFIG_HOME").filter(|c| Path::new(c).starts_with(&self.home))
        {
            command.env("XDG_CONFIG_HOME", config);
        }
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs([
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", ""),
            ("GIT_ASKPASS", "false"),
            // Made-up parents would make commits look as if a remote had them.
            ("GIT_GRAFT_FILE", "/dev/null"),
        ]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

fn hold(whole: &mut Vec<u8>, part: &[u8]) -> Result<(), Trouble> {
    if whole.len() + part.len() > limits::GIT_OUTPUT {
        return Err(Trouble::TooMuch);
    }
    whole.extend_from_slice(part);
    Ok(())
}

async fn drain<R: AsyncRead + Unpin>(
    mut from: R,
    sink: &mut (dyn FnMut(&[u8]) -> Result<(), Trouble> + Send),
) -> Result<(), Trouble> {
    let mut part = vec![0; 64 * 1024];
    loop {
        let n = from.read(&mut part).await.map_err(|e| Trouble::NotRun(e.to_string()))?;
        if n == 0 {
            return Ok(());
        }
        sink(&part[..n])?;
    }
}

/// How a git process ended.
struct End {
    status: ExitStatus,
    complaint: String,
}

impl End {
    fn success(&self) -> Result<(), Trouble> {
        if self.status.success() {
            return Ok(());
        }
        let complaint = self.complaint.trim();
        if complaint.contains("not a git repository") {
            return Err(Trouble::NoRepository);
        }
        if complaint.contains("dubious ownership") {
            return Err(Trouble::Foreign);
        }
        let first = complaint.lines().next().unwrap_or("nothing, and failed");
        let first = first.strip_prefix("fatal: ").or_else(|| first.strip_prefix("error: ")).unwrap_or(first);
        Err(Trouble::Refused(words::shown(first.trim_end_matches('.'))))
    }
}

/// A process that is killed, with its whole group, unless it ended.
struct Running {
    child: Child,
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Running {
    fn start(mut command: Command) -> Result<Self, Trouble> {
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Trouble::NotRun("its folder or the program is gone".to_owned()),
            _ => Trouble::NotRun(error.to_string()),
        })?;
        #[cfg(unix)]
        let group = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        Ok(Self {
            child,
            #[cfg(unix)]
            group,
        })
    }

    async fn end(&mut self) -> Result<ExitStatus, Trouble> {
        let status = self.child.wait().await.map_err(|e| Trouble::NotRun(e.to_string()))?;
        #[cfg(unix)]
        {
            // Reaped: the number may belong to somebody else from now on.
            self.group = None;
        }
        Ok(status)
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }
}
