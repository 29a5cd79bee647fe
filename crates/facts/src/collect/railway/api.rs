//! The way to Railway's API: where it is, which token opens it, and one query at a time.
//!
//! # Invariants
//! - Only queries are sent. Every document stands in this folder as a constant; none holds a mutation.
//! - The person's credential goes to Railway's own address and nowhere else. What the action carries goes to Railway,
//!   or back to this machine where the action itself goes there: before an approval nothing leads a token elsewhere.
//! - No redirect is followed, no more than [`limits::PROVIDER_BYTES`] of an answer are read.

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use sayso_core::reading::{Reach, System};
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::collect::credential;
use crate::{Question, limits, words};

/// Railway's hosts.
const HOSTS: [&str; 2] = ["backboard.railway.com", "backboard.railway.app"];
/// Where Railway is asked, whichever of its hosts the action names.
const ENDPOINT: &str = "https://backboard.railway.com/graphql/v2";
/// Names of this machine. A host that merely leads here by its name could lead elsewhere the next moment.
const HERE: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// The header of tokens that are for one project only.
const PROJECT_TOKEN: HeaderName = HeaderName::from_static("project-access-token");
/// The name of the person's own credential.
const CREDENTIAL: &str = "railway";

/// Why Railway could not be asked, or gave no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    #[error("{0} Add a token that may read: `sayso credential add railway`.")]
    Refused(String),
    #[error("The action carries no token that can be read here. Add one: `sayso credential add railway`.")]
    NoToken,
    #[error("Railway knows no {0} that this token can see.")]
    NotFound(String),
    #[error("Railway did not answer in time.")]
    Slow,
    #[error("Railway could not be reached. Check the network.")]
    Unreachable,
    #[error("Railway's answer is longer than {} and was not read.", words::size(limits::PROVIDER_BYTES as u64))]
    TooMuch,
    #[error("Railway's answer could not be read.")]
    Unreadable,
    #[error("Railway takes no more requests for now. Ask again in a minute.")]
    Busy,
    #[error("Railway said: {0}")]
    Said(String),
}

/// Where a reach leads, if it is Railway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Railway,
    /// A stand-in on this machine.
    Here(Url),
}

/// The place of a reach that goes to Railway's interface; `None` for any other.
pub(super) fn place(reach: &Reach) -> Option<Place> {
    if reach.system != System::Http || reach.settings.get("provider")?.as_str() != "railway" {
        return None;
    }
    let url = Url::parse(reach.address.as_str()).ok()?;
    let host = url.host_str()?;
    if HOSTS.contains(&host) {
        return Some(Place::Railway);
    }
    if !HERE.contains(&host) || url.scheme() != "http" {
        return None;
    }
    let mut url = url;
    // A name and a password before the host would stand in the source's line.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(Place::Here(url))
}

/// Railway's API, open.
pub(super) struct Api {
    client: Client,
    endpoint: Url,
    key: (HeaderName, HeaderValue),
    /// How the key is called in a sentence.
    whose: &'static str,
    /// "Railway API", or with the address of a stand-in.
    pub(super) name: String,
    /// Whether it is a stand-in on this machine.
    pub(super) here: bool,
}

impl Api {
    /// Opens it with the person's credential, else with what the action carries.
    pub(super) async fn open(q: &Question<'_>, reach: &Reach, place: Place) -> Result<Self, Trouble> {
        let (endpoint, here) = match place {
            Place::Railway => (Url::parse(ENDPOINT).map_err(|_| Trouble::Unreadable)?, false),
            Place::Here(url) => (url, true),
        };
        let name = if here {
            format!("Railway API at {}", words::shown(&authority(&endpoint)))
        } else {
            "Railway API".to_owned()
        };
        let own = if here { Ok(None) } else { credential(q, CREDENTIAL).await };
        let (key, whose) = match (own, carried(q, reach, here)) {
            (Ok(Some(token)), _) => (bearer(&token)?, "your credential railway"),
            (_, Some(key)) => (key?, "the action's own token"),
            (Err(why), None) => return Err(Trouble::Refused(words::shown(&why))),
            (Ok(None), None) => return Err(Trouble::NoToken),
        };
        Ok(Self { client: client(here)?, endpoint, key, whose, name, here })
    }

