//! The way to AWS: signed requests that only look.
//!
//! # Invariants
//! - Only operations that get, list, head or describe are sent; [`Api`] refuses any other.
//! - The host is built from a region that can be none but a region, or is a stand-in on this machine.
//! - No redirect is followed, no more than [`limits::PROVIDER_BYTES`] of an answer are read.
//! - A key signs and is never sent. A session's token goes to AWS alone.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Url, redirect};
use roxmltree::{Document, Node};
use sayso_core::UnixMs;
use serde_json::Value;
use thiserror::Error;

use super::login::{self, Keys, Login, Way};
use crate::{limits, words};

/// The header that says which region a bucket is in.
const BUCKET_REGION: &str = "x-amz-bucket-region";
/// Beginnings of the operations that only look.
const LOOKS: [&str; 3] = ["Describe", "List", "Get"];

/// Why AWS could not be asked, or gave no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    #[error("AWS refused {whose}: {code}. Add keys that may read: `sayso credential add {name}`.")]
    Refused { whose: String, code: String, name: String },
    #[error("{0} Add keys that may read: `sayso credential add {1}`.")]
    NoKeys(String, String),
    #[error("AWS knows no {0} here.")]
    NotFound(String),
    #[error("AWS did not answer in time.")]
    Slow,
    #[error("AWS could not be reached. Check the network.")]
    Unreachable,
    #[error("AWS's answer is longer than {} and was not read.", words::size(limits::PROVIDER_BYTES as u64))]
    TooMuch,
    #[error("AWS's answer could not be read.")]
    Unreadable,
    #[error("AWS takes no more requests for now. Ask again in a minute.")]
    Busy,
    #[error("AWS said: {0}.")]
    Said(String),
    #[error("Nothing says in which region it is. Name it: `--region`.")]
    NoRegion,
    #[error("The region {0} is none that Sayso knows the hosts of.")]
    Region(String),
    #[error("The {0} stands in a variable, and nothing here knows what that holds.")]
    Variable(String),
    #[error("The action goes to {0}, which is no host of AWS and not on this machine, so it is not asked.")]
    Stranger(String),
    #[error("The way to it could not be told.")]
    Odd,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Where S3 says that the bucket is.
    pub(super) region: Option<String>,
    pub(super) body: String,
}

/// AWS, open.
pub(super) struct Api {
    client: Client,
    login: Login,
    pub(super) region: String,
    here: Option<Url>,
    /// What a credential for it is called.
    name: String,
}

/// One request.
struct Request<'a> {
    service: &'static str,
    region: &'a str,
    method: Method,
    /// As it stands in the URL, with `?` and the query.
    path: String,
    /// What sort of text the body is.
    kind: Option<&'static str>,
    target: Option<&'static str>,
    body: Vec<u8>,
}

impl Api {
    pub(super) fn open(way: &Way, login: &Login) -> Result<Self, Trouble> {
        let region = way.region.clone().ok_or(Trouble::NoRegion)?;
        Ok(Self {
            client: client(way.here.is_some())?,
            login: login.clone(),
            region,
            here: way.here.clone(),
            name: way.name.clone(),
        })
    }

    /// Whether it is a stand-in on this machine.
    pub(super) const fn is_here(&self) -> bool {
        self.here.is_some()
    }

    /// The source's line: who was asked, as whom.
    pub(super) fn source(&self, account: Option<&str>) -> String {
        let stand_in = self.here.as_ref().map(|url| format!(" at {}", words::shown(&authority(url))));
        let account = account.map(|account| format!(" account {}", words::shown(account)));
        let with = if self.login.is_persons { "as" } else { "with" };
        format!(
            "AWS{}{} in {}, {with} {}",
            account.unwrap_or_default(),
            stand_in.unwrap_or_default(),
            self.region,
            self.login.whose
        )
    }

    /// Asks S3 about a bucket: `query` as it stands in the URL.
    pub(super) async fn bucket(&self, region: &str, name: &str, query: &str) -> Result<Reply, Trouble> {
        let method = if query.is_empty() { Method::HEAD } else { Method::GET };
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let path = format!("/{}{query}", encode(name));
        self.send(Request { service: "s3", region, method, path, kind: None, target: None, body: Vec::new() })
            .await
    }

