//! What a call does, by its name: the names of nine languages in one table.

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Deletes what its first argument, or what it is called on, names.
    Delete {
        recursive: bool,
    },
    /// Writes to what its first argument, or what it is called on, names.
    Write,
    /// Opens a file; its second argument says how.
    Open,
    /// Prints or gives back a file.
    Read,
    /// Moves its first argument to its second.
    Move,
    /// Hands its first argument to a shell.
    Shell,
    /// Runs a program: a list of words, or a text.
    Words,
    /// Runs a text of the same language.
    Eval,
    /// Loads what its argument names.
    Load,
    /// Makes objects of bytes, and can run what they say.
    Unpickle,
    /// Sends something by HTTP; the method stands in the name or in an argument.
    Send,
    /// Asks by HTTP, unless an argument says otherwise.
    Ask,
    /// Opens a connection of its own.
    Connect,
    /// Takes a connection for its standard input, or opens a terminal: half of a shell for somebody far away.
    Hand,
    Kill,
    Fork,
    Rights,
    /// Sends mail.
    Mail,
    /// Reaches for what its name does not say.
    Reach,
    /// Ends the machine.
    Shutdown,
}

/// A name that is called, taken apart.
struct Called<'a> {
    name: &'a str,
    /// Its last part.
    last: &'a str,
    /// The part before it; empty where there is none.
    module: &'a str,
    bare: bool,
    /// Whether the source names a module that runs programs.
    child: bool,
}

/// What the call of `name` does. `child` says that the source names a module that runs programs.
pub(super) fn of(name: &str, child: bool) -> Option<Act> {
    let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
    let head = name.len().checked_sub(last.len() + 1).and_then(|at| name.get(..at)).unwrap_or("");
    let head = head.trim_end_matches([':', '-', '.', '>']);
    let module = head.rsplit(['.', ':', '>']).next().unwrap_or(head);
    let called = Called { name, last, module, bare: head.is_empty(), child };
    let families = [deletes, files, runs, programs, texts, network, machine];
    families.iter().find_map(|family| family(&called))
}

/// Whether `text` is one of the words of `list`.
fn among(text: &str, list: &str) -> bool {
    !text.is_empty() && list.split_ascii_whitespace().any(|word| word == text)
}

fn deletes(called: &Called<'_>) -> Option<Act> {
    const TREES: &str = "rmtree rm_rf rm_r rmtree! remove_tree remove_dir remove_entry remove_entry_secure rimraf rimrafSync \
         emptyDirSync emptyDir delete_tree deleteDir deleteDirectory del_tree rmSync removedirs removeSync";
    const ONE: &str = "unlink unlinkSync rmdirSync unlink! deleteSync rm_f safe_unlink rmdir";
    let Called { last, module, .. } = *called;
    if among(last, TREES) || last == "rm" && is_files(module) {
        return Some(Act::Delete { recursive: true });
    }
    let one = among(last, ONE) || among(last, "remove delete rm! rm_rf!") && is_files(module);
    one.then_some(Act::Delete { recursive: false })
}

fn files(called: &Called<'_>) -> Option<Act> {
    const WRITE: &str = "write_text write_bytes writeFileSync writeFile appendFileSync appendFile createWriteStream \
         file_put_contents writeTextFile writeTextFileSync writeJson outputFile binwrite writeJSONSync";
    const READ: &str = "read_text read_bytes readFileSync readFile file_get_contents readfile readTextFile \
         readTextFileSync readlines slurp binread show_source highlight_file fpassthru";
    let Called { name, last, module, bare, .. } = *called;
    let sync = last.ends_with("Sync");
    let truncates = among(last, "truncate truncateSync ftruncate") && (is_files(module) || bare || sync);
    if among(last, WRITE) || truncates || last == "write" && among(module, "File IO Bun fs Deno") {
        return Some(Act::Write);
    }
    if among(last, "open openSync fopen sysopen")
        && (bare || is_files(module) || among(module, "codecs gzip bz2 lzma"))
    {
        return Some(Act::Open);
    }
    if among(last, READ) || among(last, "read foreach") && among(module, "File IO") || name == "Bun.file" {
        return Some(Act::Read);
    }
    let moves =
        among(last, "rename renameSync move moveSync mv replace renames") && (is_files(module) || sync);
    (moves || last == "rename" && bare).then_some(Act::Move)
}

/// What hands a text to a shell.
fn runs(called: &Called<'_>) -> Option<Act> {
    const SHELL: &str = "system popen getoutput getstatusoutput shell_exec passthru execSync exec_shell \
         create_subprocess_shell popen2 popen3 popen2e capture2 capture2e capture3 executeShell proc_open pcntl_exec \
         runCommand do_shell_script";
    let Called { last, module, bare, child, .. } = *called;
    let exec = last == "exec" && (among(module, "child_process cp childProcess os Kernel") || bare && child);
    let named = among(last, "shell cmd pipeline call_command") && !bare;
    (among(last, SHELL) || named || exec || last == "execute" && module == "os").then_some(Act::Shell)
}

