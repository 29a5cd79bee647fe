use proptest::prelude::*;
use sayso_core::action::Custom;
use sayso_core::reading::{Effect, Target, TargetKind, Unread, Verb};

use super::*;

fn action() -> Action {
    Action::Custom(Custom { title: "t".to_owned(), payload: serde_json::Value::Null })
}

fn reading(severity: Severity) -> Reading {
    Reading {
        severity,
        sentence: String::new(),
        effects: Vec::new(),
        reasons: Vec::new(),
        unread: Vec::new(),
        files: Vec::new(),
        reaches: Vec::new(),
        rows: Vec::new(),
    }
}

fn judge(policy: &Policy, severity: Severity, environment: Option<&str>, wait: Option<u64>) -> Verdict {
    policy.judge(&action(), &reading(severity), environment, wait, false)
}

fn demand(policy: &Policy, severity: Severity, environment: Option<&str>, wait: Option<u64>) -> Demand {
    match judge(policy, severity, environment, wait) {
        Verdict::Ask(demand) => demand,
        other => panic!("{other:?}"),
    }
}

fn user(text: &str) -> Policy {
    Policy::from_toml(None, Some(text)).unwrap()
}

const MINUTE: u64 = 60_000;

#[test]
fn what_can_be_had_back_passes_under_guard_and_plain_reads_alone_under_strict() {
    let (guard, strict) = (Policy::default(), user("[rules]\nprofile = \"strict\""));
    let mut unread = reading(Severity::None);
    unread.unread.push(Unread { what: "x".to_owned(), why: "y".to_owned(), span: None });
    for policy in [&guard, &strict] {
        assert!(matches!(judge(policy, Severity::None, None, None), Verdict::Allow { .. }));
        assert!(matches!(policy.judge(&action(), &unread, None, None, false), Verdict::Ask(_)));
        for severity in [Severity::High, Severity::Critical] {
            assert!(matches!(judge(policy, severity, None, None), Verdict::Ask(_)));
        }
    }
    assert!(matches!(judge(&guard, Severity::Low, None, None), Verdict::Allow { .. }));
    assert!(matches!(judge(&strict, Severity::Low, None, None), Verdict::Ask(_)));
}

#[test]
fn a_users_file_makes_the_profile_stricter_and_never_looser() {
    let (strict, guard) = ("[rules]\nprofile = \"strict\"", "[rules]\nprofile = \"guard\"");
    assert_eq!(Policy::from_toml(Some(guard), Some(strict)).unwrap().profile(), Profile::Strict);
    assert_eq!(Policy::from_toml(Some(strict), Some("")).unwrap().profile(), Profile::Strict);
    let refused = Policy::from_toml(Some(strict), Some(guard)).unwrap_err();
    assert_eq!((refused.field.as_str(), refused.mistake), ("rules.profile", Mistake::Loosens));
}

#[test]
fn without_files_five_minutes_a_click_and_for_what_is_critical_the_typed_name() {
    let policy = Policy::from_toml(None, None).unwrap();
    assert_eq!(policy, Policy::default());
    let high = Demand { presence: Presence::Click, wait_ms: 5 * MINUTE, receipt_ms: 5 * MINUTE };
    assert_eq!(demand(&policy, Severity::High, None, None), high);
    assert_eq!(demand(&policy, Severity::Critical, None, None).presence, Presence::Typed);
}

#[test]
fn a_set_passphrase_is_what_every_critical_approval_takes() {
    let verdict = Policy::default().judge(&action(), &reading(Severity::Critical), None, None, true);
    assert!(matches!(verdict, Verdict::Ask(Demand { presence: Presence::Passphrase, .. })));
    let verdict = Policy::default().judge(&action(), &reading(Severity::High), None, None, true);
    assert!(matches!(verdict, Verdict::Ask(Demand { presence: Presence::Click, .. })));
}

#[test]
fn in_production_what_cannot_be_had_back_takes_what_critical_takes() {
    let mut grave = reading(Severity::High);
    let target = Target { kind: TargetKind::Path, name: "/x".to_owned() };
    grave.effects.push(Effect { verb: Verb::Delete, target, reversible: Reversible::No });
    let presence = |reading: &Reading, environment, enrolled| match Policy::default().judge(
        &action(),
        reading,
        environment,
        None,
        enrolled,
    ) {
        Verdict::Ask(demand) => demand.presence,
        other => panic!("{other:?}"),
    };
    assert_eq!(presence(&grave, Some("production"), false), Presence::Typed);
    assert_eq!(presence(&grave, Some("production"), true), Presence::Passphrase);
    assert_eq!(presence(&grave, Some("staging"), true), Presence::Click);
    assert_eq!(presence(&reading(Severity::High), Some("production"), false), Presence::Click);
}

