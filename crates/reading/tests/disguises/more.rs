//! More disguises: programs that are seldom seen around others, other languages, and what a shell makes of a word.

use crate::dress::{Disguise, base64, double, hex, in_quotes, line, octal, simple};

/// A line that may stand in the double quotes of another language.
fn bare(words: &[&str]) -> Option<String> {
    Some(line(words)).filter(|text| !text.contains(['"', '\'', '\\', '$', '`', '@', '#', '%']))
}

fn base32(text: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(5) {
        let mut bytes = [0u8; 5];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let all = bytes.iter().fold(0u64, |all, byte| (all << 8) | u64::from(*byte));
        let said = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let letter = usize::try_from((all >> (35 - 5 * at)) & 31).unwrap();
            out.push(if at < said { char::from(LETTERS[letter]) } else { '=' });
        }
    }
    out
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// Those that run the same command here.
pub(crate) const MORE: &[Disguise] = &[
    // Programs around it.
    ("unshare", |w| Some(format!("unshare -r {}", line(w)))),
    ("nsenter", |w| Some(format!("nsenter -t 1 -m -- {}", line(w)))),
    ("taskset", |w| Some(format!("taskset 0x1 {}", line(w)))),
    ("chrt", |w| Some(format!("chrt -b 0 {}", line(w)))),
    ("ionice", |w| Some(format!("ionice -c2 -n7 {}", line(w)))),
    ("setpriv", |w| Some(format!("setpriv --reuid 0 {}", line(w)))),
    ("systemd-run", |w| Some(format!("systemd-run --user --wait {}", line(w)))),
    ("pkexec", |w| Some(format!("pkexec {}", line(w)))),
    ("runuser", |w| Some(format!("runuser -u root -- {}", line(w)))),
    ("sg", |w| Some(format!("sg docker -c {}", in_quotes(&line(w))))),
    ("gosu", |w| Some(format!("gosu root {}", line(w)))),
    ("su-exec", |w| Some(format!("su-exec root {}", line(w)))),
    ("chpst", |w| Some(format!("chpst -u nobody {}", line(w)))),
    ("firejail", |w| Some(format!("firejail --quiet -- {}", line(w)))),
    ("bwrap", |w| Some(format!("bwrap --bind / / -- {}", line(w)))),
    ("proxychains", |w| Some(format!("proxychains4 -q {}", line(w)))),
    ("torsocks", |w| Some(format!("torsocks {}", line(w)))),
    ("faketime", |w| Some(format!("faketime '1 day ago' {}", line(w)))),
    ("eatmydata", |w| Some(format!("eatmydata {}", line(w)))),
    ("dbus-run-session", |w| Some(format!("dbus-run-session -- {}", line(w)))),
    ("xvfb-run", |w| Some(format!("xvfb-run -a {}", line(w)))),
    ("tini", |w| Some(format!("tini -- {}", line(w)))),
    ("prlimit", |w| Some(format!("prlimit --nofile=64 {}", line(w)))),
    ("setarch", |w| Some(format!("setarch x86_64 -R {}", line(w)))),
    ("numactl", |w| Some(format!("numactl -N 0 {}", line(w)))),
    ("cpulimit", |w| Some(format!("cpulimit -l 50 -- {}", line(w)))),
    ("a loader", |w| Some(format!("/lib64/ld-linux-x86-64.so.2 /usr/bin/{}", line(w)))),
    ("hyperfine", |w| Some(format!("hyperfine --runs 1 {}", in_quotes(&line(w))))),
    ("entr", |w| Some(format!("ls | entr -n {}", line(w)))),
    ("entr -s", |w| Some(format!("ls | entr -s {}", in_quotes(&line(w))))),
    ("watchexec", |w| Some(format!("watchexec -- {}", line(w)))),
    ("nodemon", |w| Some(format!("nodemon --exec {}", in_quotes(&line(w))))),
    ("concurrently", |w| Some(format!("concurrently {}", in_quotes(&line(w))))),
    ("cross-env", |w| Some(format!("cross-env A=1 {}", line(w)))),
    ("npx -c", |w| Some(format!("npx -c {}", in_quotes(&line(w))))),
    ("npm exec -c", |w| Some(format!("npm exec -c {}", in_quotes(&line(w))))),
    ("pnpm exec", |w| Some(format!("pnpm exec {}", line(w)))),
    ("poetry run", |w| Some(format!("poetry run {}", line(w)))),
    ("uv run", |w| Some(format!("uv run {}", line(w)))),
    ("bundle exec", |w| Some(format!("bundle exec {}", line(w)))),
    ("direnv", |w| Some(format!("direnv exec . {}", line(w)))),
    ("mise", |w| Some(format!("mise exec -- {}", line(w)))),
    ("nix-shell", |w| Some(format!("nix-shell -p git --run {}", in_quotes(&line(w))))),
    ("conda run", |w| Some(format!("conda run -n base {}", line(w)))),
    ("at", |w| Some(format!("echo {} | at now", in_quotes(&line(w))))),
    ("batch", |w| Some(format!("batch <<< {}", in_quotes(&line(w))))),
    ("expect", |w| bare(w).map(|text| format!("expect -c 'spawn {text}'"))),
    ("screen", |w| Some(format!("screen -dm sh -c {}", in_quotes(&line(w))))),
    ("tmux run-shell", |w| Some(format!("tmux run-shell {}", in_quotes(&line(w))))),
    ("busybox", |w| matches!(w[0], "rm" | "dd").then(|| format!("busybox {}", line(w)))),
    ("a script's option", |w| Some(format!("script --command {} /dev/null", in_quotes(&line(w))))),
    ("start-stop-daemon", |w| {
        Some(format!("start-stop-daemon --start --exec /usr/bin/{} -- {}", w[0], line(&w[1..])))
    }),
    ("find -execdir", |w| Some(format!("find . -maxdepth 0 -execdir {} \\;", line(w)))),
    ("find -ok", |w| Some(format!("find . -maxdepth 0 -ok {} \\;", line(w)))),
    // What it finds is added to the words, so that the target of a copy is another one.
    ("fd", |w| (!matches!(w[0], "cp" | "scp")).then(|| format!("fd -1 . -x {}", line(w)))),
    ("parallel by a pipe", |w| Some(format!("echo {} | parallel", in_quotes(&line(w))))),
    ("xargs by lines", |w| simple(w).then(|| format!("echo {} | xargs -L1 env", in_quotes(&line(w))))),
    ("git's pager", |w| Some(format!("git -c core.pager={} log", in_quotes(&line(w))))),
    ("git's alias", |w| Some(format!("git -c alias.x={} x", in_quotes(&format!("!{}", line(w)))))),
    ("git's kept alias", |w| {
        Some(format!("git config alias.x {} && git x", in_quotes(&format!("!{}", line(w)))))
    }),
    ("git bisect", |w| Some(format!("git bisect run {}", line(w)))),
    ("git rebase", |w| Some(format!("git rebase -x {} HEAD~1", in_quotes(&line(w))))),
    ("git submodule", |w| Some(format!("git submodule foreach {}", in_quotes(&line(w))))),
    ("sed's e", |w| bare(w).filter(|t| !t.contains(['/', ';'])).map(|text| format!("sed '1e {text}' x"))),
    ("rsync -e", |w| Some(format!("rsync -e {} a h:b", in_quotes(&format!("sh -c {}", double(&line(w))))))),
    ("tar to a command", |w| Some(format!("tar xf x.tar --to-command={}", in_quotes(&line(w))))),
    ("gdb", |w| Some(format!("gdb -batch -ex {}", in_quotes(&format!("shell {}", line(w)))))),
    ("man's pager", |w| Some(format!("man -P {} ls", in_quotes(&line(w))))),
    ("a pager of man", |w| Some(format!("MANPAGER={} man ls", in_quotes(&line(w))))),
    ("less", |w| Some(format!("less {} x", in_quotes(&format!("+!{}", line(w)))))),
    ("ex", |w| Some(format!("ex -sc {} -cq", in_quotes(&format!("!{}", line(w)))))),
    ("ed", |w| Some(format!("ed -s <<< {}", in_quotes(&format!("!{}", line(w)))))),
    ("make's recipe", |w| bare(w).map(|text| format!("make -f - <<'E'\nall:\n\t{text}\nE"))),
    ("split's filter", |w| Some(format!("split --filter={} x", in_quotes(&line(w))))),
    ("sqlite's shell", |w| bare(w).map(|text| format!("sqlite3 x.db '.shell {text}'"))),
    ("psql's shell", |w| bare(w).map(|text| format!("psql -c '\\! {text}'"))),
    // Other languages.
    ("python os.system", |w| bare(w).map(|text| format!("python3 -c 'import os; os.system(\"{text}\")'"))),
    ("python subprocess", |w| {
        bare(w).map(|text| format!("python3 -c 'import subprocess as s; s.run(\"{text}\", shell=True)'"))
    }),
    ("python by words", |w| {
        bare(w)?;
        let words: Vec<String> = w.iter().map(|word| format!("\"{word}\"")).collect();
        Some(format!("python3 -c 'import subprocess; subprocess.check_call([{}])'", words.join(", ")))
    }),
    ("python by import", |w| bare(w).map(|text| format!("python -c '__import__(\"os\").popen(\"{text}\")'"))),
    ("python exec", |w| {
        bare(w).map(|text| {
            let code = format!("import os;os.system('{text}')");
            format!("python3 -c 'import base64; exec(base64.b64decode(\"{}\"))'", base64(&code))
        })
    }),
    ("perl system", |w| bare(w).map(|text| format!("perl -e 'system(\"{text}\")'"))),
    ("perl exec", |w| bare(w).map(|text| format!("perl -e 'exec \"{text}\"'"))),
    ("perl backquotes", |w| bare(w).map(|text| format!("perl -e '`{text}`'"))),
    ("ruby system", |w| bare(w).map(|text| format!("ruby -e 'system \"{text}\"'"))),
    ("ruby %x", |w| bare(w).map(|text| format!("ruby -e '%x({text})'"))),
    ("node", |w| bare(w).map(|text| format!("node -e 'require(\"child_process\").execSync(\"{text}\")'"))),
    ("node spawn", |w| {
        bare(w)?;
        let words: Vec<String> = w[1..].iter().map(|word| format!("\"{word}\"")).collect();
        Some(format!(
            "node -e 'require(\"node:child_process\").spawnSync(\"{}\", [{}])'",
            w[0],
            words.join(",")
        ))
    }),
    ("php", |w| bare(w).map(|text| format!("php -r 'shell_exec(\"{text}\");'"))),
    ("lua", |w| bare(w).map(|text| format!("lua -e 'os.execute(\"{text}\")'"))),
    ("bun", |w| bare(w).map(|text| format!("bun -e 'await Bun.$`{text}`'"))),
    ("deno", |w| {
        bare(w)?;
        let words: Vec<String> = w[1..].iter().map(|word| format!("\"{word}\"")).collect();
        Some(format!(
            "deno eval 'new Deno.Command(\"{}\", {{args: [{}]}}).outputSync()'",
            w[0],
            words.join(",")
        ))
    }),
    ("awk's pipe", |w| bare(w).map(|text| format!("awk 'BEGIN{{\"{text}\" | getline}}'"))),
    ("awk into sh", |w| bare(w).map(|text| format!("awk 'BEGIN{{print \"{text}\" | \"sh\"}}'"))),
    ("tclsh", |w| bare(w).map(|text| format!("tclsh <<< 'exec {text}'"))),
    ("osascript", |w| bare(w).map(|text| format!("osascript -e 'do shell script \"{text}\"'"))),
    // What a shell makes of a word.
    ("a slice of an array", |w| Some(format!("a=(x {} y); \"${{a[@]:1:{}}}\"", line(w), w.len()))),
    ("elements one by one", |w| {
        let set: Vec<String> =
            w.iter().enumerate().map(|(at, word)| format!("a[{at}]={}", in_quotes(word))).collect();
        Some(format!("{}; \"${{a[@]}}\"", set.join("; ")))
    }),
    ("read into an array", |w| {
        (simple(w) && !w.concat().contains(','))
            .then(|| format!("IFS=, read -ra a <<< {}; \"${{a[@]}}\"", w.join(",")))
    }),
    ("letters", |w| {
        let letters: Vec<String> = w[0].chars().enumerate().map(|(at, c)| format!("l{at}={c}")).collect();
        let used: Vec<String> = (0..w[0].len()).map(|at| format!("${{l{at}}}")).collect();
        let used = used.concat();
        Some(format!("{}; {used} {}", letters.join("; "), line(&w[1..])))
    }),
    ("letters out of a text", |w| {
        (w[0] == "rm").then(|| format!("a=abcmnopqr; ${{a:8:1}}${{a:3:1}} {}", line(&w[1..])))
    }),
    ("a reference", |w| Some(format!("x={}; declare -n y=x; $y {}", w[0], line(&w[1..])))),
    ("a quoted variable", |w| Some(format!("x=$'{}'; $x {}", octal(w[0]), line(&w[1..])))),
    ("two quotings", |w| {
        Some(format!("$'\\x{:02x}'\"{}\" {}", w[0].as_bytes()[0], &w[0][1..], line(&w[1..])))
    }),
    ("a function's variable", |w| {
        Some(format!("f() {{ local p={}; $p \"$@\"; }}; f {}", w[0], line(&w[1..])))
    }),
    ("shifted parameters", |w| Some(format!("set -- x {}; shift; \"$@\"", line(w)))),
    ("a parameter that is worked out", |w| Some(format!("set -- a {}; ${{@:2:1}} {}", w[0], line(&w[1..])))),
    ("printf's octal", |w| Some(format!("$(printf '{}') {}", octal(w[0]), line(&w[1..])))),
    ("echo -e", |w| Some(format!("$(echo -e '{}') {}", hex(w[0], "\\x"), line(&w[1..])))),
    ("rev here", |w| Some(format!("$(rev <<< {}) {}", reversed(w[0]), line(&w[1..])))),
    ("base64 here", |w| Some(format!("$(base64 -d <<< {}) {}", base64(w[0]), line(&w[1..])))),
    ("base32", |w| Some(format!("echo {} | base32 -d | sh", base32(&line(w))))),
    ("a here-document in eval", |w| Some(format!("eval \"$(cat <<'E'\n{}\nE\n)\"", line(w)))),
    ("a here-document in a process", |w| Some(format!("bash <(cat <<'E'\n{}\nE\n)", line(w)))),
    ("exec of a shell", |w| Some(format!("exec bash -c {}", in_quotes(&line(w))))),
    ("a shell of a variable", |w| Some(format!("s=bash; $s -c {}", in_quotes(&line(w))))),
    ("until", |w| Some(format!("until {}; do :; done", line(w)))),
    ("select", |w| Some(format!("select x in a; do {}; break; done", line(w)))),
    ("a trap of each", |w| Some(format!("trap {} DEBUG; ls", in_quotes(&line(w))))),
    ("a subscript", |w| bare(w).map(|text| format!("test -v 'a[$({text})]'"))),
    ("a double test's subscript", |w| bare(w).map(|text| format!("[[ -v 'a[$({text})]' ]]"))),
    ("a callback", |w| Some(format!("mapfile -c 1 -C {} a < x", in_quotes(&line(w))))),
    ("a completion", |w| Some(format!("compgen -C {} x", in_quotes(&line(w))))),
    ("tee", |w| Some(format!("echo {} | tee x.sh; sh x.sh", in_quotes(&line(w))))),
    ("appended twice", |w| Some(format!("echo ls > x.sh; echo {} >> x.sh; bash x.sh", in_quotes(&line(w))))),
    ("zsh", |w| Some(format!("zsh -c {}", in_quotes(&line(w))))),
    ("fish", |w| Some(format!("fish -c {}", in_quotes(&line(w))))),
    ("a pattern of folders", |w| (w[0] == "rm").then(|| format!("/???/rm {}", line(&w[1..])))),
    ("a pattern of a letter", |w| (w[0] == "rm").then(|| format!("/bin/r[m] {}", line(&w[1..])))),
];
