//! What a build makes again: folders that git ignores, of a name that a known tool makes, beside the file that the tool
//! makes them from.
//!
//! # Invariants
//! - The file that says how it is made must be committed, and outlive the action: a folder whose lock file goes for good is
//!   made again by nothing.
//! - The name and that file decide, nothing is run. What somebody put into such a folder by hand is not told apart.
//!
//! Blocking: looks whether files are there.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use crate::limits;

/// One way in which a folder is made.
struct Recipe {
    folders: &'static [&'static str],
    /// The file beside it that it is made from; `*.py` stands for any file that ends so.
    from: &'static str,
    /// Whether that file may lie further up: a lock file of many packages.
    above: bool,
    /// A file in the folder that the tool always writes.
    inside: Option<&'static str>,
    by: &'static str,
}

const fn beside(folders: &'static [&'static str], from: &'static str, by: &'static str) -> Recipe {
    Recipe { folders, from, above: false, inside: None, by }
}

const fn above(folders: &'static [&'static str], from: &'static str, by: &'static str) -> Recipe {
    Recipe { folders, from, above: true, inside: None, by }
}

const fn holding(
    folders: &'static [&'static str],
    from: &'static str,
    inside: &'static str,
    by: &'static str,
) -> Recipe {
    Recipe { folders, from, above: false, inside: Some(inside), by }
}

const NODE: &[&str] = &["node_modules"];
const PYTHON: &[&str] = &[".venv", "venv", "env"];

/// The first that fits counts.
const RECIPES: &[Recipe] = &[
    above(NODE, "package-lock.json", "npm ci"),
    above(NODE, "npm-shrinkwrap.json", "npm ci"),
    above(NODE, "pnpm-lock.yaml", "pnpm install"),
    above(NODE, "yarn.lock", "yarn install"),
    above(NODE, "bun.lock", "bun install"),
    above(NODE, "bun.lockb", "bun install"),
    beside(&["target"], "Cargo.toml", "cargo build"),
    beside(&["target"], "pom.xml", "mvn package"),
    beside(&["target"], "build.sbt", "sbt compile"),
    holding(PYTHON, "uv.lock", "pyvenv.cfg", "uv sync"),
    holding(PYTHON, "poetry.lock", "pyvenv.cfg", "poetry install"),
    holding(PYTHON, "requirements.txt", "pyvenv.cfg", "pip install -r requirements.txt"),
    holding(PYTHON, "pyproject.toml", "pyvenv.cfg", "pip install ."),
    beside(&["__pycache__"], "*.py", "python"),
    beside(&[".pytest_cache"], "pyproject.toml", "pytest"),
    beside(&[".mypy_cache"], "pyproject.toml", "mypy"),
    beside(&[".ruff_cache"], "pyproject.toml", "ruff"),
    beside(&[".tox"], "tox.ini", "tox"),
    beside(&[".next", "out"], "next.config.js", "next build"),
    beside(&[".next", "out"], "next.config.mjs", "next build"),
    beside(&[".next", "out"], "next.config.ts", "next build"),
    beside(&[".nuxt", ".output"], "nuxt.config.ts", "nuxt build"),
    beside(&[".nuxt", ".output"], "nuxt.config.js", "nuxt build"),
    beside(&[".svelte-kit"], "svelte.config.js", "vite build"),
    beside(&["dist"], "vite.config.ts", "vite build"),
    beside(&["dist"], "vite.config.js", "vite build"),
    beside(&["dist"], "vite.config.mjs", "vite build"),
    beside(&["dist"], "webpack.config.js", "webpack"),
    beside(&["dist"], "rollup.config.js", "rollup -c"),
    beside(&["dist"], "rollup.config.mjs", "rollup -c"),
    beside(&["dist", ".angular"], "angular.json", "ng build"),
    beside(&["dist"], "astro.config.mjs", "astro build"),
    beside(&["dist", "build"], "tsconfig.json", "tsc"),
    beside(&["dist", "build"], "pyproject.toml", "python -m build"),
    beside(&["build", ".gradle"], "build.gradle", "gradle build"),
    beside(&["build", ".gradle"], "build.gradle.kts", "gradle build"),
    beside(&["build"], "CMakeLists.txt", "cmake --build"),
    beside(&["build"], "meson.build", "meson compile"),
    beside(&[".turbo"], "turbo.json", "turbo build"),
    beside(&["vendor"], "composer.lock", "composer install"),
    beside(&["vendor"], "Gemfile.lock", "bundle install"),
    beside(&["vendor"], "go.sum", "go mod vendor"),
    beside(&["Pods"], "Podfile.lock", "pod install"),
    beside(&["deps"], "mix.lock", "mix deps.get"),
    beside(&["_build"], "mix.exs", "mix compile"),
    beside(&["bin", "obj"], "*.csproj", "dotnet build"),
    beside(&[".terraform"], ".terraform.lock.hcl", "terraform init"),
    beside(&[".dart_tool"], "pubspec.lock", "dart pub get"),
    beside(&["elm-stuff"], "elm.json", "elm make"),
    beside(&["zig-out", "zig-cache", ".zig-cache"], "build.zig", "zig build"),
    beside(&["dist-newstyle"], "*.cabal", "cabal build"),
    beside(&[".stack-work"], "stack.yaml", "stack build"),
];