    /// Asks a service of the query protocol.
    pub(super) async fn query(
        &self,
        service: &'static str,
        version: &str,
        operation: &'static str,
        parameters: &[(String, String)],
    ) -> Result<String, Trouble> {
        if !LOOKS.iter().any(|start| operation.starts_with(start)) {
            return Err(Trouble::Odd);
        }
        let mut body = format!("Action={operation}&Version={version}");
        for (name, value) in parameters {
            let _ = write!(body, "&{}={}", encode(name), encode(value));
        }
        let request = Request {
            service,
            region: &self.region,
            method: Method::POST,
            path: "/".to_owned(),
            kind: Some("application/x-www-form-urlencoded; charset=utf-8"),
            target: None,
            body: body.into_bytes(),
        };
        let reply = self.send(request).await?;
        self.checked(reply).map(|reply| reply.body)
    }

    /// Asks DynamoDB.
    pub(super) async fn dynamodb(&self, target: &'static str, body: &Value) -> Result<Value, Trouble> {
        let operation = target.rsplit('.').next().unwrap_or_default();
        if !LOOKS.iter().any(|start| operation.starts_with(start)) {
            return Err(Trouble::Odd);
        }
        let reply = self
            .send(Request {
                service: "dynamodb",
                region: &self.region,
                method: Method::POST,
                path: "/".to_owned(),
                kind: Some("application/x-amz-json-1.0"),
                target: Some(target),
                body: body.to_string().into_bytes(),
            })
            .await?;
        let reply = self.checked(reply)?;
        serde_json::from_str(&reply.body).map_err(|_| Trouble::Unreadable)
    }

    /// The number of the account that the keys are of.
    pub(super) async fn account(&self) -> Result<String, Trouble> {
        let body = self.query("sts", "2011-06-15", "GetCallerIdentity", &[]).await?;
        let found = xml(&body)?
            .descendants()
            .find(|node| node.has_tag_name("Account"))
            .and_then(|node| node.text())
            .map(str::to_owned);
        found.filter(|text| !text.is_empty() && text.len() <= 20).ok_or(Trouble::Unreadable)
    }

    /// The answer if it is one, else what it says.
    pub(super) fn checked(&self, reply: Reply) -> Result<Reply, Trouble> {
        if (200..300).contains(&reply.status) {
            return Ok(reply);
        }
        let (code, message) = complaint(&reply.body);
        let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
        if has(&["Throttl", "SlowDown", "RequestLimitExceeded", "ServiceUnavailable"]) || reply.status == 503
        {
            return Err(Trouble::Busy);
        }
        if has(&["NotFound", "NoSuch"]) || (reply.status == 404 && code.is_empty()) {
            return Err(Trouble::NotFound(if code.is_empty() { "such thing".to_owned() } else { code }));
        }
        if matches!(reply.status, 401 | 403)
            || has(&[
                "Denied",
                "Unauthorized",
                "InvalidClientTokenId",
                "UnrecognizedClient",
                "Expired",
                "AuthFailure",
            ])
        {
            let code = if code.is_empty() { "it may not".to_owned() } else { words::shown(&code) };
            let (whose, name) = (self.login.whose.clone(), self.name.clone());
            return Err(Trouble::Refused { whose, code, name });
        }
        let message: String = message.chars().take(limits::PROVIDER_MESSAGE).collect();
        let said = [code, message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        Err(Trouble::Said(words::quoted(&said)))
    }

    fn url(&self, service: &str, region: &str, path: &str) -> Result<Url, Trouble> {
        let base = match &self.here {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None if login::is_region(region) => {
                let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{service}.{region}.{end}")
            }
            None => return Err(Trouble::Region(words::quoted(region))),
        };
        Url::parse(&format!("{base}{path}")).map_err(|_| Trouble::Odd)
    }

    async fn send(&self, request: Request<'_>) -> Result<Reply, Trouble> {
        let url = self.url(request.service, request.region, &request.path)?;
        let mut headers: Vec<(String, String)> = Vec::new();
        let named = [("content-type", request.kind), ("x-amz-target", request.target)];
        headers
            .extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
        let signed = signed(&self.login.keys, &request, &url, &headers).ok_or(Trouble::Odd)?;
        let mut sent = self.client.request(request.method, url).body(request.body);
        for (name, value) in headers.into_iter().chain(signed) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Trouble::Odd)?;
            let mut value = HeaderValue::from_str(&value).map_err(|_| Trouble::Odd)?;
            value.set_sensitive(true);
            sent = sent.header(name, value);
        }
        let mut answer = sent.send().await.map_err(|error| unreached(&error))?;
        let status = answer.status().as_u16();
        let region = answer.headers().get(BUCKET_REGION).and_then(|value| value.to_str().ok());
        let region = region.filter(|region| login::is_region(region)).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unreached(&error))? {
            if body.len() + chunk.len() > limits::PROVIDER_BYTES {
                return Err(Trouble::TooMuch);
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body).map_err(|_| Trouble::Unreadable)?;
        Ok(Reply { status, region, body })
    }
}

