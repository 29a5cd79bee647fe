//! `cargo xtask deb`: the Debian package, with the manual pages and completions that `sayso` makes of itself.
//!
//! Invariant: what goes into the package beside the programs is made by the very `sayso` that is in it.

use std::fs;
use std::path::Path;

use crate::steps::{Outcome, build_command, build_ui, cargo, output, program, root, step, target};

/// The completions: the shell's name, and the file's where `src-tauri/tauri.conf.json` looks for it.
const COMPLETIONS: &[(&str, &str)] = &[("bash", "sayso.bash"), ("zsh", "_sayso"), ("fish", "sayso.fish")];

/// Builds for release, writes manual and completions, and packs it all.
pub(crate) fn deb() -> Outcome {
    if target() != root().join("target") {
        return Err("the package is made of what lies in `target`; unset CARGO_TARGET_DIR".to_owned());
    }
    build_ui()?;
    build_command()?;
    step("Build", &mut cargo(["build", "--locked", "--release", "-p", "sayso-desktop"]))?;
    papers(&target().join("release/sayso"), &target().join("papers"))?;
    step("Package", &mut program("ui/node_modules/.bin/tauri", ["bundle", "--ci", "--bundles", "deb"]))
}

/// Has this `sayso` write its manual pages and completions into `folder`, made anew.
fn papers(sayso: &Path, folder: &Path) -> Outcome {
    println!("\n── Manual and completions");
    let manual = folder.join("man1");
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(&manual).map_err(failed)?;
    let run = |arguments: &[&str]| output(program(&sayso.to_string_lossy(), [] as [&str; 0]).args(arguments));
    run(&["man", &manual.to_string_lossy()])?;
    for page in fs::read_dir(&manual).map_err(failed)? {
        let page = page.map_err(failed)?.path();
        output(&mut program("gzip", ["-9", "-n", &page.to_string_lossy()]))?;
    }
    for (shell, file) in COMPLETIONS {
        fs::write(folder.join(file), run(&["completions", shell])?).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_takes_each_paper_that_is_made_and_no_other() {
        let config = fs::read_to_string(root().join("src-tauri/tauri.conf.json")).unwrap();
        let config: serde_json::Value = serde_json::from_str(&config).unwrap();
        let files = config["bundle"]["linux"]["deb"]["files"].as_object().unwrap();
        let mut taken: Vec<&str> = files
            .values()
            .filter_map(|from| from.as_str().unwrap().strip_prefix("../target/papers/"))
            .collect();
        let mut made: Vec<&str> = COMPLETIONS.iter().map(|(_, file)| *file).chain(["man1"]).collect();
        taken.sort_unstable();
        made.sort_unstable();
        assert_eq!(taken, made);
    }
}
