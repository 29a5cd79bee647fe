//! AWS, played by moto.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sayso_core::backup::BackupPlace;
use sayso_core::card::{Change, LineMark};
use sayso_core::fact::{Known, Tone};
use zeroize::Zeroizing;

use super::ground::Ground;
use super::rig::moto::{ACCOUNT, Moto, REGION};
use crate::git::Git;
use crate::{Credentials, Gathered, gather_with};

/// A home folder whose programs go to the stand-in.
struct Shop {
    server: Arc<Moto>,
    ground: Ground,
}

impl Shop {
    fn new(script: &str) -> Self {
        Self::on(Moto::shared(), script)
    }

    fn on(server: Arc<Moto>, script: &str) -> Self {
        server.python(script);
        let mut ground = Ground::new();
        ground.around.variables = variables(&[("AWS_ENDPOINT_URL", &server.url()), ("AWS_REGION", REGION)]);
        Self { server, ground }
    }

    async fn ask(&self, command: &str) -> Gathered {
        let action = self.ground.script(".", command);
        let reading = sayso_reading::read(&action);
        gather_with(&self.ground.question(&action, &reading), &Git::here(&self.ground.home)).await
    }
}

fn variables(all: &[(&str, &str)]) -> BTreeMap<String, Zeroizing<String>> {
    all.iter().map(|(name, value)| ((*name).to_owned(), Zeroizing::new((*value).to_owned()))).collect()
}

/// A bucket with 1,050 objects, on more than one page, 10 bytes each.
fn bucket(name: &str, more: &str) -> String {
    format!(
        "from concurrent.futures import ThreadPoolExecutor\n\
         s3 = client('s3')\n\
         s3.create_bucket(Bucket='{name}', CreateBucketConfiguration={{'LocationConstraint': '{REGION}'}})\n\
         put = lambda n: s3.put_object(Bucket='{name}', Key='2026/%s/a b+%04d' % (n % 2, n), Body=b'0123456789')\n\
         {more}\n\
         list(ThreadPoolExecutor(8).map(put, range(1050)))\n"
    )
}

fn rows(gathered: &Gathered) -> Vec<String> {
    let Some(Change::Outline(outline)) = gathered.changes.first() else { panic!("{:?}", gathered.changes) };
    let row = |row: &sayso_core::card::OutlineRow| {
        let mark = if row.mark == LineMark::Removed { "-" } else { " " };
        format!("{mark} {} | {} | {}", row.name, row.size, row.note)
    };
    outline.rows.iter().map(row).collect()
}

#[tokio::test]
async fn a_bucket_that_goes_is_counted_to_its_last_page_and_has_no_backup() {
    let tag = "s3.put_bucket_tagging(Bucket='shop-uploads', Tagging={'TagSet': [{'Key': 'Environment', 'Value': 'production'}]})";
    let mut shop = Shop::new(&bucket("shop-uploads", tag));
    shop.ground.claims.insert("environment".to_owned(), "staging".to_owned());
    let gathered = shop.ask("aws s3 rb --force s3://shop-uploads").await;
    let facts = &gathered.facts;
    assert_eq!(
        (facts.data.headline.as_str(), facts.data.known),
        ("1,050 objects, 10.5 kB", Known::Checked),
        "{facts:?}"
    );
    assert_eq!(
        facts.data.detail,
        "In the bucket shop-uploads in eu-central-1, last written just now. The bucket keeps no versions."
    );
    let place = shop.server.url().replace("http://", "");
    assert_eq!(
        facts.data.source,
        format!("AWS account {ACCOUNT} at {place} in {REGION}, with the action's own keys")
    );
    assert_eq!((facts.backups.headline.as_str(), facts.backups.tone), ("None found", Tone::Bad));
    let environment = &facts.environment;
    assert_eq!((environment.headline.as_str(), environment.known), ("production", Known::Claimed));
    assert_eq!(environment.source, "the tag Environment of the bucket shop-uploads");
    assert_eq!(environment.detail, "The agent said: “staging”.");
    assert_eq!(
        rows(&gathered),
        ["- bucket shop-uploads | 10.5 kB | 1,050 objects", "- 2026/ | 10.5 kB | 1,050 objects"]
    );
    let below = shop.ask("aws s3 rm --recursive s3://shop-uploads/2026/1").await;
    assert_eq!(below.facts.data.headline, "525 objects, 5.3 kB");
    assert!(
        below.facts.data.detail.starts_with("Below “2026/1/” in the bucket shop-uploads"),
        "{:?}",
        below.facts.data
    );
    let one = shop.ask("aws s3api delete-object --bucket shop-uploads --key '2026/1/a b+0001'").await;
    assert_eq!(one.facts.data.headline, "1 object, 10 bytes", "{:?}", one.facts.data);
    let none = shop.ask("aws s3 rm s3://shop-uploads/none").await;
    assert_eq!(none.facts.data.headline, "Nothing there");
    assert!(none.facts.data.detail.contains("Not there: “none”."));
    let refused = shop.ask("aws s3 rb s3://shop-uploads").await;
    assert!(refused.facts.data.detail.contains("it would refuse this"), "{:?}", refused.facts.data);
}