/// The headers that a signature is made of.
fn signed(
    keys: &Keys,
    request: &Request<'_>,
    url: &Url,
    headers: &[(String, String)],
) -> Option<Vec<(String, String)>> {
    let session = keys.session.as_ref().map(|session| session.to_string());
    let identity = Credentials::new(keys.id.clone(), keys.secret.to_string(), session, None, "sayso").into();
    let mut settings = SigningSettings::default();
    if request.service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    // The clock of now: AWS takes no signature that is some minutes old.
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .ok()?
        .into();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(request.method.as_str(), url.as_str(), headers, body).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let headers = instructions.headers();
    Some(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
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

fn unreached(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() { Trouble::Slow } else { Trouble::Unreachable }
}

/// The host, with its port where it has one.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A text as a part of a URL, as signatures want it.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The code and the message of a refusal, in XML or JSON.
fn complaint(body: &str) -> (String, String) {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text("__type");
        let code = kind.rsplit('#').next().unwrap_or_default().to_owned();
        let message = if text("message").is_empty() { text("Message") } else { text("message") };
        return (code, message);
    }
    let Ok(document) = xml(body) else { return Default::default() };
    let text = |name: &str| {
        document
            .descendants()
            .find(|node| node.has_tag_name(name))
            .and_then(|node| node.text())
            .unwrap_or_default()
            .to_owned()
    };
    (text("Code"), text("Message"))
}

pub(super) fn xml(body: &str) -> Result<Document<'_>, Trouble> {
    Document::parse(body).map_err(|_| Trouble::Unreadable)
}

/// The text of a child; nothing where it is absent or empty.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let child = node.children().find(|child| child.has_tag_name(name))?;
    child.text().filter(|text| !text.is_empty())
}

/// The children of a child: `<Tags><Tag/>…</Tags>`.
pub(super) fn list<'a, 'b: 'a>(
    node: Node<'a, 'b>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'b>> + use<'a, 'b> {
    let child = node.children().find(|child| child.has_tag_name(name));
    child.into_iter().flat_map(|child| child.children().filter(Node::is_element))
}

/// Tags, whatever they are called in: each has a key and a value.
pub(super) fn tags<'a, 'b: 'a>(rows: impl Iterator<Item = Node<'a, 'b>>) -> Vec<(String, String)> {
    let either = |node: Node<'a, 'b>, one: &str, other: &str| {
        text(node, one).or_else(|| text(node, other)).map(str::to_owned)
    };
    rows.filter_map(|row| Some((either(row, "Key", "key")?, either(row, "Value", "value")?))).collect()
}

/// `2026-04-24T03:00:00.000Z`.
pub(super) fn time(text: &str) -> Option<UnixMs> {
    let since = humantime::parse_rfc3339(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    millis(since)
}

/// Seconds since 1970, as DynamoDB has them.
pub(super) fn seconds(json: Option<&Value>) -> Option<UnixMs> {
    millis(Duration::try_from_secs_f64(json?.as_f64()?).ok()?)
}

fn millis(since: Duration) -> Option<UnixMs> {
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}
