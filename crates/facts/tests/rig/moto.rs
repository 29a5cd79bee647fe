//! A stand-in for AWS: moto in server mode, from PyPI, in a virtual environment below the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use sha2::{Digest as _, Sha256};

use super::Running;

/// What is installed, by exact versions.
const REQUIREMENTS: &str = include_str!("moto.txt");
/// The account that moto plays where nobody says otherwise.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region of all that the tests make.
pub(crate) const REGION: &str = "eu-central-1";

/// A server.
pub(crate) struct Moto {
    _running: Running,
    /// What it writes down lies here.
    _folder: tempfile::TempDir,
    python: PathBuf,
    port: u16,
}

impl Moto {
    /// One server for all tests that run at the same time. Each takes names of its own.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Moto>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A new server, with nothing in it.
    pub(crate) fn start() -> Self {
        let python = environment().join("bin/python");
        let port = super::free_port();
        let folder = tempfile::tempdir().unwrap();
        let recording = format!("MOTO_RECORDER_FILEPATH={}", folder.path().join("recording").display());
        let (program, number) = (python.to_str().unwrap(), port.to_string());
        let server = ["env", &recording, program, "-m", "moto.server", "-H", "127.0.0.1", "-p", &number];
        let running = Running::start(&server.map(str::to_owned), "Running on");
        Self { _running: running, _folder: folder, python, port }
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs Python with `boto3` and a function `client(service)` for it; what it prints.
    pub(crate) fn python(&self, script: &str) -> String {
        let whole = format!(
            "import boto3, json, urllib.request\n\
             from botocore.config import Config\n\
             URL = '{}'\n\
             def client(service):\n    \
                 return boto3.client(service, endpoint_url=URL, region_name='{REGION}', aws_access_key_id='maker', \
             aws_secret_access_key='maker', config=Config(max_pool_connections=16))\n\
             def server(path, data=None):\n    \
                 return urllib.request.urlopen(urllib.request.Request(URL + '/moto-api/' + path, data=data, \
             headers={{'Content-Type': 'text/plain'}})).read().decode()\n\
             {script}",
            self.url()
        );
        let output = Command::new(&self.python).args(["-c", &whole]).env_clear().output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// All that it holds of the services that are asked, as text.
    pub(crate) fn everything(&self) -> String {
        self.python(
            "
s3, rds, ec2, db = client('s3'), client('rds'), client('ec2'), client('dynamodb')
all = [rds.describe_db_instances(), rds.describe_db_snapshots(), rds.describe_db_clusters(), ec2.describe_volumes(),
  ec2.describe_snapshots(OwnerIds=['self']), ec2.describe_instances(), db.list_backups()]
for bucket in s3.list_buckets()['Buckets']:
    name = bucket['Name']
    all += [bucket, s3.list_object_versions(Bucket=name), s3.get_bucket_versioning(Bucket=name)]
for name in db.list_tables()['TableNames']:
    all += [db.describe_table(TableName=name), db.scan(TableName=name), db.describe_continuous_backups(TableName=name)]
for database in all[0]['DBInstances']:
    # It follows the clock.
    database.pop('LatestRestorableTime', None)
for one in all:
    one.pop('ResponseMetadata', None)
print(json.dumps(all, default=str))
",
        )
    }
}

/// The virtual environment, made once for each set of versions.
fn environment() -> PathBuf {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(REQUIREMENTS)[..8]);
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let folder = target.join(format!("moto-{:x}", u64::from_be_bytes(first)));
    // Tests of several crates may want it at once.
    let lock = File::create(target.join("moto.lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join("complete").exists() {
        make(&folder);
    }
    folder
}

fn make(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    let run = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(
            output.status.success(),
            "{command:?} (install the packages python3 and python3-venv): {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(folder));
    let requirements = folder.join("moto.txt");
    fs::write(&requirements, REQUIREMENTS).unwrap();
    let mut pip = Command::new(folder.join("bin/python"));
    run(pip
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&requirements));
    fs::write(folder.join("complete"), "").unwrap();
}
