//! Where a call of `aws` would go, and with whose keys AWS is asked about it.
//!
//! # Invariants
//! - Region, endpoint and profile come from where `aws` itself takes them: options, variables of the line, variables of
//!   the asking program, the files below `~/.aws`.
//! - The host is built from the region. An endpoint that the action names is asked only if it is on this machine.
//! - To this machine go no keys but those that the action itself carries.
//!
//! # Deliberately absent
//! Sign-in by SSO, by a role or by a program of the profile's: to ask with those would leave traces, or run something.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use reqwest::Url;
use sayso_core::environment::expand_home;
use sayso_core::reading::Reach;
use zeroize::Zeroizing;

use super::api::Trouble;
use crate::collect::credential;
use crate::{Question, limits, words};

/// Names of this machine. A host that merely leads here by its name could lead elsewhere the next moment.
const HERE: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// Ends of AWS's own hosts: an endpoint there is taken for the one of the region.
const OWN: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
/// Where nobody says anything, S3 is asked where all its buckets are known.
const FIRST_REGION: &str = "us-east-1";
/// What a stand-in gets where the action carries no keys: it takes any.
const ANY_KEY: &str = "sayso";

/// A pair of keys.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Zeroizing<String>,
    pub(super) session: Option<Zeroizing<String>>,
}

impl Keys {
    /// `ID:SECRET` or `ID:SECRET:SESSION`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, ':');
        let (id, secret) = (parts.next()?.trim(), parts.next()?.trim());
        let session = parts.next().map(str::trim).filter(|session| !session.is_empty());
        Self::of(id, secret, session)
    }

    fn of(id: &str, secret: &str, session: Option<&str>) -> Option<Self> {
        let fits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        (fits(id) && fits(secret) && session.is_none_or(fits)).then(|| Self {
            id: id.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
            session: session.map(|session| Zeroizing::new(session.to_owned())),
        })
    }
}

/// Keys, and whose they are.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) keys: Keys,
    /// "your credential aws", "the action's own keys".
    pub(super) whose: String,
    pub(super) is_persons: bool,
}

/// Where to ask, and with what.
pub(super) struct Way {
    pub(super) region: Option<String>,
    /// A stand-in on this machine.
    pub(super) here: Option<Url>,
    /// The person's first.
    pub(super) logins: Vec<Login>,
    /// Why one of the logins is not to be had.
    pub(super) troubles: Vec<String>,
    /// What a credential of the person's would be called.
    pub(super) name: String,
}