#[tokio::test]
async fn a_bucket_that_keeps_versions_a_replica_and_a_dump_is_told_with_what_survives() {
    let more = "
s3.put_bucket_versioning(Bucket='shop-kept', VersioningConfiguration={'Status': 'Enabled'})
s3.create_bucket(Bucket='shop-copy', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.put_bucket_versioning(Bucket='shop-copy', VersioningConfiguration={'Status': 'Enabled'})
s3.put_bucket_replication(Bucket='shop-kept', ReplicationConfiguration={'Role': 'arn:aws:iam::123456789012:role/r', 'Rules': [
  {'ID': 'all', 'Priority': 1, 'Status': 'Enabled', 'Filter': {'Prefix': ''}, 'DeleteMarkerReplication': {'Status': 'Disabled'},
   'Destination': {'Bucket': 'arn:aws:s3:::shop-copy'}}]})
s3.put_bucket_lifecycle_configuration(Bucket='shop-kept', LifecycleConfiguration={'Rules': [
  {'ID': 'old', 'Status': 'Enabled', 'Filter': {'Prefix': ''}, 'NoncurrentVersionExpiration': {'NoncurrentDays': 30}}]})
s3.create_bucket(Bucket='shop-locked', ObjectLockEnabledForBucket=True, CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.put_object_lock_configuration(Bucket='shop-locked', ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled',
  'Rule': {'DefaultRetention': {'Mode': 'COMPLIANCE', 'Days': 30}}})
v = s3.put_object(Bucket='shop-locked', Key='v', Body=b'one')['VersionId']
s3.put_object(Bucket='shop-locked', Key='v', Body=b'two')
s3.put_object_tagging(Bucket='shop-locked', Key='v', Tagging={'TagSet': [{'Key': 'first', 'Value': v}]})
";
    let shop = Shop::new(&bucket("shop-kept", more));
    let kept = shop.ask("aws s3 rm --recursive s3://shop-kept").await.facts;
    assert_eq!(kept.data.headline, "1,050 objects, 10.5 kB");
    assert!(
        kept.data.detail.contains("The bucket keeps versions: a deletion hides an object, its bytes stay.")
    );
    assert!(kept.data.detail.contains("A lifecycle rule deletes what is hidden after 30 days."));
    assert_eq!(
        kept.backups.headline, "Newest survivor is less than a minute old, at the bucket shop-kept",
        "{:?}",
        kept.backups
    );
    let both = shop.ask("aws s3 rb --force s3://shop-kept && aws s3 rb --force s3://shop-copy").await.facts;
    assert!(both.data.detail.contains("AWS deletes no bucket while versions are in it."), "{:?}", both.data);
    assert!(
        both.backups.detail.contains("1 of them goes with it: the action deletes that too."),
        "{:?}",
        both.backups
    );
    let locked = shop.ask("aws s3 rb --force s3://shop-locked").await.facts;
    assert!(
        locked.data.detail.contains("Object lock (compliance): for 30 days nobody can delete a version."),
        "{:?}",
        locked.data
    );
    let version = shop.server.python(
        "print(client('s3').get_object_tagging(Bucket='shop-locked', Key='v')['TagSet'][0]['Value'])",
    );
    let version = format!("aws s3api delete-object --bucket shop-locked --key v --version-id {version}");
    let version = shop.ask(&version).await.facts;
    assert_eq!(version.data.headline, "1 object, 3 bytes", "{:?}", version.data);
    assert!(version.data.detail.contains("A version that is named is deleted for good."));
    assert_eq!(version.backups.headline, "Could not be checked");
}

#[tokio::test]
async fn of_a_database_automated_backups_go_along_and_snapshots_that_somebody_made_stay() {
    let shop = Shop::new(
        "
rds = client('rds')
rds.create_db_instance(DBInstanceIdentifier='shop-db', Engine='postgres', DBInstanceClass='db.m5.large', AllocatedStorage=100,
  MasterUsername='keeper', MasterUserPassword='long-enough', BackupRetentionPeriod=7, DeletionProtection=True,
  Tags=[{'Key': 'env', 'Value': 'prod'}])
rds.create_db_snapshot(DBInstanceIdentifier='shop-db', DBSnapshotIdentifier='by-hand')
rds.create_db_instance(DBInstanceIdentifier='bare-db', Engine='mysql', DBInstanceClass='db.m5.large', AllocatedStorage=20,
  MasterUsername='keeper', MasterUserPassword='long-enough', BackupRetentionPeriod=0)
rds.create_db_cluster(DBClusterIdentifier='shop-cluster', Engine='aurora-postgresql', MasterUsername='keeper', MasterUserPassword='long-enough')
rds.create_db_cluster_snapshot(DBClusterIdentifier='shop-cluster', DBClusterSnapshotIdentifier='of-all')
",
    );
    let gathered =
        shop.ask("aws rds delete-db-instance --db-instance-identifier shop-db --skip-final-snapshot").await;
    let facts = &gathered.facts;
    assert_eq!(facts.data.headline, "100 GiB allocated", "{:?}", facts.data);
    assert!(
        facts.data.detail.contains("Deletion protection is on: AWS refuses this until it is switched off.")
    );
    assert!(facts.data.detail.starts_with("The instance shop-db: postgres "), "{:?}", facts.data);
    assert_eq!(facts.backups.headline, "Newest survivor is less than a minute old, at RDS in eu-central-1");
    assert!(
        facts.backups.detail.contains("The newest elsewhere is manual snapshot by-hand"),
        "{:?}",
        facts.backups
    );
    assert_eq!((facts.environment.headline.as_str(), facts.environment.known), ("prod", Known::Claimed));
    let listed = rows(&gathered);
    assert!(listed[0].starts_with("- instance shop-db | 100 GiB allocated"), "{listed:?}");
    assert!(
        listed.iter().any(|row| row.starts_with("  manual snapshot by-hand") && row.ends_with("stays")),
        "{listed:?}"
    );
    let both = "aws rds delete-db-instance --db-instance-identifier shop-db --skip-final-snapshot; \
                aws rds delete-db-snapshot --db-snapshot-identifier by-hand";
    let both = shop.ask(both).await.facts;
    assert_eq!(both.backups.headline, "Destroyed with it", "{:?}", both.backups);

    let bare =
        "aws rds delete-db-instance --db-instance-identifier bare-db --final-db-snapshot-identifier last";
    let bare = shop.ask(bare).await.facts;
    assert!(
        bare.data.detail.contains("Deletion protection is off. Automated backups are off."),
        "{:?}",
        bare.data
    );
    assert_eq!(bare.backups.headline, "Could not be checked");
    assert!(bare.backups.detail.contains("a last snapshot last; it is not there yet"), "{:?}", bare.backups);

    let cluster = shop
        .ask("aws rds delete-db-cluster --db-cluster-identifier shop-cluster --skip-final-snapshot")
        .await;
    assert_eq!(cluster.facts.data.headline, "1 cluster", "{:?}", cluster.facts.data);
    assert!(cluster.facts.backups.detail.contains("manual snapshot of-all"), "{:?}", cluster.facts.backups);
    let snapshot = shop.ask("aws rds delete-db-snapshot --db-snapshot-identifier by-hand").await.facts;
    assert_eq!(snapshot.data.headline, "1 snapshot");
    assert!(snapshot.data.detail.contains("Of the instance shop-db"), "{:?}", snapshot.data);
    assert!(snapshot.data.detail.contains("The instance itself is there."));
    let absent =
        shop.ask("aws rds delete-db-instance --db-instance-identifier none --skip-final-snapshot").await;
    assert_eq!(absent.facts.data.known, Known::Failed);
    assert!(
        absent.facts.data.detail.contains("AWS knows no database instance none here."),
        "{:?}",
        absent.facts
    );
}

#[tokio::test]
async fn of_a_volume_its_snapshots_stay_and_who_uses_it_is_told() {
    let shop = Shop::new("pass");
    let ids = shop.server.python(
        "
ec2 = client('ec2')
vol = ec2.create_volume(AvailabilityZone='eu-central-1a', Size=40, TagSpecifications=[{'ResourceType': 'volume',
  'Tags': [{'Key': 'Name', 'Value': 'postgres-data'}, {'Key': 'stage', 'Value': 'staging'}]}])['VolumeId']
snap = ec2.create_snapshot(VolumeId=vol, Description='x')['SnapshotId']
image = ec2.describe_images()['Images'][0]['ImageId']
machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
ec2.attach_volume(VolumeId=vol, InstanceId=machine, Device='/dev/sdf')
print(vol, snap, machine)
",
    );
    let [volume, snapshot, machine] = ids.split(' ').collect::<Vec<_>>()[..] else { panic!("{ids}") };
    let gathered = shop.ask(&format!("aws ec2 delete-volume --volume-id {volume}")).await;
    let facts = &gathered.facts;
    assert_eq!(facts.data.headline, "40 GiB", "{:?}", facts.data);
    assert!(facts.data.detail.contains(&format!("attached to {machine} as /dev/sdf")), "{:?}", facts.data);
    assert!(facts.data.detail.contains("it would refuse this"));
    assert_eq!(facts.backups.headline, "Newest survivor is less than a minute old, at EBS in eu-central-1");
    assert_eq!(gathered.names.get(volume).map(String::as_str), Some("postgres-data"));
    assert_eq!((facts.environment.headline.as_str(), facts.environment.known), ("staging", Known::Claimed));
    let both = format!(
        "aws ec2 delete-snapshot --snapshot-id {snapshot} && aws ec2 delete-volume --volume-id {volume}"
    );
    let both = shop.ask(&both).await.facts;
    assert_eq!(both.backups.headline, "Destroyed with it", "{:?}", both.backups);
    let snapshot = shop.ask(&format!("aws ec2 delete-snapshot --snapshot-id {snapshot}")).await.facts;
    assert!(snapshot.data.detail.contains("The volume itself is there."), "{:?}", snapshot.data);
    assert_eq!(snapshot.backups.headline, "None found");
    let machine = shop.ask(&format!("aws ec2 terminate-instances --instance-ids {machine}")).await.facts;
    assert!(machine.data.detail.contains("go with i-"), "{:?}", machine.data);
    assert!(machine.data.detail.contains(&format!("What stays: {volume}.")), "{:?}", machine.data);
}

#[tokio::test]
async fn of_a_table_point_in_time_recovery_and_backups_survive() {
    let shop = Shop::new(
        "
db = client('dynamodb')
for name in ['carts', 'bare']:
    db.create_table(TableName=name, AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}],
      KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], BillingMode='PAY_PER_REQUEST',
      Tags=[{'Key': 'Stage', 'Value': 'live'}] if name == 'carts' else [], DeletionProtectionEnabled=name == 'carts')
    for n in range(12):
        db.put_item(TableName=name, Item={'id': {'S': str(n)}})
