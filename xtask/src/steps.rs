//! Running other programs, one step at a time, each named before it starts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why the whole ended: the step's name and what it said.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program to run in the workspace's folder.
pub(crate) fn program<S: AsRef<std::ffi::OsStr>>(
    name: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// `cargo` as it runs us.
pub(crate) fn cargo<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    program(&cargo, arguments)
}

/// Runs one step to its end.
pub(crate) fn step(title: &str, command: &mut Command) -> Outcome {
    println!("\n── {title}");
    let status = command.status().map_err(|e| format!("{title}: could not be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{title}: {status}")) }
}

/// How `sayso` is built for release on Linux: it starts before each command of an agent, so starting up is most of what
/// it does. With the C library in it there is no loader and nothing to look up, at a fixed address there is nothing to
/// move; and what its few kilobytes of hashing and signatures gain by the processor's newest instructions is less than
/// asking for them costs, most of all on a virtual machine. It looks up no names of users or hosts, which is what a
/// program without a loader cannot do. `docs/decisions/0008-how-sayso-is-built.md` has the figures.
const STARTS_FAST: &[&str] = &[
    "-Ctarget-feature=+crt-static",
    "-Crelocation-model=static",
    "--cfg=sha2_backend=\"soft\"",
    "--cfg=curve25519_dalek_backend=\"serial\"",
    "--cfg=getrandom_backend=\"linux_getrandom\"",
];

/// Builds `sayso` for release, by itself: built together with the application it would carry what only that needs.
pub(crate) fn build_command() -> Outcome {
    let mut build = cargo(["build", "--locked", "--release", "-p", "sayso-cli"]);
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return step("Build sayso", &mut build);
    }
    // For a target by name, so that the flags are not those of build scripts; it lies in a folder of its own.
    let target_name = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    build.args(["--target", &target_name]).env("CARGO_ENCODED_RUSTFLAGS", STARTS_FAST.join("\x1f"));
    step("Build sayso", &mut build)?;
    let (made, place) = (target().join(&target_name).join("release/sayso"), target().join("release/sayso"));
    std::fs::create_dir_all(target().join("release"))
        .and_then(|()| std::fs::copy(&made, &place))
        .map(|_| ())
        .map_err(|e| format!("{} could not be put at {}: {e}", made.display(), place.display()))
}

/// Runs a program for what it prints.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The UI's packages and its bundle, made anew only where something changed.
pub(crate) fn build_ui() -> Outcome {
    let ui = root().join("ui");
    let lock = ui.join("package-lock.json");
    let installed = ui.join("node_modules/.package-lock.json");
    if newest(&lock) > newest(&installed) {
        step("UI: npm ci", program("npm", ["ci", "--no-fund", "--no-audit"]).current_dir(&ui))?;
    }
    let bundle = newest(&ui.join("dist/index.html"));
    let sources = ["src", "index.html", "vite.config.ts", "package-lock.json"];
    if sources.iter().any(|source| newest(&ui.join(source)) >= bundle) {
        step("UI: build", program("npm", ["run", "--silent", "build"]).current_dir(&ui))?;
    }
    Ok(())
}

/// The newest change in a file or a folder; the beginning of time where there is none.
fn newest(path: &Path) -> std::time::SystemTime {
    let own = path.metadata().and_then(|m| m.modified()).unwrap_or(std::time::UNIX_EPOCH);
    let below = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| newest(&entry.path()));
    below.fold(own, std::cmp::max)
}
