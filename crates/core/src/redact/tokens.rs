//! Secrets that are known by how they begin.

/// One sort of token.
pub(super) struct Form {
    /// How it begins.
    pub(super) prefix: &'static str,
    /// How many more characters make it one.
    least: usize,
    /// What those are.
    body: Body,
    /// Whether it counts in the middle of a word too: its beginning is like no word's.
    pub(super) anywhere: bool,
}

#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits.
    Alnum,
    /// Those, `-` and `_`.
    Url,
    /// Those and `.`.
    Dotted,
    /// Capitals and digits.
    Upper,
}

impl Body {
    const fn takes(self, b: u8) -> bool {
        match self {
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Url => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'),
            Self::Dotted => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=' | b'+' | b'/'),
            Self::Upper => b.is_ascii_uppercase() || b.is_ascii_digit(),
        }
    }
}

const fn anywhere(prefix: &'static str, least: usize, body: Body) -> Form {
    Form { prefix, least, body, anywhere: true }
}

const fn word(prefix: &'static str, least: usize, body: Body) -> Form {
    Form { prefix, least, body, anywhere: false }
}

/// The sorts, as their issuers document them.
pub(super) const FORMS: &[Form] = &[
    anywhere("ghp_", 16, Body::Alnum),
    anywhere("gho_", 16, Body::Alnum),
    anywhere("ghu_", 16, Body::Alnum),
    anywhere("ghs_", 16, Body::Url),
    anywhere("ghr_", 16, Body::Alnum),
    anywhere("github_pat_", 16, Body::Url),
    anywhere("glpat-", 16, Body::Dotted),
    anywhere("gldt-", 16, Body::Dotted),
    anywhere("glrt-", 16, Body::Dotted),
    anywhere("glptt-", 16, Body::Url),
    anywhere("sk-ant-", 16, Body::Url),
    anywhere("sk-proj-", 16, Body::Url),
    anywhere("sk-svcacct-", 16, Body::Url),
    anywhere("sk-or-v1-", 16, Body::Url),
    word("sk-", 20, Body::Alnum),
    anywhere("xoxb-", 10, Body::Url),
    anywhere("xoxp-", 10, Body::Url),
    anywhere("xoxa-", 10, Body::Url),
    anywhere("xoxr-", 10, Body::Url),
    anywhere("xoxs-", 10, Body::Url),
    anywhere("xoxe-", 10, Body::Url),
    anywhere("xoxe.", 10, Body::Dotted),
    anywhere("xapp-", 10, Body::Url),
    word("AKIA", 16, Body::Upper),
    word("ASIA", 16, Body::Upper),
    word("AIza", 30, Body::Url),
    word("ya29.", 20, Body::Dotted),
    anywhere("GOCSPX-", 16, Body::Url),
    anywhere("npm_", 30, Body::Alnum),
    anywhere("pypi-AgE", 16, Body::Url),
    anywhere("sk_live_", 10, Body::Alnum),
    anywhere("sk_test_", 10, Body::Alnum),
    anywhere("rk_live_", 10, Body::Alnum),
    anywhere("rk_test_", 10, Body::Alnum),
    anywhere("whsec_", 16, Body::Dotted),
    word("SG.", 30, Body::Dotted),
    word("hf_", 30, Body::Alnum),
    anywhere("dop_v1_", 30, Body::Alnum),
    anywhere("doo_v1_", 30, Body::Alnum),
    word("dp.pt.", 30, Body::Alnum),
    anywhere("shpat_", 30, Body::Alnum),
    anywhere("shpss_", 30, Body::Alnum),
    anywhere("shpca_", 30, Body::Alnum),
    word("hvs.", 20, Body::Url),
    word("hvb.", 20, Body::Url),
    word("nfp_", 30, Body::Alnum),
    anywhere("pscale_tkn_", 20, Body::Dotted),
    anywhere("pscale_pw_", 20, Body::Dotted),
    word("sbp_", 30, Body::Alnum),
    anywhere("sb_secret_", 16, Body::Url),
    word("fm2_", 30, Body::Dotted),
    word("fo1_", 20, Body::Url),
    word("rnd_", 24, Body::Alnum),
    anywhere("lin_api_", 30, Body::Alnum),
    word("figd_", 30, Body::Url),
    word("ntn_", 30, Body::Alnum),
    anywhere("glsa_", 30, Body::Url),
    word("ATATT3", 30, Body::Dotted),
    anywhere("dckr_pat_", 16, Body::Url),
    anywhere("PMAK-", 30, Body::Url),
    anywhere("NRAK-", 20, Body::Upper),
    anywhere("AGE-SECRET-KEY-1", 30, Body::Alnum),
    anywhere("age-secret-key-1", 30, Body::Alnum),
    word("xai-", 40, Body::Alnum),
    word("gsk_", 40, Body::Alnum),
    word("r8_", 30, Body::Alnum),
    word("pplx-", 30, Body::Alnum),
    word("tvly-", 20, Body::Url),
    word("rw_", 30, Body::Alnum),
    word("HRKU-", 30, Body::Url),
    word("vcp_", 20, Body::Url),
    word("cfut_", 30, Body::Url),
];

