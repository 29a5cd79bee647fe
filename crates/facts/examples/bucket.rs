//! Times the facts of deleting a bucket with 5,000 objects, asked of moto on this machine.
//!
//! `cargo run --release -p sayso-facts --example bucket [objects]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints and may stop")]

use std::collections::BTreeMap;
use std::time::Instant;

use sayso_core::environment::Environments;
use sayso_core::{UnixMs, strict};
use sayso_facts::{Around, Question, gather};
use zeroize::Zeroizing;

#[path = "../tests/rig/mod.rs"]
mod rig;

fn main() {
    let objects: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5000);
    let server = rig::moto::Moto::start();
    server.python(&format!(
        "from concurrent.futures import ThreadPoolExecutor\n\
         s3 = client('s3')\n\
         s3.create_bucket(Bucket='shop', CreateBucketConfiguration={{'LocationConstraint': '{}'}})\n\
         put = lambda n: s3.put_object(Bucket='shop', Key='2026/%s/%06d' % (n % 12, n), Body=b'0123456789')\n\
         list(ThreadPoolExecutor(8).map(put, range({objects})))\n",
        rig::moto::REGION
    ));
    println!("{objects} objects made");
    let home = tempfile::tempdir().unwrap();
    let text = r#"{"kind":"shell","script":"aws s3 rb --force s3://shop","cwd":"/"}"#;
    let action = strict::parse(text.as_bytes()).unwrap();
    let reading = sayso_reading::read(&action);
    let variables = [("AWS_ENDPOINT_URL", server.url()), ("AWS_REGION", rig::moto::REGION.to_owned())];
    let variables = variables.map(|(name, value)| (name.to_owned(), Zeroizing::new(value)));
    let around = Around { variables: variables.into(), ..Around::default() };
    let (claims, environments) = (BTreeMap::new(), Environments::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for _ in 0..5 {
        let question = Question {
            action: &action,
            reading: &reading,
            claims: &claims,
            environments: &environments,
            home: home.path(),
            now: UnixMs(1_795_300_000_000),
            around: &around,
        };
        let started = Instant::now();
        let gathered = runtime.block_on(gather(&question));
        println!("aws s3 rb --force: {} ms", started.elapsed().as_millis());
        println!("    {} | {}", gathered.facts.data.headline, gathered.facts.data.detail);
    }
}