/// Finds the way. Blocking: reads two small files of the person's.
pub(super) async fn way(q: &Question<'_>, reach: &Reach, service: &str) -> Result<Way, Trouble> {
    let option = |name: &str| reach.settings.get(name).filter(|text| !text.is_empty());
    let variable =
        |name: &str| option(name).or_else(|| q.around.variables.get(name)).filter(|text| !text.is_empty());
    let named = option("profile").is_some();
    let profile =
        option("profile").or_else(|| variable("AWS_PROFILE")).or_else(|| variable("AWS_DEFAULT_PROFILE"));
    let profile = profile.map(|text| known(text, "profile")).transpose()?;
    let files = Files::read(q, variable("AWS_CONFIG_FILE"), variable("AWS_SHARED_CREDENTIALS_FILE"))?;
    let section = profile.clone().unwrap_or_else(|| "default".to_owned());
    let region =
        option("region").or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.map(|text| known(text, "region")).transpose()?;
    let region = region.or_else(|| files.config(&section, "region").map(|text| text.to_string()));
    if let Some(region) = &region
        && !is_region(region)
    {
        return Err(Trouble::Region(words::quoted(region)));
    }
    let of_service = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
    let endpoint =
        option("endpoint-url").or_else(|| variable(&of_service)).or_else(|| variable("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.map(|text| known(text, "endpoint")).transpose()?;
    let endpoint = endpoint.or_else(|| files.config(&section, "endpoint_url").map(|text| text.to_string()));
    let here = endpoint.map(|text| place(&text)).transpose()?.flatten();
    let name = names(profile.as_deref()).pop().unwrap_or_default();
    let carried = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    let carried = carried.and_then(|(id, secret)| {
        let session = variable("AWS_SESSION_TOKEN").map(|text| text.as_str());
        let plain = |text: &str| !text.starts_with('$');
        if plain(id) && plain(secret) { Keys::of(id, secret, session) } else { None }
    });
    // A profile that the call names by an option comes before the variables; one that a variable names does not.
    let carried = carried.filter(|_| !named);
    let action = |keys: Keys| Login { keys, whose: "the action's own keys".to_owned(), is_persons: false };
    if let Some(url) = here {
        let keys = carried.map(|keys| Keys { session: None, ..keys });
        let keys = keys.or_else(|| Keys::of(ANY_KEY, ANY_KEY, None));
        let region = region.or_else(|| Some(FIRST_REGION.to_owned()));
        let logins = keys.map(action).into_iter().collect();
        return Ok(Way { region, here: Some(url), logins, troubles: Vec::new(), name });
    }
    let (mut logins, mut troubles) = (Vec::new(), Vec::new());
    for name in names(profile.as_deref()) {
        match credential(q, &name).await {
            Ok(None) => {}
            Ok(Some(text)) => match Keys::parse(&text) {
                Some(keys) => {
                    let whose = format!("your credential {}", words::shown(&name));
                    logins.push(Login { keys, whose, is_persons: true });
                    break;
                }
                None => troubles.push(format!(
                    "Your credential {} is not of the form ACCESS_KEY_ID:SECRET.",
                    words::shown(&name)
                )),
            },
            Err(why) => troubles.push(words::shown(&why)),
        }
    }
    let own_files = carried.is_none().then(|| files.keys(&section)).flatten();
    logins.extend(carried.map(action));
    logins.extend(own_files.map(|keys| Login {
        keys,
        whose: format!("the profile {} of ~/.aws", words::shown(&section)),
        is_persons: false,
    }));
    let region = region.or_else(|| (service == "s3").then(|| FIRST_REGION.to_owned()));
    Ok(Way { region, here: None, logins, troubles, name })
}

/// The names of the person's credentials that may be used for this profile.
fn names(profile: Option<&str>) -> Vec<String> {
    match profile {
        None => vec!["aws".to_owned()],
        Some("default") => vec!["aws:default".to_owned(), "aws".to_owned()],
        // Another profile is another account, or may be: the plain credential says nothing of it.
        Some(profile) => vec![format!("aws:{profile}")],
    }
}

/// A setting that stands there as it is meant.
fn known(text: &str, what: &str) -> Result<String, Trouble> {
    if text.contains(['$', '`']) {
        return Err(Trouble::Variable(what.to_owned()));
    }
    Ok(text.to_owned())
}

/// Whether hosts can be built with this: `eu-central-1`, `us-gov-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let fits =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    (3..=4).contains(&parts.len())
        && text.len() <= 24
        && parts.iter().all(|part| fits(part))
        && parts.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
        // Partitions whose hosts end otherwise are not asked.
        && !text.contains("iso")
        && !text.starts_with("eusc")
}

/// An endpoint: of this machine, AWS's own (`None`), or one that nobody asks.
fn place(text: &str) -> Result<Option<Url>, Trouble> {
    let stranger = || Trouble::Stranger(words::quoted(text));
    let mut url = Url::parse(text).map_err(|_| stranger())?;
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    if OWN.iter().any(|end| host.ends_with(end)) {
        return Ok(None);
    }
    if !HERE.contains(&host.as_str()) || !matches!(url.scheme(), "http" | "https") {
        return Err(stranger());
    }
    // A name and a password before the host would stand in the source's line.
    let bare = url.set_username("").is_ok() && url.set_password(None).is_ok();
    url.set_path("/");
    url.set_query(None);
    if bare { Ok(Some(url)) } else { Err(stranger()) }
}

/// The person's two files of profiles.
struct Files {
    config: Zeroizing<String>,
    credentials: Zeroizing<String>,
}

impl Files {
    fn read(
        q: &Question<'_>,
        config: Option<&Zeroizing<String>>,
        credentials: Option<&Zeroizing<String>>,
    ) -> Result<Self, Trouble> {
        let file = |named: Option<&Zeroizing<String>>, name: &str| {
            let path = match named {
                Some(text) => below(&known(text, "configuration file")?, q),
                None => q.home.join(".aws").join(name),
            };
            Ok(read(&path).unwrap_or_default())
        };
        Ok(Self { config: file(config, "config")?, credentials: file(credentials, "credentials")? })
    }

    fn config(&self, profile: &str, name: &str) -> Option<Zeroizing<String>> {
        let section = if profile == "default" { "default".to_owned() } else { format!("profile {profile}") };
        value(&self.config, &section, name)
    }

    fn keys(&self, profile: &str) -> Option<Keys> {
        let of = |name: &str| value(&self.credentials, profile, name).or_else(|| self.config(profile, name));
        let session = of("aws_session_token");
        Keys::of(
            &of("aws_access_key_id")?,
            &of("aws_secret_access_key")?,
            session.as_ref().map(|text| text.as_str()),
        )
    }
}

fn below(file: &str, q: &Question<'_>) -> PathBuf {
    let path = PathBuf::from(expand_home(file, &q.home.to_string_lossy()));
    q.action.cwd().map_or_else(|| path.clone(), |cwd| Path::new(cwd).join(&path))
}

fn read(path: &Path) -> Option<Zeroizing<String>> {
    let file = File::open(path).ok()?;
    // A pipe would never end.
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Zeroizing::new(String::new());
    file.take(limits::CONNECTION_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The value of a name in a section. Lines that begin with a blank belong to another name.
fn value(text: &str, section: &str, name: &str) -> Option<Zeroizing<String>> {
    let mut inside = false;
    for line in text.lines() {
        if let Some(heading) = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = heading.split_whitespace().eq(section.split_whitespace());
        } else if inside
            && !line.starts_with([' ', '\t', '#', ';'])
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
            && !value.trim().is_empty()
        {
            return Some(Zeroizing::new(value.trim().to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_region_makes_a_host() {
        for region in ["eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-4"] {
            assert!(is_region(region), "{region}");
        }
        for no in
            ["", "evil.example/", "eu-central-1.evil.example", "eu_central_1", "us-iso-east-1", "a-b", "a--1"]
        {
            assert!(!is_region(no), "{no}");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_is_not_asked() {
        assert_eq!(place("https://s3.eu-central-1.amazonaws.com"), Ok(None));
        for here in ["http://127.0.0.1:5000", "http://localhost:4566/x", "http://[::1]:1"] {
            assert!(matches!(place(here), Ok(Some(_))), "{here}");
        }
        for no in [
            "https://amazonaws.com.evil.example",
            "http://127.0.0.1.evil.example",
            "file:///x",
            "x",
            "http://10.0.0.1",
        ] {
            assert!(matches!(place(no), Err(Trouble::Stranger(_))), "{no}");
        }
    }

    #[test]
    fn profiles_are_read_as_the_command_line_reads_them() {
        let text = "[default]\nregion = eu-west-1\ns3 =\n  region = x-y-1\n[profile  shop]\n# region = no\nREGION=eu-central-1\n";
        assert_eq!(value(text, "default", "region").unwrap().as_str(), "eu-west-1");
        assert_eq!(value(text, "profile shop", "region").unwrap().as_str(), "eu-central-1");
        assert_eq!(value(text, "profile other", "region"), None);
        let keys = Keys::parse("AKID:sec/ret+:session").unwrap();
        assert_eq!((keys.id.as_str(), keys.secret.as_str()), ("AKID", "sec/ret+"));
        assert!(Keys::parse("only").is_none() && Keys::parse("a b:c").is_none());
    }
}