/// Which of [`FORMS`] begin with an ASCII byte, as bits: most bytes of a text begin none.
static BY_FIRST: [u128; 128] = {
    let mut table = [0_u128; 128];
    let mut at = 0;
    while at < FORMS.len() {
        table[FORMS[at].prefix.as_bytes()[0] as usize] |= 1 << at;
        at += 1;
    }
    table
};
const _: () = assert!(FORMS.len() <= 128, "BY_FIRST has a bit for each form");

/// The end of a token that begins at `at`, where one does. `inside` says that a letter or digit stands before it.
pub(super) fn token(bytes: &[u8], at: usize, inside: bool) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let mut forms = *BY_FIRST.get(usize::from(*rest.first()?))?;
    while forms != 0 {
        let form = &FORMS[forms.trailing_zeros() as usize];
        forms &= forms - 1;
        if (inside && !form.anywhere) || !rest.starts_with(form.prefix.as_bytes()) {
            continue;
        }
        let long = rest[form.prefix.len()..].iter().take_while(|b| form.body.takes(**b)).count();
        if long >= form.least {
            return Some(at + form.prefix.len() + long);
        }
    }
    None
}

/// Finds JSON Web Tokens: `eyJ`, and at least two dots between runs of base64url. Keeps in mind where the next dots
/// are, so that a text full of beginnings costs no more than any other.
#[derive(Default)]
pub(super) struct Jwt {
    /// Where the part that was looked at last ends.
    first: usize,
    /// Where the part behind it ends.
    second: usize,
}

impl Jwt {
    /// The end of a JWT or JWE that begins at `at`, where one does.
    pub(super) fn at(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        if !bytes[at..].starts_with(b"eyJ") {
            return None;
        }
        if self.first <= at {
            self.first = if self.second > at { self.second } else { part_end(bytes, at) };
            self.second = if bytes.get(self.first) == Some(&b'.') {
                part_end(bytes, self.first + 1)
            } else {
                self.first
            };
        }
        let dotted = bytes.get(self.first) == Some(&b'.') && bytes.get(self.second) == Some(&b'.');
        if !dotted || self.first - at < 10 || self.second - self.first < 5 {
            return None;
        }
        let mut end = self.second;
        while bytes.get(end) == Some(&b'.') {
            end = part_end(bytes, end + 1);
        }
        Some(end)
    }
}

fn part_end(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| Body::Url.takes(**b)).count()
}

/// The end of an AWS secret access key that begins at `at`: 40 characters of base64 with all three sorts of them.
pub(super) fn aws_secret(bytes: &[u8], at: usize) -> Option<usize> {
    let long = bytes[at..]
        .iter()
        .take(41)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'))
        .count();
    let run = &bytes[at..at + long];
    let has = |is: fn(&u8) -> bool| run.iter().filter(|b| is(b)).count() >= 2;
    (long == 40 && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
        .then_some(at + long)
}
