//! AWS: the query protocol (`Action=`), the JSON one (`X-Amz-Target`), and paths, each as `service Operation`.

use std::borrow::Cow;

use sayso_core::Severity;
use sayso_core::reading::TargetKind;

use super::Request;
use super::subject::Subject;
use crate::Findings;
use crate::catalogue::judge::{self, Act};
use crate::catalogue::{Facts, Provider, named};
use crate::words::quoted;

/// Services by what `X-Amz-Target` begins with, where that is not their name.
const TARGETS: &[(&str, &str)] = &[
    ("dynamodb", "dynamodb"),
    ("trentservice", "kms"),
    ("amazonssm", "ssm"),
    ("awscognitoidentityprovider", "cognito-idp"),
    ("awscognitoidentity", "cognito-identity"),
    ("amazonec2containerservice", "ecs"),
    ("amazonec2containerregistry", "ecr"),
    ("kinesis", "kinesis"),
    ("firehose", "firehose"),
    ("logs", "logs"),
    ("awsevents", "events"),
    ("awsstepfunctions", "states"),
    ("awsglue", "glue"),
    ("amazonathena", "athena"),
    ("elasticmapreduce", "emr"),
    ("redshiftserverless", "redshift-serverless"),
    ("com.amazonaws.cloudtrail", "cloudtrail"),
    ("cloudtrail", "cloudtrail"),
    ("awsorganizations", "organizations"),
    ("starlingdoveservice", "config"),
    ("route53domains", "route53domains"),
    ("codebuild", "codebuild"),
    ("codepipeline", "codepipeline"),
    ("codecommit", "codecommit"),
    ("codedeploy", "codedeploy"),
    ("sagemaker", "sagemaker"),
    ("secretsmanager", "secretsmanager"),
    ("certificatemanager", "acm"),
    ("awswaf", "wafv2"),
    ("amazonmemorydb", "memorydb"),
    ("amazondax", "dax"),
    ("amazonsqs", "sqs"),
    ("servicediscovery", "servicediscovery"),
    ("swbexternalservice", "sso-admin"),
    ("awsidentitystore", "identitystore"),
    ("workspaces", "workspaces"),
    ("directoryservice", "ds"),
];

/// Reads a request to AWS. Whether it was one and is read.
pub(super) fn read(subject: &Subject<'_>, request: &Request<'_>, findings: &mut Findings) -> bool {
    let target = request.header("x-amz-target");
    let at_aws = subject.provider.is_some_and(|provider| provider.header.name == "aws");
    if !at_aws && target.is_none() {
        return false;
    }
    let Some(aws) = named("aws") else { return false };
    let place = Place::of(&subject.url.host, &subject.url.path);
    if let Some(target) = target {
        let (begin, name) = target.rsplit_once('.').unwrap_or(("", target));
        let begin = begin.to_ascii_lowercase();
        let known = TARGETS.iter().find(|(start, _)| begin.starts_with(start)).map(|(_, service)| *service);
        operation(aws, known.unwrap_or(place.service), name, subject, findings);
        return true;
    }
    if let Some(action) = subject.value("Action").filter(|action| !action.is_empty()) {
        operation(aws, place.service, &action, subject, findings);
        return true;
    }
    // Somebody's own interface behind AWS's gateway is none of AWS's operations.
    if matches!(place.service, "execute-api" | "") {
        return false;
    }
    let Some((row, bindings)) = aws.request(&subject.method, place.service, &place.path, subject) else {
        return by_method(&place, subject, findings);
    };
    subject.weigh(findings);
    if row.severity > Severity::None {
        let name = row.name(&bindings, subject);
        subject.found(row.severity, row.verb, row.kind, &name, &row.sentence(&bindings, subject), findings);
    }
    true
}

/// S3 is what its methods say; the other services are read by the words of their paths.
fn by_method(place: &Place<'_>, subject: &Subject<'_>, findings: &mut Findings) -> bool {
    if place.service != "s3" || subject.method == "DELETE" {
        return false;
    }
    if subject.writes() {
        subject.weigh(findings);
        let phrase = format!("Write {} to S3", quoted(place.path.trim_start_matches('/')));
        let verb = sayso_core::reading::Verb::Overwrite;
        subject.found(Severity::Low, verb, TargetKind::Bucket, &place.path, &phrase, findings);
    }
    true
}

/// One operation of a service, by its row or by its words.
pub(crate) fn operation(
    aws: &Provider,
    service: &str,
    name: &str,
    subject: &Subject<'_>,
    findings: &mut Findings,
) {
    // `cloud:BatchDelete…`, and what a client signs twice, are the same operation.
    let name = name.trim().rsplit(':').next().unwrap_or(name);
    subject.weigh_always(findings);
    if let Some(row) = aws.operation(service, name, subject).or_else(|| aws.operation("*", name, subject)) {
        if row.severity > Severity::None {
            let (place, phrase) = (super::no_bindings(), &super::no_bindings());
            let said = row.sentence(phrase, subject);
            subject.found(row.severity, row.verb, row.kind, &row.name(&place, subject), &said, findings);
        }
        return;
    }
    let judged = judge::name(name);
    if judged.act == Some(Act::Look) && judged.severity == Severity::None {
        return;
    }
    let thing =
        ["DBInstanceIdentifier", "TableName", "InstanceId.1", "UserName", "Name", "Id", "KeyId", "RoleName"];
    let thing = thing.iter().find_map(|key| subject.value(key)).unwrap_or(Cow::Borrowed(name));
    let phrase = format!("Call {} of AWS {}", quoted(name), quoted(service));
    subject.found(judged.severity, judged.verb, judged.kind, &thing, &phrase, findings);
}

/// Which service a host is, and the path as if the bucket stood in it.
struct Place<'a> {
    service: &'a str,
    path: Cow<'a, str>,
}

impl<'a> Place<'a> {
    fn of(host: &'a str, path: &'a str) -> Self {
        let own = host.strip_suffix(".cn").unwrap_or(host);
        let own = own.strip_suffix(".amazonaws.com").or_else(|| own.strip_suffix(".api.aws")).unwrap_or(own);
        let labels: Vec<&str> = own.split('.').collect();
        let s3 = labels.iter().position(|label| *label == "s3" || label.starts_with("s3-"));
        if let Some(at) = s3 {
            if labels.contains(&"s3-control") {
                return Self { service: "s3control", path: Cow::Borrowed(path) };
            }
            let bucket = labels.get(..at).unwrap_or(&[]).join(".");
            let path =
                if bucket.is_empty() { Cow::Borrowed(path) } else { Cow::Owned(format!("/{bucket}{path}")) };
            return Self { service: "s3", path };
        }
        let service = match labels.as_slice() {
            [.., "execute-api", _] | ["execute-api", ..] => "execute-api",
            [_, "dkr", "ecr", ..] => "ecr",
            [_, "es" | "aoss", ..] | [_, _, "es"] => "es-domain",
            ["api", service, ..] | [service, ..] => service,
            [] => "",
        };
        Self { service, path: Cow::Borrowed(path) }
    }
}