#[test]
fn a_demanded_passphrase_that_is_not_set_is_a_denial_that_says_what_to_do() {
    let policy = user("[rules]\nprofile = \"strict\"\n[approve]\nhigh = \"passphrase\"");
    for severity in [Severity::High, Severity::Critical] {
        let Verdict::Deny { why } = judge(&policy, severity, None, None) else { panic!("{severity:?}") };
        assert!(why.contains("set a passphrase"), "{why}");
    }
    assert_eq!(demand(&policy, Severity::Low, None, None).presence, Presence::Click);
}

#[test]
fn a_timeout_moves_the_wait_and_cannot_pass_the_most() {
    let policy = user("[limits]\nwait = \"2m\"\nmost = \"10m\"\nreceipt = \"1m\"");
    assert_eq!(demand(&policy, Severity::High, None, None).wait_ms, 2 * MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, Some(7 * MINUTE)).wait_ms, 7 * MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, Some(MINUTE)).wait_ms, MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, Some(u64::MAX)).wait_ms, 10 * MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, None).receipt_ms, MINUTE);
    assert_eq!(demand(&user("[limits]\nmost = \"1m\""), Severity::High, None, None).wait_ms, MINUTE);
}

#[test]
fn waits_differ_by_environment_and_severity_and_the_first_match_wins() {
    let policy = user(
        r#"
        [rules]
        profile = "strict"
        [[limits.when]]
        environment = "production"
        severity = "critical"
        wait = "15m"
        [[limits.when]]
        environment = "production"
        wait = "10m"
        most = "20m"
        [[limits.when]]
        severity = "low"
        wait = "1m"
        "#,
    );
    let wait = |severity, environment| demand(&policy, severity, environment, None).wait_ms / MINUTE;
    assert_eq!(wait(Severity::Critical, Some("production")), 15);
    assert_eq!(wait(Severity::Low, Some("production")), 10);
    assert_eq!(wait(Severity::Low, Some("staging")), 1);
    assert_eq!(wait(Severity::Low, None), 1);
    assert_eq!(wait(Severity::High, None), 5);
    assert_eq!(demand(&policy, Severity::High, Some("production"), Some(u64::MAX)).wait_ms, 20 * MINUTE);
}

#[test]
fn environments_keep_the_order_they_are_written_in_and_the_systems_come_first() {
    let system = "[environments.zone]\nfolders = [\"/z\"]\n[environments.alpha]\nhosts = [\"a\"]";
    let own =
        "[environments.mine]\nremotes = [\"github.com/me/*\"]\n[environments.alpha]\nfolders = [\"~/a\"]";
    let policy = Policy::from_toml(Some(system), Some(own)).unwrap();
    let names: Vec<_> = policy.environments().rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["zone", "alpha", "mine", "alpha"]);
    assert_eq!(policy.environments().rows[3].folders, ["~/a"]);
}

