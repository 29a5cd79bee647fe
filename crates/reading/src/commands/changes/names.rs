//! Names of folders and files, by what it weighs to lose them. Data.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Folders and files that a known tool makes again, by the name of any part of the path.
pub(super) static REMADE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set("node_modules bower_components target dist build out .next .nuxt .output .svelte-kit .turbo \
     .parcel-cache .vite .angular __pycache__ .venv venv .tox .nox .pytest_cache .mypy_cache \
     .ruff_cache .hypothesis htmlcov coverage .coverage .nyc_output .eggs .gradle .dart_tool \
     DerivedData Pods .terraform CMakeFiles CMakeCache.txt _build .stack-work dist-newstyle zig-cache \
     .zig-cache zig-out obj .ipynb_checkpoints .sass-cache .docusaurus storybook-static \
     playwright-report test-results .serverless .aws-sam cdk.out .wrangler _site .jekyll-cache \
     .eslintcache .DS_Store Thumbs.db package-lock.json yarn.lock pnpm-lock.yaml bun.lockb bun.lock \
     Cargo.lock poetry.lock uv.lock Gemfile.lock composer.lock Pipfile.lock a.out .cache .webpack \
     .rpt2_cache .rollup.cache .swc .expo .metro-cache .yarn/cache .pnpm-store elm-stuff .bsp .metals \
     .bloop lcov.info tmp temp .tmp .temp bazel-bin bazel-out .cargo-cache nohup.out npm-debug.log \
     coverage.xml junit.xml .nx .direnv pip-wheel-metadata .import_linter_cache .pdm-build _output \
     .build .swiftpm cmake-build-debug cmake-build-release tsconfig.tsbuildinfo")
});
/// The same, by how the last part ends.
pub(super) const REMADE_ENDS: &[&str] = &[
    ".pyc",
    ".pyo",
    ".o",
    ".obj",
    ".class",
    ".log",
    ".tsbuildinfo",
    ".egg-info",
    ".gcda",
    ".gcno",
    ".profraw",
    ".rlib",
    ".rmeta",
    ".whl",
    ".tgz.tmp",
    ".pid",
    ".pdb.tmp",
    ".aux",
    ".lcov",
];
/// Folders below a home that hold nothing but what is fetched or made again.
pub(super) const CACHES: &[&str] = &[
    ".cache",
    ".npm",
    ".cargo/registry",
    ".cargo/git",
    ".gradle/caches",
    ".m2/repository",
    "Library/Caches",
    "Library/Developer/Xcode/DerivedData",
    ".bun/install/cache",
    ".pnpm-store",
    ".yarn/cache",
    ".nuget/packages",
    ".local/share/Trash",
    ".rustup/tmp",
    "go/pkg/mod",
    ".node-gyp",
    ".electron",
    ".expo",
    ".cocoapods/repos",
];
/// Those of them whose every part belongs to the system; the others hold people's things too.
pub(super) static DEEP: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set("etc usr bin sbin lib lib32 lib64 boot dev proc sys run root var System Library Windows nix \
     private")
});
/// Folders of a home whose loss is a person's loss.
pub(super) static PERSONAL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set("Documents Desktop Pictures Downloads Music Movies Videos Library .ssh .gnupg .aws .config .local \
     .kube .password-store .mozilla .thunderbird Dropbox OneDrive iCloud Projects projects src code \
     dev work repos . .. .docker .local/share Mail")
});

/// Folders at the root of a machine.
pub(super) static SYSTEM: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "etc usr bin sbin lib lib32 lib64 boot dev proc sys run root var opt srv System Library Applications private \
     Volumes snap nix mnt media home Users lost+found cores Windows efi data app workspace backup backups",
    )
});

fn set(names: &'static str) -> HashSet<&'static str> {
    names.split_ascii_whitespace().collect()
}