    /// The source's line: who was asked, as whom.
    pub(super) fn source(&self) -> String {
        let with = if self.whose.starts_with("your") { "as" } else { "with" };
        format!("{}, {with} {}", self.name, self.whose)
    }

    /// One query.
    pub(super) async fn ask(&self, document: &'static str, variables: Value) -> Result<Value, Trouble> {
        let (name, value) = self.key.clone();
        let request = self.client.post(self.endpoint.clone()).header(name, value);
        let sent = request.json(&json!({ "query": document, "variables": variables })).send().await;
        let mut answer = sent.map_err(|error| unreached(&error))?;
        match answer.status().as_u16() {
            401 | 403 => return Err(self.refused()),
            429 => return Err(Trouble::Busy),
            _ => {}
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unreached(&error))? {
            if body.len() + chunk.len() > limits::PROVIDER_BYTES {
                return Err(Trouble::TooMuch);
            }
            body.extend_from_slice(&chunk);
        }
        let mut json: Value = serde_json::from_slice(&body).map_err(|_| Trouble::Unreadable)?;
        if let Some(error) = json.pointer("/errors/0/message").and_then(Value::as_str) {
            return Err(self.told(error));
        }
        Ok(json.get_mut("data").map_or(Value::Null, Value::take))
    }

    fn refused(&self) -> Trouble {
        Trouble::Refused(format!("Railway refused {}.", self.whose))
    }

    fn told(&self, message: &str) -> Trouble {
        let plain = message.to_ascii_lowercase();
        if plain.contains("not authorized")
            || plain.contains("unauthorized")
            || plain.contains("invalid token")
        {
            return self.refused();
        }
        if plain.contains("not found") {
            return Trouble::NotFound("thing of this id".to_owned());
        }
        let message: String = message.chars().take(limits::PROVIDER_MESSAGE).collect();
        Trouble::Said(words::quoted(&message))
    }
}

/// The host, with its port where it has one.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn unreached(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() { Trouble::Slow } else { Trouble::Unreachable }
}

fn client(here: bool) -> Result<Client, Trouble> {
    // Whoever else chose one first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent("sayso")
        .timeout(limits::PROVIDER)
        .redirect(redirect::Policy::none())
        .https_only(!here);
    let client = if here { client.no_proxy() } else { client };
    client.build().map_err(|_| Trouble::Unreachable)
}

/// The token that the action itself carries; `None` where there is none, or where only the shell knows it.
fn carried(
    q: &Question<'_>,
    reach: &Reach,
    here: bool,
) -> Option<Result<(HeaderName, HeaderValue), Trouble>> {
    if let Some(token) = reach.settings.get("project-access-token") {
        return Some(secret(PROJECT_TOKEN, &plain(q, token, here)?));
    }
    let written = reach.settings.get("authorization")?;
    let token = written.trim().strip_prefix("Bearer ").or_else(|| written.trim().strip_prefix("bearer "))?;
    Some(bearer(&plain(q, token.trim(), here)?))
}

/// A token as it is sent: `$NAME` by the asking program's own variable, where it goes to Railway itself.
fn plain(q: &Question<'_>, written: &str, here: bool) -> Option<Zeroizing<String>> {
    let Some(name) = written.strip_prefix('$') else {
        let open = written.contains(['$', '`', '*']) || written.is_empty();
        return (!open).then(|| Zeroizing::new(written.to_owned()));
    };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    q.around.variables.get(name).filter(|token| !here && !token.is_empty()).cloned()
}

fn bearer(token: &str) -> Result<(HeaderName, HeaderValue), Trouble> {
    secret(AUTHORIZATION, &Zeroizing::new(format!("Bearer {}", token.trim())))
}

fn secret(name: HeaderName, value: &str) -> Result<(HeaderName, HeaderValue), Trouble> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Trouble::Refused("The token holds characters that no token has.".to_owned()))?;
    value.set_sensitive(true);
    Ok((name, value))
}