db.update_continuous_backups(TableName='carts', PointInTimeRecoverySpecification={'PointInTimeRecoveryEnabled': True})
db.create_backup(TableName='carts', BackupName='by-hand')
",
    );
    let facts = shop.ask("aws dynamodb delete-table --table-name carts").await.facts;
    assert!(facts.data.headline.starts_with("About 12 items"), "{:?}", facts.data);
    assert!(facts.data.detail.contains("Deletion protection is on"));
    assert!(facts.data.detail.contains("AWS keeps a backup of the table for 35 days."), "{:?}", facts.data);
    assert!(
        facts.backups.headline.starts_with("Newest survivor is less than a minute old, at DynamoDB in"),
        "{:?}",
        facts.backups
    );
    assert_eq!(
        (facts.environment.headline.as_str(), facts.environment_name.as_deref()),
        ("live", Some("live"))
    );
    let bare = shop.ask("aws dynamodb delete-table --table-name bare").await.facts;
    assert!(bare.data.detail.contains("Point-in-time recovery is off."), "{:?}", bare.data);
    assert_eq!(bare.backups.headline, "None found");
}

#[tokio::test]
async fn the_persons_table_names_an_account_and_a_dump_in_a_named_folder_counts() {
    let mut shop = Shop::new(
        "client('s3').create_bucket(Bucket='plain', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    shop.ground.environment("production", &[], &[], &[ACCOUNT]);
    shop.ground.write("dumps/plain.tar.gz", "a dump");
    shop.ground.around.places.rows.push(BackupPlace {
        name: "plain".to_owned(),
        of: vec!["bucket plain".to_owned()],
        dumps: Some(shop.ground.path("dumps").display().to_string()),
        ..BackupPlace::default()
    });
    let facts = shop.ask("aws s3 rb s3://plain").await.facts;
    assert_eq!(
        (facts.environment.headline.as_str(), facts.environment.known),
        ("production", Known::Checked)
    );
    assert_eq!(facts.environment.source, format!("sayso.toml, by the account {ACCOUNT}"));
    assert_eq!(facts.data.headline, "Nothing there");
    assert!(
        facts.backups.headline.starts_with("Newest survivor is less than a minute old, at ~/dumps"),
        "{:?}",
        facts.backups
    );
    // Whoever can start a server here could play any account.
    shop.ground.environments.rows.clear();
    shop.ground.environment("staging", &[], &[], &[ACCOUNT]);
    let milder = shop.ask("aws s3 rb s3://plain").await.facts;
    assert_eq!((milder.environment.known, milder.environment_name), (Known::Claimed, None));
}

/// Notes what it is asked for.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<String>>);

impl Credentials for Noted {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        self.0.lock().unwrap().push(name.to_owned());
        Ok(Some(Zeroizing::new("THEIRS:secret".to_owned())))
    }
}

