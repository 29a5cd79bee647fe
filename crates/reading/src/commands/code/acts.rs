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
    /// Gives a variable of the environment.
    Environment,
    /// Ends the machine.
    Shutdown,
}

/// What the call of `name` does. `child` says that the source names a module that runs programs.
pub(super) fn of(name: &str, child: bool) -> Option<Act> {
    let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
    let head = name.len().checked_sub(last.len() + 1).and_then(|at| name.get(..at)).unwrap_or("");
    let head = head.trim_end_matches([':', '-', '.', '>']);
    let module = head.rsplit(['.', ':', '>']).next().unwrap_or(head);
    let bare = head.is_empty();
    Some(match last {
        "rmtree"
        | "rm_rf"
        | "rm_r"
        | "rmtree!"
        | "remove_tree"
        | "remove_dir"
        | "remove_entry"
        | "remove_entry_secure"
        | "rimraf"
        | "rimrafSync"
        | "emptyDirSync"
        | "emptyDir"
        | "delete_tree"
        | "deleteDir"
        | "deleteDirectory"
        | "del_tree" => Act::Delete { recursive: true },
        "rmSync" | "rm" if is_files(module) || last == "rmSync" => Act::Delete { recursive: true },
        "unlink" | "unlinkSync" | "removedirs" | "rmdirSync" | "removeSync" | "unlink!" | "deleteSync"
        | "rm_f" | "safe_unlink" => Act::Delete { recursive: last == "removedirs" || last == "removeSync" },
        "remove" | "delete" | "rmdir" | "rm!" | "rm_rf!" if is_files(module) || bare && last == "rmdir" => {
            Act::Delete { recursive: false }
        }
        "remove" if bare && name == "remove" && child => return None,
        "rmdir" => Act::Delete { recursive: false },
        "truncate" | "truncateSync" | "ftruncate" if is_files(module) || bare || last.ends_with("Sync") => {
            Act::Write
        }
        "write_text" | "write_bytes" | "writeFileSync" | "writeFile" | "appendFileSync" | "appendFile"
        | "createWriteStream" | "file_put_contents" | "writeTextFile" | "writeTextFileSync" | "writeJson"
        | "outputFile" | "binwrite" | "writeJSONSync" => Act::Write,
        "write" if matches!(module, "File" | "IO" | "Bun" | "fs" | "Deno") => Act::Write,
        "open" | "openSync" | "fopen" | "sysopen"
            if bare || is_files(module) || matches!(module, "codecs" | "gzip" | "bz2" | "lzma") =>
        {
            Act::Open
        }
        "open" if module == "webbrowser" => Act::Ask,
        "read_text" | "read_bytes" | "readFileSync" | "readFile" | "file_get_contents" | "readfile"
        | "readTextFile" | "readTextFileSync" | "readlines" | "foreach" | "slurp" | "binread"
        | "show_source" | "highlight_file" | "fpassthru" | "dofile"
            if !(last == "dofile" || last == "foreach" && module != "File" && module != "IO") =>
        {
            Act::Read
        }
        "read" if matches!(module, "File" | "IO") => Act::Read,
        "file" if name == "Bun.file" => Act::Read,
        "rename" | "renameSync" | "move" | "moveSync" | "mv" | "replace" | "renames"
            if is_files(module) || last.ends_with("Sync") =>
        {
            Act::Move
        }
        "rename" if bare => Act::Move,
        "system"
        | "popen"
        | "getoutput"
        | "getstatusoutput"
        | "shell_exec"
        | "passthru"
        | "execSync"
        | "exec_shell"
        | "create_subprocess_shell"
        | "popen2"
        | "popen3"
        | "popen2e"
        | "capture2"
        | "capture2e"
        | "capture3"
        | "pipeline"
        | "call_command"
        | "shell"
        | "executeShell"
        | "cmd"
        | "proc_open"
        | "pcntl_exec"
        | "runCommand"
        | "do_shell_script"
            if !(matches!(last, "shell" | "cmd" | "pipeline" | "call_command") && bare) =>
        {
            Act::Shell
        }
        "exec"
            if module == "child_process"
                || module == "cp"
                || module == "childProcess"
                || bare && child
                || module == "os"
                || module == "Kernel" =>
        {
            Act::Shell
        }
        "execute" if module == "os" => Act::Shell,
        "run" | "call" | "check_call" | "check_output" | "Popen"
            if matches!(module, "subprocess" | "sp" | "Deno" | "sh")
                || last == "Popen"
                || last == "check_output"
                || last == "check_call" =>
        {
            Act::Words
        }
        "spawn"
        | "spawnSync"
        | "execFile"
        | "execFileSync"
        | "Command"
        | "create_subprocess_exec"
        | "execv"
        | "execve"
        | "execvp"
        | "execvpe"
        | "execl"
        | "execle"
        | "execlp"
        | "posix_spawn"
        | "posix_spawnp"
        | "spawnl"
        | "spawnlp"
        | "spawnv"
        | "spawnvp"
        | "startfile"
        | "system2" => {
            if module == "pty" {
                Act::Hand
            } else {
                Act::Words
            }
        }
        "exec" | "eval" | "execfile" | "instance_eval" | "class_eval" | "module_eval" | "Function"
        | "constructor" | "runInThisContext" | "runInNewContext" | "runInContext" | "loadstring"
        | "compile" | "assert" | "create_function" | "evalScript" | "literal_exec" | "eval_string"
        | "InteractiveConsole" | "runcode" | "runsource"
            if (last != "compile" || bare)
                && (last != "assert" || bare)
                && (last != "exec" || bare)
                && !(last == "eval"
                    && !bare
                    && !matches!(
                        module,
                        "vm" | "Kernel" | "builtins" | "__builtins__" | "window" | "globalThis" | "global"
                    )) =>
        {
            Act::Eval
        }
        "__import__" | "import_module" | "load_module" | "dlopen" | "CDLL" | "cdll" | "LoadLibrary"
        | "loadlib" => Act::Load,
        "loads" | "load"
            if matches!(
                module,
                "pickle"
                    | "cPickle"
                    | "dill"
                    | "marshal"
                    | "shelve"
                    | "jsonpickle"
                    | "joblib"
                    | "Marshal"
                    | "cloudpickle"
            ) =>
        {
            Act::Unpickle
        }
        "unserialize" | "unsafe_load" | "full_load_all" => Act::Unpickle,
        "post" | "put" | "patch" | "post_form" | "delete" | "upload" | "storbinary" | "sendFile"
        | "put_object" | "upload_file" | "postForm"
            if is_client(module)
                || matches!(last, "post_form" | "storbinary" | "upload_file" | "put_object") =>
        {
            Act::Send
        }
        "urlopen" | "fetch" | "urlretrieve" | "curl_exec" | "curl_init" => Act::Ask,
        "get" | "head" | "options" | "request" if is_client(module) => Act::Ask,
        "socket"
        | "create_connection"
        | "connect"
        | "createConnection"
        | "fsockopen"
        | "pfsockopen"
        | "stream_socket_client"
        | "open_connection"
            if !matches!(last, "connect" | "socket")
                || matches!(module, "socket" | "net" | "tls" | "TCPSocket" | "s" | "sock" | "Socket")
                || bare && last == "socket" =>
        {
            Act::Connect
        }
        "new" | "open" if matches!(module, "TCPSocket" | "INET" | "UDPSocket" | "Socket") => Act::Connect,
        "dup2" | "pipe_to_shell" => Act::Hand,
        "kill" | "killpg" | "terminate_all"
            if matches!(module, "os" | "process" | "Process" | "posix") || bare =>
        {
            Act::Kill
        }
        "fork" | "forkpty"
            if bare
                || matches!(
                    module,
                    "os" | "Process" | "Kernel" | "pty" | "posix" | "cluster" | "child_process"
                ) =>
        {
            Act::Fork
        }
        "chmod" | "chown" | "chmodSync" | "chownSync" | "lchown" | "chmod_R" | "chown_R" => Act::Rights,
        "sendmail" | "sendMail" | "send_message" | "mail" if !bare || last == "mail" => Act::Mail,
        "__subclasses__"
        | "__getattribute__"
        | "__globals__"
        | "globals"
        | "locals"
        | "vars"
        | "const_get"
        | "public_send"
        | "method_missing"
        | "call_user_func"
        | "call_user_func_array" => Act::Reach,
        "getattr" => Act::Reach,
        "getenv" | "fetch_env" => Act::Environment,
        "reboot" | "poweroff" | "shutdown_system" | "halt" if module == "os" || bare => Act::Shutdown,
        _ => return None,
    })
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
