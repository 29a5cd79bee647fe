//! Secrets by their form, wherever they stand in a text that leaves the machine.
//!
//! Deliberately absent: guessing by entropy, and passwords; only forms that nothing else has.

/// What begins like a secret, how long it is at least, and what it is.
const FORMS: &[(&str, usize, &str)] = &[
    ("AKIA", 20, "an AWS access key"),
    ("ASIA", 20, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("ghu_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("xapp-", 20, "a Slack token"),
    ("sk_live_", 20, "a Stripe key"),
    ("rk_live_", 20, "a Stripe key"),
    ("sk-ant-", 24, "an API key"),
    ("sk-proj-", 24, "an API key"),
    ("npm_", 36, "an npm token"),
    ("pypi-", 40, "a PyPI token"),
    ("AIzaSy", 30, "a Google key"),
    ("ya29.", 30, "a Google token"),
    ("SG.", 60, "a SendGrid key"),
    ("dop_v1_", 40, "a DigitalOcean token"),
    ("hvs.", 24, "a Vault token"),
    ("-----BEGIN RSA PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN OPENSSH PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN EC PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN DSA PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN PGP PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN PRIVATE KEY", 0, "a private key"),
    ("-----BEGIN ENCRYPTED PRIVATE KEY", 0, "a private key"),
];

/// What secret stands in `text`, if any.
pub(crate) fn token(text: &str) -> Option<&'static str> {
    FORMS.iter().find_map(|(begin, long, what)| {
        let found = text.match_indices(begin).any(|(at, _)| {
            let whole = || {
                let rest = &text.as_bytes()[at..];
                let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'_' | b'-' | b'.');
                rest.iter().take(*long).take_while(part).count() >= *long
            };
            let edge = at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
            edge && (*long == 0 || whole())
        });
        found.then_some(*what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_form_and_its_beginning_alone_is_none() {
        let key = format!("key=AKIA{}", "ABCDEFGHIJKLMNOP");
        assert_eq!(token(&key), Some("an AWS access key"));
        assert_eq!(token("AKIA is how they begin"), None);
        assert_eq!(token("see ghp_… in the docs"), None);
    }
}