#[tokio::test]
async fn a_host_that_is_not_awss_own_is_not_asked_and_no_key_of_the_persons_goes_to_this_machine() {
    let mut shop = Shop::new("pass");
    let noted = Arc::new(Noted::default());
    shop.ground.around.credentials = noted.clone();
    shop.ground
        .write(".aws/credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = secret\n");
    shop.ask("aws s3 rb s3://nobodys").await;
    assert!(noted.0.lock().unwrap().is_empty());
    for (name, value, sentence) in [
        ("AWS_ENDPOINT_URL", "https://s3.amazonaws.com.evil.example", "which is no host of AWS"),
        ("AWS_ENDPOINT_URL_S3", "http://10.0.0.1:9000", "which is no host of AWS"),
        ("AWS_REGION", "evil.example/#", "is none that Sayso knows the hosts of"),
    ] {
        shop.ground.around.variables = variables(&[("AWS_REGION", REGION), (name, value)]);
        let facts = shop.ask("aws s3 rb s3://nobodys").await.facts;
        assert_eq!((facts.data.known, facts.backups.known), (Known::Failed, Known::Failed));
        assert!(facts.data.detail.contains(sentence), "{:?}", facts.data);
        assert!(noted.0.lock().unwrap().is_empty());
    }
    shop.ground.around.variables = variables(&[("AWS_REGION", REGION)]);
    let facts = shop.ask("AWS_ENDPOINT_URL=$WHERE aws s3 rb s3://nobodys").await.facts;
    assert!(facts.data.detail.contains("stands in a variable"), "{:?}", facts.data);
}

