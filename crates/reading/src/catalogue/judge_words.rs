//! The words that names of operations are made of, as data: verbs with what they do, and things with what they are.
//!
//! A verb is *sure* where the word is hardly ever a thing; an unsure one (`release`, `order`) counts as a verb only in
//! front, or where the name holds no sure one.

use sayso_core::reading::TargetKind;

use super::judge::Act;

/// What a word says about the thing that an operation lands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    /// Its loss is the loss of much.
    Grave(TargetKind),
    /// A part of something larger, made again in a moment.
    Small,
    /// Who may do what, and ways in.
    Access,
    /// What opens something.
    Secret,
    /// Money.
    Money,
    /// What reaches other people or the public.
    Sent,
    /// More than one at once.
    All,
}

const SURE: &[(Act, &str)] = &[
    (
        Act::Look,
        "get list read search describe fetch query find show count lookup retrieve browse explore inspect analyze \
         analyse summarize summarise explain suggest validate verify diff compare poll tail head stat info \
         whoami ping healthcheck estimate calculate compute convert parse resolve detect classify extract help \
         download screenshot is has can exists check preview dump introspect lookup peek scan select batchget gets \
         autocomplete recommend discover identify evaluate_expression translate observe think ls grep cat glob wait \
         reader viewer finder fetcher lister searcher lookups learn decompile disassemble demangle crawl scrape \
         crawling transcribe ocr tokenize visualize visualise predict recall ask answer learn_about thinking reason \
         brainstorm reflect thinkdeep codereview definition definitions references diagnostics symbols callers callees implementations \
         lag depscore typecheck completions signature coverage outline skeleton profile_cpu precommit consensus challenge planner tracer sample simulate rank highlight hover outline whois dig traceroute",
    ),
    (
        Act::Make,
        "create add new insert write register put save update set edit modify patch change rename move copy clone fork \
         upsert append assign attach link enable subscribe follow mark apply submit generate init initialize \
         upload write make provision setup configure reopen unlock unarchive resume start open react \
         store define increase extend put_object duplicate toggle unassign mkdir touch select_option navigate goto \
         click type hover fill press scroll resize drag tap connect begin bookmark convert_to prepare associate \
         undelete untag unpin unstar unwatch unfollow unsubscribe refresh retry rerun rebuild annotate enqueue \
         replace overwrite join accept import close complete finish dismiss writer updater creator editor turn remember compile pack bundle like unlike upvote downvote favorite \
         favourite unfavorite track reorder arrange ack acknowledge transform normalize encode prefill seed",
    ),
    (
        Act::Destroy,
        "delete remove destroy drop purge wipe erase truncate terminate clear flush empty prune revoke deregister \
         unpublish uninstall expire invalidate trash discard del rm rmdir unlink obliterate nuke expunge scrub delist forget \
         annul redact deprovision decommission detach disassociate dissociate unbind retire eject evict \
         batchdelete bulkdelete deprecate yank shred format unregister unset withdraw disconnect untrust deleter remover eraser",
    ),
    (
        Act::Stop,
        "stop shutdown suspend disable pause kill reboot restart deactivate halt poweroff poweron hibernate abort \
         cancel drain cordon ban kick mute scale quiesce powercycle reject deny leave lockdown power_off \
         quarantine isolate fence sleep downscale throttle undeploy freeze failover demote downgrade silence",
    ),
    (
        Act::Turn,
        "reset rollback revert restore rotate regenerate transfer merge archive reinstall rebase force reinitialize \
         reimage rekey recreate restart_from upgrade promote switchover cutover swap reassign migrate reclaim \
         override bypass schedule_delete unprotect reencrypt reparent resize_disk seal unseal squash",
    ),
    (
        Act::Grant,
        "grant invite authorize authorise share allow permit impersonate assume approve elevate authenticate \
         whitelist allowlist trust expose publicize unrestrict unlock_account addmember invitemember",
    ),
    (
        Act::Send,
        "send publish tweet retweet notify announce broadcast reply deploy redeploy sender deployer email dm forward postmessage \
         post_message dial fax emit",
    ),
    (
        Act::Spend,
        "pay purchase buy refund payout withdrawal charge trade sell donate reserve book bid bet tip mint",
    ),
    (Act::Run, "execute exec run eval evaluate invoke call shell bash sh terminal"),
];

