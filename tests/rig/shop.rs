//! A folder to be anxious about: a shop under git, said to be production, with uploads that only this disk has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::desktop::Desktop;

/// The shop's folder, with a commit on `fix/staging-login`, and `sayso.toml` that calls it production.
pub fn shop(desktop: &Desktop) -> PathBuf {
    let shop = desktop.rig_folder().join("home/code/shop");
    fs::create_dir_all(&shop).unwrap();
    // Under the strict profile every change comes before a person, harmless ones too.
    let config = format!(
        "[rules]\nprofile = \"strict\"\n[environments.production]\nfolders = [\"{}\"]\n",
        shop.display()
    );
    fs::write(desktop.home().join("sayso.toml"), config).unwrap();
    fs::write(shop.join("server.js"), "const port = 8080;\nlisten(port);\n").unwrap();
    fs::write(shop.join("README.md"), "# Shop\n").unwrap();
    git(&shop, &["init", "--quiet", "--initial-branch", "fix/staging-login"]);
    git(&shop, &["add", "."]);
    git(&shop, &["commit", "--quiet", "-m", "The shop"]);
    fs::create_dir(shop.join("uploads")).unwrap();
    for number in 1..=24 {
        fs::write(shop.join(format!("uploads/invoice-{number:03}.pdf")), "an invoice\n".repeat(900 * number))
            .unwrap();
    }
    shop
}

/// Real git in this folder, with nobody's configuration.
pub fn git(folder: &Path, arguments: &[&str]) {
    let status = std::process::Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}
