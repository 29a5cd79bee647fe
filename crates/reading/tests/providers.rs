//! The command lines of providers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use sayso_core::action::{Command, Shell};
use sayso_core::reading::Reading;
use sayso_core::{Action, Severity};

fn read(line: &str) -> Reading {
    let cwd = "/home/anna/shop".to_owned().try_into().unwrap();
    let command = Command::Script(line.to_owned());
    sayso_reading::read(&Action::Shell(Shell { command, cwd, env: Vec::new() }))
}

fn each_weighs(lines: &[&str], fits: impl Fn(Severity) -> bool) {
    let wrong: Vec<_> = lines
        .iter()
        .map(|line| (line, read(line).severity))
        .filter(|(_, severity)| !fits(*severity))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_destroys_at_large_is_critical() {
    let lines = [
        "kubectl delete namespace shop",
        "kubectl delete pvc --all -n prod",
        "kubectl delete pods --all --all-namespaces",
        "helm uninstall shop",
        "terraform destroy -auto-approve",
        "terraform apply -destroy",
        "terraform -chdir=infra destroy",
        "pulumi destroy --yes",
        "aws s3 rb s3://shop-backups --force",
        "aws s3 rm s3://shop --recursive",
        "aws --profile prod rds delete-db-instance --db-instance-identifier shop --skip-final-snapshot",
        "aws dynamodb delete-table --table-name orders",
        "aws ec2 delete-snapshot --snapshot-id snap-1",
        "gcloud projects delete shop",
        "gcloud sql instances delete shop",
        "gsutil -m rm -r gs://shop",
        "az group delete --name shop --yes",
        "docker volume rm shop_data",
        "docker compose down -v",
        "docker system prune -a --volumes",
        "railway volume delete --volume data",
        "heroku pg:reset DATABASE_URL --app shop",
        "fly volumes destroy vol_1",
        "vercel project rm shop",
        "supabase db reset --linked",
        "gh repo delete acme/shop --yes",
        "wrangler d1 delete shop",
    ];
    each_weighs(&lines, |severity| severity == Severity::Critical);
}

#[test]
fn what_takes_away_grants_discloses_or_stops_asks_also_without_a_row() {
    let lines = [
        "aws iam create-access-key --user-name root",
        "aws iam attach-user-policy --user-name x --policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
        "aws secretsmanager get-secret-value --secret-id prod",
        "aws elbv2 delete-load-balancer --load-balancer-arn x",
        "aws workspaces terminate-workspaces --terminate-workspace-requests x",
        "gcloud compute instances delete web-1",
        "gcloud iam service-accounts keys create key.json --iam-account x",
        "az vm delete --name web",
        "az keyvault secret show --name x --vault-name y",
        "kubectl drain node-1 --ignore-daemonsets",
        "kubectl get secret db -o yaml",
        "kubectl delete pod web-1",
        "gh pr merge 12 --squash",
        "gh secret delete TOKEN",
        "gh release create v1.0.0",
        "docker push acme/shop:latest",
        "terraform apply",
        "terraform state rm aws_s3_bucket.x",
        "vercel --prod",
        "doctl compute droplet delete 1",
        "vault kv destroy secret/shop",
    ];
    each_weighs(&lines, |severity| severity >= Severity::High);
}

#[test]
fn looking_and_everyday_work_pass() {
    let lines = [
        "kubectl get pods -A",
        "kubectl logs -f deploy/web",
        "kubectl describe secret db",
        "kubectl apply -f k8s/",
        "kubectl delete pod web-1 --dry-run=client",
        "helm list",
        "helm upgrade --install web ./chart",
        "terraform plan -out=tf.plan",
        "terraform fmt -recursive",
        "aws s3 ls s3://shop",
        "aws ec2 describe-instances --region eu-central-1",
        "aws sts get-caller-identity",
        "aws rds describe-db-instances",
        "gcloud compute instances list",
        "gcloud config get-value project",
        "az account show",
        "az vm list -o table",
        "docker ps -a",
        "docker compose up -d",
        "docker build -t shop .",
        "docker rm -f test-db",
        "gh pr list",
        "gh pr create --title 'delete the old api' --body 'drop table x'",
        "gh run view 1 --log",
        "fly status",
        "heroku logs --tail",
        "vercel dev",
        "railway status",
    ];
    each_weighs(&lines, |severity| severity <= Severity::Low);
}

#[test]
fn a_copy_that_deletes_is_about_where_it_copies_to_and_not_where_from() {
    for line in ["aws s3 sync . s3://shop --delete", "aws s3 sync --delete . s3://shop"] {
        let reading = read(line);
        let targets: Vec<&str> = reading.effects.iter().map(|effect| effect.target.name.as_str()).collect();
        assert_eq!(targets, ["s3://shop"], "{line}");
    }
}