const UNSURE: &[(Act, &str)] = &[
    (
        Act::Look,
        "view watch status review monitor report geocode directions distance elevation forecast weather quote quotes news \
         transcript summary overview insights insight feed timeline trending rates rate price prices map top esql sparql promql logql kql export log record test snapshot_get usage sort filter plan \
         render format_date ask chat complete_text embed memory docs doc details history state time fetcher current \
         lint audit trace logs metrics stats version health schema schemas tree open_nodes tables databases",
    ),
    (
        Act::Make,
        "comment label tag pin star lock draft request backup sync build trigger note write_file batch edit_file \
         schedule index snapshot branch commit checkout stage push pull stash assignee vote bump fix file",
    ),
    (Act::Turn, "release migration"),
    (Act::Stop, "block gc"),
    (
        Act::Send,
        "text post message mail release sms push_notification announcement comment_reply notification",
    ),
    (Act::Spend, "payment order checkout invoice capture deposit payouts refunds billing subscription"),
    (
        Act::Run,
        "command script code function job task workflow operation admin raw proxy request_raw console",
    ),
];

const OBJECTS: &[(&[Object], &str)] = &[
    (
        &[Object::Grave(TargetKind::Database)],
        "database databases db dbs schema keyspace dbinstance dbcluster warehouse",
    ),
    (
        &[Object::Grave(TargetKind::Table)],
        "table tables collection collections index indexes indices topic topics dataset datasets",
    ),
    (&[Object::Grave(TargetKind::Bucket)], "bucket buckets container containers blob"),
    (
        &[Object::Grave(TargetKind::Volume)],
        "volume volumes disk disks filesystem filesystems share snapshot snapshots backup backups pvc \
         recoverypoint vault vaults",
    ),
    (
        &[Object::Grave(TargetKind::ClusterObject)],
        "cluster clusters namespace namespaces node nodes nodepool nodegroup deployment_all stack stacks",
    ),
    (&[Object::Grave(TargetKind::GitRepository)], "repository repositories repo repos"),
    (
        &[Object::Grave(TargetKind::Account)],
        "account accounts organization organizations organisation org orgs workspace workspaces tenant tenants user users",
    ),
    (
        &[Object::Grave(TargetKind::Other)],
        "project projects environment environments app apps application applications site sites server servers instance \
         instances droplet droplets vm vms machine machines domain domains zone zones queue queues stream \
         streams store service services subscription subscriptions customer customers kms department team teams \
         channel channels endpoint endpoints space spaces resource_group resourcegroup resourcegroups host hosts \
         hostedzone registry registries certificate certificates history",
    ),
    (
        &[Object::Small],
        "label labels reaction reactions star comment comments draft drafts cache tag tags assignee assignees pin \
         bookmark favorite favourite emoji view filter notification notifications invitation milestone field \
         option item card column rule rules alert alerts log logs session subscription_item reviewer upvote",
    ),
    (
        &[Object::Access],
        "dns nameserver nameservers door doors garage alarm gate member members collaborator collaborators role roles permission permissions policy policies admin admins owner \
         owners access grant grants acl acls invitation invitations invite invites membership memberships \
         principal principals iam firewall ingress whitelist allowlist sudo impersonation enterprise shared sharing rolebinding \
         clusterrolebinding binding bindings trust sso saml webhook webhooks visibility authorization downtime downtimes silence silences flag flags protection protections ruleset rulesets",
    ),
    (
        &[Object::Access, Object::Secret],
        "credential credentials password passwords token tokens secret secrets apikey apikeys accesskey sshkey passkey \
         keypair privatekey serviceaccount",
    ),
    (
        &[Object::Money],
        "payment payments refund refunds payout payouts charge charges transfer transfers purchase order orders \
         checkout invoice invoices billing topup withdrawal trade trades paymentintent wallet donation credits settlement settlements remittance disbursement escrow giftcard loan dividend",
    ),
    (
        &[Object::Sent],
        "message messages email emails mail sms post posts tweet tweets release releases announcement submission submissions campaign \
         campaigns newsletter notification_send call calls reply dm deployment deployments broadcast",
    ),
    (&[Object::All], "all everything bulk entire permanently permanent force forever batch"),
];

/// What a word does as a verb, and whether it is surely one.
pub(super) fn class(word: &str) -> Option<(Act, bool)> {
    WORDS.get(word).and_then(|known| known.0)
}

/// What a word says as a thing.
pub(super) fn object(word: &str) -> &'static [Object] {
    WORDS.get(word).map_or(&[], |known| known.1)
}

type Known = (Option<(Act, bool)>, &'static [Object]);

static WORDS: std::sync::LazyLock<std::collections::HashMap<&'static str, Known>> =
    std::sync::LazyLock::new(|| {
        let mut words: std::collections::HashMap<&'static str, Known> = std::collections::HashMap::new();
        let verbs = UNSURE.iter().map(|row| (row, false)).chain(SURE.iter().map(|row| (row, true)));
        for ((act, list), sure) in verbs {
            for word in list.split_ascii_whitespace() {
                words.entry(word).or_default().0 = Some((*act, sure));
            }
        }
        for (objects, list) in OBJECTS {
            for word in list.split_ascii_whitespace() {
                words.entry(word).or_default().1 = objects;
            }
        }
        words
    });