fn recipes(name: &[u8]) -> impl Iterator<Item = &'static Recipe> + '_ {
    RECIPES.iter().filter(move |recipe| recipe.folders.iter().any(|folder| folder.as_bytes() == name))
}

/// The folders of a path, the outermost first, each with its name and the folder above it with a slash behind.
fn folders(path: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    ends.chain(std::iter::once(path.len())).filter(|end| *end > 0).map(|end| {
        let whole = &path[..end];
        let start = whole.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        (whole, &whole[start..], &whole[..start])
    })
}

/// The files that a folder would be made from, where they are there.
fn sources(recipe: &Recipe, top: &Path, parent: &[u8]) -> Vec<Vec<u8>> {
    let folder = |relative: &[u8]| top.join(std::ffi::OsStr::from_bytes(relative));
    if let Some(end) = recipe.from.strip_prefix('*') {
        let Ok(entries) = fs::read_dir(folder(parent)) else { return Vec::new() };
        let names = entries.take(limits::GLOB_MATCHES).flatten().map(|entry| entry.file_name().into_vec());
        let fits = names.filter(|name| name.ends_with(end.as_bytes()));
        return fits.take(limits::REPOSITORIES).map(|name| [parent, &name].concat()).collect();
    }
    let mut found = Vec::new();
    let mut parent = parent;
    loop {
        let path = [parent, recipe.from.as_bytes()].concat();
        if fs::symlink_metadata(folder(&path)).is_ok_and(|meta| meta.is_file()) {
            found.push(path);
        }
        let Some(rest) = parent.strip_suffix(b"/").filter(|_| recipe.above) else { return found };
        parent = &parent[..rest.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1)];
    }
}

/// What git must be asked about beside `paths`, to know what they are made from.
pub(crate) fn evidence(top: &Path, paths: &[OsString]) -> Vec<OsString> {
    let mut all = Vec::new();
    for path in paths {
        for (_, name, parent) in folders(path.as_bytes()) {
            for found in recipes(name).flat_map(|recipe| sources(recipe, top, parent)) {
                let found = OsString::from_vec(found);
                if !all.contains(&found) && all.len() < limits::PATHSPECS {
                    all.push(found);
                }
            }
        }
    }
    all
}

/// Where the folders of a known name end in `path`, the outermost first, from the one at byte `ignored` on: there begins
/// what git ignores.
pub(crate) fn known(path: &[u8], ignored: usize) -> impl Iterator<Item = usize> + '_ {
    let known = folders(path)
        .filter(move |(whole, name, _)| whole.len() >= ignored && recipes(name).next().is_some());
    known.map(|(whole, ..)| whole.len())
}

/// The folders of a known name that `paths` lie in. Git must be asked whether it ignores them as a whole.
pub(crate) fn around(paths: &[OsString]) -> Vec<OsString> {
    let mut all = Vec::new();
    for path in paths {
        let path = path.as_bytes();
        for (whole, name, _) in folders(path).filter(|(whole, ..)| whole.len() < path.len()) {
            let whole = OsString::from_vec(whole.to_vec());
            if recipes(name).next().is_some() && !all.contains(&whole) && all.len() < limits::PATHSPECS {
                all.push(whole);
            }
        }
    }
    all
}

/// The command that makes `folder` again. `outlives` says of a path whether git has it after the action.
pub(crate) fn by(top: &Path, folder: &[u8], outlives: impl Fn(&[u8]) -> bool) -> Option<&'static str> {
    let (whole, name, parent) = folders(folder).last()?;
    let holds = |recipe: &&Recipe| {
        let inside = |file: &str| top.join(std::ffi::OsStr::from_bytes(whole)).join(file).is_file();
        recipe.inside.is_none_or(inside)
    };
    let made = |recipe: &&Recipe| sources(recipe, top, parent).iter().any(|path| outlives(path));
    recipes(name).filter(holds).find(made).map(|recipe| recipe.by)
}