#[tokio::test]
async fn an_endpoint_and_a_region_count_wherever_aws_takes_them_from() {
    let mut shop = Shop::new(
        "client('s3').create_bucket(Bucket='found', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    let url = shop.server.url();
    shop.ground.around.variables.clear();
    let ask = async |shop: &Shop, command: &str| shop.ask(command).await.facts.data.headline;
    assert_eq!(
        ask(&shop, &format!("aws --endpoint-url {url} --region {REGION} s3 rb s3://found")).await,
        "Nothing there"
    );
    assert_eq!(ask(&shop, &format!("AWS_ENDPOINT_URL={url} aws s3 rb s3://found")).await, "Nothing there");
    shop.ground.write(".aws/config", format!("[profile shop]\nregion = {REGION}\nendpoint_url = {url}\n"));
    assert_eq!(ask(&shop, "aws --profile shop s3 rb s3://found").await, "Nothing there");
    assert_eq!(ask(&shop, "AWS_PROFILE=shop aws s3 rb s3://found").await, "Nothing there");
}

#[tokio::test]
async fn requests_are_signed_as_aws_wants_them_and_a_wrong_key_says_so() {
    let mut shop = Shop::on(Arc::new(Moto::start()), &bucket("signed-for", ""));
    let keys = shop.server.python(
        "
iam = client('iam')
iam.create_user(UserName='reader')
iam.put_user_policy(UserName='reader', PolicyName='all', PolicyDocument=json.dumps({'Version': '2012-10-17',
  'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}))
key = iam.create_access_key(UserName='reader')['AccessKey']
client('dynamodb').create_table(TableName='signed', AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}],
  KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], BillingMode='PAY_PER_REQUEST')
print(key['AccessKeyId'], key['SecretAccessKey'])
server('reset-auth', b'0')
",
    );
    let (id, secret) = keys.split_once(' ').unwrap();
    let mut with = |secret: &str| {
        shop.ground.around.variables.extend(variables(&[
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_SESSION_TOKEN", "never-sent-to-this-machine"),
        ]));
    };
    with(secret);
    let key = "aws s3 rm --recursive 's3://signed-for/2026/1'";
    let facts = shop.ask(key).await.facts;
    assert_eq!(facts.data.headline, "525 objects, 5.3 kB", "{:?}", facts.data);
    let facts = shop.ask("aws s3 rm 's3://signed-for/2026/1/a b+0001'").await.facts;
    assert_eq!(facts.data.headline, "1 object, 10 bytes", "{:?}", facts.data);
    let facts = shop.ask("aws dynamodb delete-table --table-name signed").await.facts;
    assert!(facts.data.headline.starts_with("About 0 items"), "{:?}", facts.data);
    shop.ground
        .around
        .variables
        .insert("AWS_SECRET_ACCESS_KEY".to_owned(), Zeroizing::new("wrong-one".to_owned()));
    let facts = shop.ask(key).await.facts;
    assert_eq!((facts.data.known, facts.backups.known), (Known::Failed, Known::Failed));
    assert!(facts.data.detail.contains("AWS refused the action's own keys"), "{:?}", facts.data);
    assert!(facts.data.detail.contains("`sayso credential add aws`"), "{:?}", facts.data);
    assert!(!format!("{facts:?}").contains("wrong-one"));
}

#[tokio::test]
async fn asking_sends_nothing_but_looks_and_changes_nothing() {
    let make = "
s3 = client('s3')
s3.create_bucket(Bucket='watched', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.put_object(Bucket='watched', Key='k', Body=b'0')
rds = client('rds')
rds.create_db_instance(DBInstanceIdentifier='watched', Engine='postgres', DBInstanceClass='db.m5.large', AllocatedStorage=20,
  MasterUsername='keeper', MasterUserPassword='long-enough', BackupRetentionPeriod=7)
rds.create_db_snapshot(DBInstanceIdentifier='watched', DBSnapshotIdentifier='snapped')
db = client('dynamodb')
db.create_table(TableName='watched', AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}],
  KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], BillingMode='PAY_PER_REQUEST')