#[test]
fn a_mistake_is_named_by_file_and_field_with_what_it_takes() {
    for (text, says) in [
        ("wat", "your sayso.toml: this is not TOML"),
        (
            "wat = 1",
            "`wat` is not a field that Sayso knows; here it takes limits, approve, environments, socket",
        ),
        (
            "[limits]\nwiat = \"5m\"",
            "`limits.wiat` is not a field that Sayso knows; here it takes wait, most, receipt",
        ),
        ("[limits]\nwait = 5", "`limits.wait` takes a duration such as \"90s\", \"5m\" or \"1h\", not 5"),
        ("[limits]\nwait = \"soon\"", "`limits.wait` takes a duration"),
        ("[limits]\nwait = \"0s\"", "`limits.wait` takes 1s to 7days"),
        ("[limits]\nreceipt = \"2h\"", "`limits.receipt` takes 1s to 1h"),
        ("[limits]\nwait = \"2h\"", "`limits.wait` is longer than `most`, which is 1h here"),
        ("[[limits.when]]\nseverity = \"none\"\nwait = \"5m\"", "`limits.when[0].severity` takes \"low\""),
        ("[[limits.when]]\nwait = \"5m\"", "`limits.when[0].environment` or `severity` must say when"),
        ("[[limits.when]]\nseverity = \"low\"", "`limits.when[0].wait` or `most` must say what"),
        ("[limits]\nwhen = 3", "`limits.when` takes tables, each written [[limits.when]], not 3"),
        ("limits = 3", "`limits` takes a table, written [limits], not 3"),
        (
            "[approve]\nhigh = \"none\"",
            "`approve.high` takes \"click\", \"typed\" or \"passphrase\", not \"none\"",
        ),
        ("[approve]\nnone = \"click\"", "`approve.none` is not a field"),
        (
            "[approve]\nhigh = \"typed\"\ncritical = \"click\"",
            "`approve.critical` is less than `approve.high`",
        ),
        ("[environments]\np = 1", "`environments.p` takes a table"),
        ("[environments.p]\nfolders = [\"x\"]", "`environments.p.folders` takes absolute folders"),
        ("[environments.p]\nhosts = \"x\"", "`environments.p.hosts` takes a list of texts"),
        ("[environments.p]\nname = \"x\"", "`environments.p.name` is not a field"),
        ("[socket]\nusers = [\"a b\"]", "`socket.users` takes names"),
        ("[socket]\nfolder = \"run\"", "`socket.folder` takes an absolute folder"),
    ] {
        let error = Policy::from_toml(None, Some(text)).unwrap_err().to_string();
        assert!(error.contains(says), "{text}\n{error}");
        assert!(Policy::from_toml(Some(text), None).unwrap_err().to_string().starts_with("the system's"));
    }
}

#[test]
fn a_users_file_that_loosens_the_systems_is_refused_by_the_fields_name() {
    let system = r#"
        [limits]
        wait = "4m"
        [[limits.when]]
        environment = "production"
        wait = "2m"
        [approve]
        high = "typed"
        [socket]
        users = ["agent"]
        folder = "/run/sayso"
    "#;
    for (own, field) in [
        ("[limits]\nwait = \"5m\"", "limits.wait"),
        ("[limits]\nmost = \"2h\"", "limits.most"),
        ("[limits]\nreceipt = \"6m\"", "limits.receipt"),
        ("[[limits.when]]\nenvironment = \"production\"\nwait = \"3m\"", "limits.when[0].wait"),
        ("[[limits.when]]\nseverity = \"low\"\nwait = \"3m\"", "limits.when[0].wait"),
        ("[approve]\nhigh = \"click\"", "approve.high"),
        ("[approve]\ncritical = \"click\"", "approve.critical"),
        ("[socket]\nusers = [\"other\"]", "socket.users"),
        ("[socket]\nfolder = \"/tmp\"", "socket.folder"),
    ] {
        let error = Policy::from_toml(Some(system), Some(own)).unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.code(), error.file),
            (field, "policy.loosens", File::User),
            "{own}"
        );
        let (policy, told) = Policy::from_toml_or_system(Some(system), Some(own));
        assert_eq!(policy, Policy::from_toml(Some(system), None).unwrap());
        assert_eq!(told, Some(error));
    }
}

#[test]
fn a_users_file_that_tightens_the_systems_counts() {
    let system = "[limits]\nwait = \"4m\"\n[approve]\nhigh = \"click\"\n[socket]\nusers = [\"a\", \"b\"]";
    let own = "[limits]\nwait = \"2m\"\nmost = \"3m\"\n[approve]\nlow = \"typed\"\n[socket]\nusers = [\"b\"]";
    let policy = Policy::from_toml(Some(system), Some(own)).unwrap();
    assert_eq!(demand(&policy, Severity::High, None, None).wait_ms, 2 * MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, Some(9 * MINUTE)).wait_ms, 3 * MINUTE);
    assert_eq!(demand(&policy, Severity::High, None, None).presence, Presence::Typed);
    assert_eq!(policy.socket().users, ["b"]);
}

#[test]
fn a_section_that_the_systems_file_does_not_have_is_the_users_own() {
    let policy =
        Policy::from_toml(Some("[approve]\nhigh = \"typed\""), Some("[limits]\nwait = \"30m\"")).unwrap();
    assert_eq!(demand(&policy, Severity::High, None, None).wait_ms, 30 * MINUTE);
}

