//! Programs that send requests or files: `curl`, `wget`, `http`, `gh api`, `nc`, `socat`, `scp`; and, as rows, mail,
//! tunnels, sharing and scans.
//!
//! Invariants: what a client would send is read as the request it is. A program that hands a shell to a connection is
//! critical; a file that leaves for a foreign host asks, a secret that does is critical.

mod copy;
mod curl;
mod gh;
mod httpie;
mod sending;
mod sockets;
mod wget;

use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::Verb;

use super::Call;
use super::rows::Table;
use crate::Findings;

const TEXTS: &[&str] = &[include_str!("../../data/commands/network.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "curl" | "curlie" | "curl.exe" => curl::read(call, findings),
        "wget" | "wget2" | "wget.exe" => wget::read(call, findings),
        "http" | "https" | "xh" | "xhs" | "httpie" => httpie::read(call, findings),
        "gh" | "glab" => return gh::read(call, findings),
        "nc" | "ncat" | "netcat" | "nc.openbsd" | "nc.traditional" | "nc.exe" | "pwncat" | "rustcat"
        | "rcat" => {
            sockets::netcat(call, findings);
        }
        "socat" => sockets::socat(call, findings),
        "telnet" | "websocat" | "wscat" => sockets::line(call, findings),
        "grpcurl" | "evans" | "grpc_cli" => sockets::grpc(call, findings),
        "dig" | "nslookup" | "host" | "drill" | "kdig" | "ping" | "ping6" => {
            return sockets::names(call, findings);
        }
        "scp" | "sftp" | "rcp" | "pscp" => copy::scp(call, findings),
        "ftp" | "lftp" | "tftp" | "ncftp" | "ncftpput" => copy::ftp(call, findings),
        "axel" | "lynx" | "w3m" | "links" | "elinks" | "links2" | "fetch" | "youtube-dl" | "yt-dlp" => {
            wget::others(call, findings);
        }
        // Here `-h` names the machine and asks for no help.
        "medusa" | "patator" | "crowbar" if call.words.len() > 1 => {
            let phrase = "Guess passwords".to_owned();
            sending::on_host(Severity::High, Verb::Grant, call.name, phrase, call.span, findings);
        }
        _ => return TABLE.read(call, findings),
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