";
    let shop = Shop::on(Arc::new(Moto::start()), make);
    let volume = shop
        .server
        .python("print(client('ec2').create_volume(AvailabilityZone='eu-central-1a', Size=1)['VolumeId'])");
    let before = shop.server.everything();
    shop.server.python("server('recorder/reset-recording', b''); server('recorder/start-recording', b'')");
    for command in [
        "aws s3 rb --force s3://watched",
        "aws s3 rm s3://watched/k",
        "aws rds delete-db-instance --db-instance-identifier watched --skip-final-snapshot",
        "aws rds delete-db-snapshot --db-snapshot-identifier snapped",
        &format!("aws ec2 delete-volume --volume-id {volume}"),
        "aws dynamodb delete-table --table-name watched",
    ] {
        let facts = shop.ask(command).await.facts;
        assert_eq!(facts.data.known, Known::Checked, "{command}: {:?}", facts.data);
    }
    let sent = shop.server.python(
        "
import base64
server('recorder/stop-recording', b'')
for line in server('recorder/download-recording').splitlines():
    request = json.loads(line)
    headers = {name.lower(): value for name, value in dict(request['headers']).items()}
    body = request['body'] or ''
    body = base64.b64decode(body).decode() if request.get('body_encoded') else body
    print(request['method'], headers.get('x-amz-target', '') or body or '-')
",
    );
    assert!(sent.lines().count() > 15, "{sent}");
    for line in sent.lines() {
        let (method, said) = line.split_once(' ').unwrap();
        let operation = said.strip_prefix("DynamoDB_20120810.").or_else(|| said.strip_prefix("Action="));
        let looks = ["Describe", "List", "Get"];
        match method {
            "HEAD" | "GET" => {}
            "POST" => assert!(
                operation.is_some_and(|name| looks.iter().any(|look| name.starts_with(look))),
                "{line}"
            ),
            _ => panic!("{line}"),
        }
    }
    assert_eq!(before, shop.server.everything(), "asking changed something");
}