#[test]
fn a_place_of_backups_says_of_what_and_where() {
    let policy = user("[backups.shop]\nof = [\"db/shop\"]\ndumps = \"/mnt/dumps\"");
    assert_eq!(policy.backup_places().rows[0].dumps.as_deref(), Some("/mnt/dumps"));
    for (text, field) in [
        ("[backups.a]\ndumps = \"/x\"", "backups.a.of"),
        ("[backups.a]\nof = [\"x\"]", "backups.a.dumps"),
        ("[backups.a]\nof = [\"x\"]\nrestic = \"/x\"\nrestik = 1", "backups.a.restik"),
    ] {
        assert_eq!(Policy::from_toml(None, Some(text)).unwrap_err().field, field);
    }
}

#[test]
fn a_systems_file_that_cannot_be_read_lets_only_plain_reads_pass_and_says_why() {
    let (policy, error) =
        Policy::from_toml_or_system(Some("[limits]\nwait = 5"), Some("[socket]\nusers = [\"x\"]"));
    assert_eq!(error.unwrap().file, File::System);
    assert!(policy.socket().users.is_empty());
    assert!(matches!(judge(&policy, Severity::None, None, None), Verdict::Allow { .. }));
    let Verdict::Deny { why } = judge(&policy, Severity::Low, None, None) else { panic!() };
    assert!(why.contains("`limits.wait`"), "{why}");
}

fn duration() -> impl Strategy<Value = String> {
    (1_u64..4000).prop_map(|s| format!("\"{s}s\""))
}

fn line(key: &'static str, value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::option::of(value).prop_map(move |v| v.map_or_else(String::new, |v| format!("{key} = {v}\n")))
}

fn row() -> impl Strategy<Value = String> {
    let environment = prop_oneof![Just("\"production\"".to_owned()), Just("\"staging\"".to_owned())];
    let severity =
        prop_oneof![Just("\"low\""), Just("\"high\""), Just("\"critical\"")].prop_map(str::to_owned);
    (
        line("environment", environment),
        line("severity", severity),
        line("wait", duration()),
        line("most", duration()),
    )
        .prop_map(|(e, s, w, m)| format!("[[limits.when]]\n{e}{s}{w}{m}"))
}

fn file() -> impl Strategy<Value = String> {
    let presence =
        || prop_oneof![Just("\"click\""), Just("\"typed\""), Just("\"passphrase\"")].prop_map(str::to_owned);
    let limits = (
        line("wait", duration()),
        line("most", duration()),
        line("receipt", duration()),
        proptest::collection::vec(row(), 0..3),
    );
    let approve = (line("low", presence()), line("high", presence()), line("critical", presence()));
    let profile = line("profile", prop_oneof![Just("\"guard\""), Just("\"strict\"")].prop_map(str::to_owned));
    (limits, approve, profile).prop_map(|((w, m, r, rows), (l, h, c), profile)| {
        format!("[rules]\n{profile}[approve]\n{l}{h}{c}[limits]\n{w}{m}{r}{}", rows.concat())
    })
}

fn no_looser(than: &Verdict, verdict: &Verdict) -> bool {
    match (than, verdict) {
        (_, Verdict::Deny { .. }) | (Verdict::Allow { .. }, _) => true,
        (Verdict::Ask(than), Verdict::Ask(demand)) => {
            demand.presence >= than.presence
                && demand.wait_ms <= than.wait_ms
                && demand.receipt_ms <= than.receipt_ms
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_users_file_makes_any_verdict_looser_than_the_systems_alone(
        system in file(),
        own in file(),
        asked in proptest::option::of(1_u64..10_000_000),
        enrolled: bool,
    ) {
        let Ok(alone) = Policy::from_toml(Some(&system), None) else { return Ok(()) };
        let (both, _) = Policy::from_toml_or_system(Some(&system), Some(&own));
        for severity in [Severity::None, Severity::Low, Severity::High, Severity::Critical] {
            for environment in [None, Some("production"), Some("staging"), Some("other")] {
                let than = alone.judge(&action(), &reading(severity), environment, asked, enrolled);
                let verdict = both.judge(&action(), &reading(severity), environment, asked, enrolled);
                prop_assert!(no_looser(&than, &verdict), "{system}\n{own}\n{than:?} {verdict:?}");
            }
        }
    }

    #[test]
    fn any_text_is_a_policy_or_an_error(system in ".{0,80}", own in ".{0,80}") {
        let _ = Policy::from_toml_or_system(Some(&system), Some(&own));
    }
}