/// What runs a program by its words.
fn programs(called: &Called<'_>) -> Option<Act> {
    const WORDS: &str = "Popen check_output check_call spawn spawnSync execFile execFileSync Command \
         create_subprocess_exec execv execve execvp execvpe execl execle execlp posix_spawn posix_spawnp spawnl spawnlp \
         spawnv spawnvp startfile system2";
    let Called { last, module, .. } = *called;
    if last == "spawn" && module == "pty" || among(last, "dup2") {
        return Some(Act::Hand);
    }
    let run = among(last, "run call") && among(module, "subprocess sp Deno sh");
    (run || among(last, WORDS)).then_some(Act::Words)
}

/// What runs a text, loads a module or makes objects of bytes.
fn texts(called: &Called<'_>) -> Option<Act> {
    const EVAL: &str = "execfile instance_eval class_eval module_eval Function constructor runInThisContext \
         runInNewContext runInContext loadstring create_function evalScript eval_string InteractiveConsole runcode runsource";
    const EVALS: &str = "vm Kernel builtins __builtins__ window globalThis global";
    const LOAD: &str = "__import__ import_module load_module dlopen CDLL cdll LoadLibrary loadlib";
    const PICKLES: &str = "pickle cPickle dill marshal shelve jsonpickle joblib Marshal cloudpickle";
    const REACH: &str = "__subclasses__ __getattribute__ __globals__ globals locals vars const_get public_send \
         method_missing call_user_func call_user_func_array getattr";
    let Called { last, module, bare, .. } = *called;
    let eval = among(last, EVAL)
        || among(last, "compile assert exec") && bare
        || last == "eval" && (bare || among(module, EVALS));
    if eval {
        return Some(Act::Eval);
    }
    if among(last, LOAD) {
        return Some(Act::Load);
    }
    let unpickles = among(last, "loads load") && among(module, PICKLES);
    if unpickles || among(last, "unserialize unsafe_load full_load_all") {
        return Some(Act::Unpickle);
    }
    among(last, REACH).then_some(Act::Reach)
}

fn network(called: &Called<'_>) -> Option<Act> {
    const SEND: &str = "post put patch post_form delete upload sendFile postForm";
    const CONNECT: &str =
        "create_connection createConnection fsockopen pfsockopen stream_socket_client open_connection";
    let Called { last, module, bare, .. } = *called;
    if among(last, SEND) && is_client(module) || among(last, "post_form storbinary upload_file put_object") {
        return Some(Act::Send);
    }
    let asks = among(last, "urlopen fetch urlretrieve curl_exec curl_init")
        || last == "open" && module == "webbrowser";
    if asks || among(last, "get head options request") && is_client(module) {
        return Some(Act::Ask);
    }
    let socket = among(last, "connect socket") && among(module, "socket net tls TCPSocket s sock Socket");
    let new = among(last, "new open") && among(module, "TCPSocket INET UDPSocket Socket");
    (among(last, CONNECT) || socket || last == "socket" && bare || new).then_some(Act::Connect)
}

fn machine(called: &Called<'_>) -> Option<Act> {
    let Called { last, module, bare, .. } = *called;
    if among(last, "kill killpg") && (bare || among(module, "os process Process posix")) {
        return Some(Act::Kill);
    }
    if among(last, "fork forkpty")
        && (bare || among(module, "os Process Kernel pty posix cluster child_process"))
    {
        return Some(Act::Fork);
    }
    if among(last, "chmod chown chmodSync chownSync lchown chmod_R chown_R") {
        return Some(Act::Rights);
    }
    if among(last, "sendmail sendMail send_message") && !bare || last == "mail" {
        return Some(Act::Mail);
    }
    let off = among(last, "reboot poweroff halt") && (bare || module == "os");
    off.then_some(Act::Shutdown)
}

/// Whether a name's head is one that handles files.
fn is_files(module: &str) -> bool {
    matches!(
        module,
        "fs" | "fsp"
            | "promises"
            | "os"
            | "shutil"
            | "File"
            | "Dir"
            | "FileUtils"
            | "IO"
            | "io"
            | "Deno"
            | "fsPromises"
            | "fse"
            | "fs_extra"
            | "pathlib"
            | "Path"
            | "Pathname"
            | "file"
            | "posix"
            | "nt"
            | "Files"
            | "FileSystem"
            | "path"
            | "Bun"
            | "aiofiles"
            | "fs-extra"
    )
}

/// Whether a name's head is one that talks HTTP.
fn is_client(module: &str) -> bool {
    matches!(
        module,
        "requests"
            | "httpx"
            | "axios"
            | "session"
            | "client"
            | "Session"
            | "Client"
            | "http"
            | "https"
            | "HTTP"
            | "HTTParty"
            | "RestClient"
            | "Faraday"
            | "aiohttp"
            | "got"
            | "superagent"
            | "ky"
            | "needle"
            | "LWP"
            | "ua"
            | "Request"
            | "Excon"
            | "HTTPoison"
            | "Typhoeus"
            | "r"
            | "s3"
            | "ftp"
    )
}
