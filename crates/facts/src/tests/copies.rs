//! Backups of files, by the real restic and the real Borg.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sayso_core::backup::BackupPlace;
use sayso_core::fact::{Fact, Known, Tone};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::ground::Ground;
use super::rig;
use crate::Credentials;

const PASSWORD: &str = "a-long-and-odd-word";

/// One credential, by its name.
#[derive(Debug)]
struct Keychain(BTreeMap<String, String>);

impl Credentials for Keychain {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        Ok(self.0.get(name).map(|text| Zeroizing::new(text.clone())))
    }
}

/// A home folder with work in it, and repositories outside of it.
struct Kept {
    ground: Ground,
    outside: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let ground = Ground::new();
        ground.write("work/shop/src/a.txt", "a");
        ground.write("work/shop/b.txt", "b");
        ground.write("work/other/c.txt", "c");
        Self { ground, outside: tempfile::tempdir().unwrap() }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.outside.path().join(name)
    }

    fn names(&mut self, place: BackupPlace) {
        self.ground.around.places.rows.push(BackupPlace {
            name: "shop".to_owned(),
            of: vec!["~/work/shop".to_owned()],
            credential: Some("shop-copies".to_owned()),
            ..place
        });
    }

    fn knows(&mut self, password: &str) {
        let keychain = Keychain([("shop-copies".to_owned(), password.to_owned())].into());
        self.ground.around.credentials = Arc::new(keychain);
    }

    fn borg(&self, repository: &Path, args: &[&str]) {
        let mut command = Command::new(rig::program("borg", &[], "borgbackup"));
        command.args(args).env("BORG_REPO", repository).env("BORG_PASSPHRASE", PASSWORD);
        // What it keeps for itself must not lie in the home folder that is compared.
        run(command.env("BORG_BASE_DIR", self.place("borg-own")).current_dir("/"));
    }

    async fn delete(&self, path: &str) -> Fact {
        let before = every_byte(self.outside.path());
        let fact = self.ground.delete(".", &[path]).await.facts.backups;
        assert_eq!(before, every_byte(self.outside.path()), "asking changed something");
        assert!(!format!("{fact:?}").contains(PASSWORD));
        fact
    }

    fn below_home(&self, path: &str) -> String {
        self.ground.path(path).display().to_string()
    }
}

