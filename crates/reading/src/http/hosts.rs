//! Hosts: one's own machine, machines that hand out credentials, places that take whatever they are sent. Data.

/// Names and beginnings of addresses of one's own machine.
pub(crate) fn local(host: &str) -> bool {
    const NAMES: &[&str] = &["localhost", "::1", "0.0.0.0", "host.docker.internal", "ip6-localhost", "[::1]"];
    NAMES.contains(&host)
        || host.strip_prefix("127.").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        || host
            .rsplit('.')
            .next()
            .is_some_and(|last| matches!(last, "localhost" | "test") && host.contains('.'))
}

/// Where a cloud machine gets its own credentials.
pub(crate) fn metadata(host: &str) -> bool {
    const NAMES: &[&str] = &[
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "metadata.google.internal",
        "metadata.goog",
        "metadata",
        "100.100.100.200",
        "fd00:ec2::254",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.azure.internal",
        // The same address as clients also read it.
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "169.254.169.254.nip.io",
    ];
    NAMES.contains(&host)
}

/// Endings of hosts that take anything from anybody and show it to whoever knows the address.
const SINKS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "requestcatcher.com",
    "pipedream.net",
    "ngrok.io",
    "ngrok-free.app",
    "ngrok.app",
    "ngrok.dev",
    "trycloudflare.com",
    "loca.lt",
    "serveo.net",
    "localhost.run",
    "burpcollaborator.net",
    "oastify.com",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "interact.sh",
    "interactsh.com",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "beeceptor.com",
    "mockbin.org",
    "postb.in",
    "hookb.in",
    "hookbin.com",
    "ptsv3.com",
    "ptsv2.com",
    "smee.io",
    "transfer.sh",
    "file.io",
    "0x0.st",
    "ix.io",
    "sprunge.us",
    "termbin.com",
    "pastebin.com",
    "paste.ee",
    "paste.rs",
    "dpaste.com",
    "dpaste.org",
    "hastebin.com",
    "paste.c-net.org",
    "bashupload.com",
    "temp.sh",
    "tmpfiles.org",
    "catbox.moe",
    "litterbox.catbox.moe",
    "anonfiles.com",
    "gofile.io",
    "bayfiles.com",
    "wetransfer.com",
    "sendspace.com",
    "mega.nz",
    "uguu.se",
    "oshi.at",
    "filebin.net",
    "keep.sh",
    "clbin.com",
    "rentry.co",
    "privatebin.net",
    "ghostbin.com",
    "controlc.com",
    "justpaste.it",
    "tinyurl.com",
    "bit.ly",
    "pastes.io",
    "envs.sh",
    "x0.at",
    "requestrepo.com",
    "pingb.in",
    "bin.sh",
    "telegra.ph",
    "duckdns.org",
    "webhookrelay.com",
    "typedwebhook.tools",
];

/// Whether `host` is such a place.
pub(crate) fn sink(host: &str) -> bool {
    SINKS
        .iter()
        .any(|sink| host.strip_suffix(sink).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

/// Whether `host` is a number: nobody's name stands behind it.
pub(crate) fn bare_address(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_digit() || b == b'.') && host.contains('.')
}

/// Whether an address is within a private network.
pub(crate) fn private(host: &str) -> bool {
    let second = |start: &str| -> Option<u8> { host.strip_prefix(start)?.split('.').next()?.parse().ok() };
    bare_address(host)
        && (host.starts_with("10.")
            || host.starts_with("192.168.")
            || second("172.").is_some_and(|part| (16..32).contains(&part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_machine_is_told_from_names_that_only_look_like_it() {
        for host in ["localhost", "127.0.0.1", "app.localhost", "::1"] {
            assert!(local(host), "{host}");
        }
        for host in ["localhost.evil.com", "127.0.0.1.evil.com", "example.org", ""] {
            assert!(!local(host), "{host}");
        }
        assert!(sink("abc.ngrok.io") && sink("webhook.site") && !sink("notngrok.io"));
        assert!(private("172.20.0.1") && !private("172.40.0.1") && bare_address("8.8.8.8"));
    }
}