fn back_up(repository: &Path, args: &[&str]) {
    let mut command = Command::new(rig::program("restic", &[], "restic"));
    command.args(args).env("RESTIC_REPOSITORY", repository).env("RESTIC_PASSWORD", PASSWORD);
    run(command.arg("--no-cache"));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn every_byte(folder: &Path) -> String {
    let mut sum = Sha256::new();
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while next < all.len() {
        let path = all[next].clone();
        next += 1;
        sum.update(path.as_os_str().as_encoded_bytes());
        if path.is_dir() {
            let mut below: Vec<_> =
                std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
            below.sort();
            all.extend(below);
        } else {
            sum.update(std::fs::read(&path).unwrap());
        }
    }
    format!("{:x?}", sum.finalize().as_slice())
}

fn restic(repository: &Path) -> BackupPlace {
    BackupPlace { restic: Some(repository.display().to_string()), ..BackupPlace::default() }
}

fn borg(repository: &Path) -> BackupPlace {
    BackupPlace { borg: Some(repository.display().to_string()), ..BackupPlace::default() }
}

#[tokio::test]
async fn the_newest_restic_snapshot_that_holds_the_folder_survives() {
    let mut kept = Kept::new();
    let repository = kept.place("restic");
    back_up(&repository, &["init"]);
    back_up(&repository, &["backup", "--time", "2023-11-04 10:00:00", &kept.below_home("work")]);
    back_up(
        &repository,
        &["backup", "--time", "2023-11-14 10:00:00", "--exclude", "src", &kept.below_home("work")],
    );
    back_up(&repository, &["backup", "--time", "2023-11-14 11:00:00", &kept.below_home("work/other")]);
    kept.names(restic(&repository));
    kept.knows(PASSWORD);
    let shop = kept.delete("work/shop").await;
    assert!(shop.headline.starts_with("Newest survivor is 12 hours old, at "), "{shop:?}");
    assert!(shop.headline.ends_with("/restic, on the same disk"), "{shop:?}");
    assert!(shop.detail.contains("The newest elsewhere is restic snapshot "), "{shop:?}");
    assert!(shop.detail.contains("2 outside of git: git has no copy."), "{shop:?}");
    assert_eq!((shop.known, shop.tone), (Known::Checked, Tone::Plain));
    assert!(shop.source.contains("restic at "), "{shop:?}");
    // What was left out of the newest one is looked for in the one before.
    let source = kept.delete("work/shop/src").await;
    assert!(source.headline.starts_with("Newest survivor is 10 days old, at "), "{source:?}");
    // No row names that folder.
    let other = kept.delete("work/other").await;
    assert_eq!(other.headline, "None found", "{other:?}");
    kept.ground.write("work/shop/new/d.txt", "d");
    let new = kept.delete("work/shop/new").await;
    assert_eq!((new.headline.as_str(), new.tone), ("None found", Tone::Bad));
    assert!(new.detail.contains("holds ~/work/shop/new."), "{new:?}");
}

#[tokio::test]
async fn a_repository_within_what_goes_never_counts() {
    let mut kept = Kept::new();
    let repository = kept.ground.path("work/shop/restic");
    back_up(&repository, &["init"]);
    back_up(&repository, &["backup", &kept.below_home("work/shop/src")]);
    kept.names(restic(&repository));
    kept.knows(PASSWORD);
    let fact = kept.delete("work/shop").await;
    assert_eq!((fact.headline.as_str(), fact.tone), ("Destroyed with it", Tone::Bad), "{fact:?}");
    assert!(fact.detail.contains("the repository lies in what is deleted"), "{fact:?}");
    let beside = kept.delete("work/shop/src").await;
    assert!(beside.headline.starts_with("Newest survivor is "), "{beside:?}");
}

#[tokio::test]
async fn a_password_that_is_missing_or_wrong_says_what_to_do() {
    let mut kept = Kept::new();
    let (one, other) = (kept.place("restic"), kept.place("borg"));
    back_up(&one, &["init"]);
    kept.borg(&other, &["init", "--encryption=repokey"]);
    for place in [restic(&one), borg(&other)] {
        kept.ground.around.places.rows.clear();
        kept.names(place);
        kept.knows("another-word");
        let wrong = kept.delete("work/shop").await;
        assert_eq!(
            (wrong.headline.as_str(), wrong.known),
            ("Could not be checked", Known::Failed),
            "{wrong:?}"
        );
        assert!(wrong.detail.contains("did not take your credential shop-copies"), "{wrong:?}");
        kept.ground.around.places.rows[0].credential = None;
        let none = kept.delete("work/shop").await;
        assert!(none.detail.contains("`sayso credential add shop`"), "{none:?}");
    }
    let away = kept.place("away");
    kept.ground.around.places.rows.clear();
    kept.names(restic(&away));
    let away = kept.delete("work/shop").await;
    assert!(away.detail.contains("finds no repository at "), "{away:?}");
}

#[tokio::test]
async fn the_newest_borg_archive_that_holds_the_folder_survives() {
    let mut kept = Kept::new();
    let repository = kept.place("borg");
    kept.borg(&repository, &["init", "--encryption=repokey"]);
    let create = |at: &str, name: &str, args: &[&str], what: &str| {
        let archive = format!("::{name}");
        let at = format!("--timestamp={at}");
        kept.borg(&repository, &[&["create", &at], args, &[&archive, what]].concat());
    };
    create("2023-11-04T10:00:00", "first", &[], &kept.below_home("work"));
    create("2023-11-14T10:00:00", "second", &["--exclude", "sh:**/src"], &kept.below_home("work"));
    kept.names(borg(&repository));
    kept.knows(PASSWORD);
    let shop = kept.delete("work/shop").await;
    assert!(shop.headline.starts_with("Newest survivor is 12 hours old, at "), "{shop:?}");
    assert!(shop.detail.contains("The newest elsewhere is Borg archive second"), "{shop:?}");
    let source = kept.delete("work/shop/src").await;
    assert!(source.detail.contains("Borg archive first"), "{source:?}");
}

#[tokio::test]
async fn a_borg_repository_without_a_password_is_listed_as_well() {
    let mut kept = Kept::new();
    let repository = kept.place("borg");
    kept.borg(&repository, &["init", "--encryption=none"]);
    kept.borg(&repository, &["create", "::only", &kept.below_home("work/shop")]);
    kept.names(borg(&repository));
    kept.ground.around.places.rows[0].credential = None;
    let fact = kept.delete("work/shop/src").await;
    assert!(fact.detail.contains("Borg archive only"), "{fact:?}");
}

#[tokio::test]
async fn a_dump_of_a_folder_is_a_copy_of_it_too() {
    let mut kept = Kept::new();
    kept.ground.write("dumps/shop.tar.gz", "packed");
    kept.names(BackupPlace { dumps: Some("~/dumps".to_owned()), ..BackupPlace::default() });
    let fact = kept.delete("work/shop").await;
    assert!(fact.headline.starts_with("Newest survivor is less than a minute old, at ~/dumps"), "{fact:?}");
}

#[tokio::test]
async fn a_folder_that_only_looks_like_a_snapshot_is_told_and_does_not_count() {
    let kept = Kept::new();
    kept.ground.write("work/.snapshots/7/snapshot/shop/b.txt", "b");
    kept.ground.write("work/.snapshots/7/info.xml", "<snapshot/>");
    let fact = kept.delete("work/shop/b.txt").await;
    assert_eq!((fact.headline.as_str(), fact.tone), ("Could not be checked", Tone::Bad), "{fact:?}");
    assert!(fact.detail.contains("~/work/.snapshots/7/snapshot holds a copy on the same disk"), "{fact:?}");
    // One that lies in what goes goes too.
    let whole = kept.delete("work").await;
    assert_eq!(whole.headline, "None found", "{whole:?}");
}

#[tokio::test]
async fn a_link_to_another_disk_is_no_snapshot() {
    // Memory is a disk of its own here, as a snapshot would be.
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap();
    std::fs::create_dir_all(elsewhere.path().join("snapshot/shop")).unwrap();
    std::fs::write(elsewhere.path().join("snapshot/shop/b.txt"), "b").unwrap();
    let kept = Kept::new();
    std::fs::create_dir(kept.ground.path("work/.snapshots")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), kept.ground.path("work/.snapshots/7")).unwrap();
    let fact = kept.delete("work/shop/b.txt").await;
    assert_eq!((fact.headline.as_str(), fact.tone), ("None found", Tone::Bad), "{fact:?}");
}
