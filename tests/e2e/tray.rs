//! The tray, the notifications, and *Stop all agents*.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use sayso_tests::{App, Asking, Desktop, sayso, shop, status, wait_for};

/// The menu's entries: number and label.
fn menu(desktop: &Desktop) -> Vec<(String, String)> {
    let Some((name, path)) = desktop.tray_items().pop() else { return Vec::new() };
    let menu = format!("{path}/Menu");
    let layout = desktop.try_output(
        "gdbus",
        &[
            "call",
            "--session",
            "--dest",
            &name,
            "--object-path",
            &menu,
            "--method",
            "com.canonical.dbusmenu.GetLayout",
            "0",
            "--",
            "-1",
            "[]",
        ],
    );
    let layout = layout.unwrap_or_default();
    // (12, {'label': <'Open'>, …})
    let entries = layout.split("<(").filter_map(|entry| {
        let number = entry.split(',').next()?.trim().to_owned();
        let label = entry.split("'label': <'").nth(1)?.split('\'').next()?.replace('_', "");
        Some((number, label))
    });
    entries.collect()
}

fn press(desktop: &Desktop, label: &str) {
    let number = wait_for(&format!("{label} in the menu"), || {
        menu(desktop).into_iter().find(|(_, text)| text == label).map(|(number, _)| number)
    });
    let (name, path) = desktop.tray_items().pop().unwrap();
    let menu = format!("{path}/Menu");
    desktop.output(
        "gdbus",
        &[
            "call",
            "--session",
            "--dest",
            &name,
            "--object-path",
            &menu,
            "--method",
            "com.canonical.dbusmenu.Event",
            &number,
            "clicked",
            "<''>",
            "0",
        ],
    );
}

#[test]
fn the_tray_counts_what_waits_and_a_click_on_the_notification_opens_the_window() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let _app = App::hidden(&desktop);
    wait_for("the tray item", || desktop.tray_items().pop());
    assert!(desktop.windows().is_empty(), "--hidden starts to the tray alone");
    let _asking = Asking::start(&desktop, &shop, &["ask", "--", "rm", "-rf", "uploads"]);
    wait_for("a notification", || desktop.notifications().pop());
    wait_for("the count", || menu(&desktop).into_iter().find(|(_, label)| label.contains("1 waiting")));
    fs::write(desktop.rig_folder().join("choice"), "open").unwrap();
    desktop.output("dunstctl", &["action", "0"]);
    desktop.wait_for_window();
}

#[test]
fn open_in_the_menu_opens_the_window_and_a_second_start_does_too() {
    let desktop = Desktop::start();
    let _app = App::hidden(&desktop);
    press(&desktop, "Open");
    let window = desktop.wait_for_window();
    desktop.output("xdotool", &["windowclose", &window]);
    wait_for("the window to close", || desktop.windows().is_empty().then_some(()));
    let second = desktop.command(sayso_tests::programs().join("sayso-desktop")).output().unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    desktop.wait_for_window();
}

#[test]
fn without_a_notification_daemon_the_window_opens_by_itself_and_takes_no_focus() {
    let desktop = Desktop::without("notifications");
    let shop = shop(&desktop);
    let _app = App::hidden(&desktop);
    let before = desktop.try_output("xdotool", &["getwindowfocus"]);
    let _asking = Asking::start(&desktop, &shop, &["ask", "--", "rm", "-rf", "uploads"]);
    let window = desktop.wait_for_window();
    let after = desktop.try_output("xdotool", &["getwindowfocus"]);
    assert_ne!(after.as_deref().map(str::trim), Some(window.as_str()));
    assert_eq!(before, after);
}

#[test]
fn stop_all_agents_denies_what_waits_and_what_comes_survives_a_restart_and_ends_with_resume() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let app = App::hidden(&desktop);
    let waiting = Asking::start(&desktop, &shop, &["ask", "--json", "--", "rm", "-rf", "uploads"]);
    wait_for("the request", || (status(&desktop)?["waiting"] == 1).then_some(()));
    press(&desktop, "Stop all agents");
    let (code, answer) = waiting.end_json();
    assert_eq!((code, answer["by"].as_str()), (1, Some("rule")), "{answer}");
    app.kill();
    let _app = App::hidden(&desktop);
    let new = sayso(&desktop).args(["ask", "--json", "--", "ls"]).output().unwrap();
    assert_eq!(new.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&new.stdout).contains("stopped"));
    press(&desktop, "Resume");
    wait_for("the agents to go on", || (status(&desktop)?["stopped"] == false).then_some(()));
    assert_eq!(sayso(&desktop).args(["ask", "--", "ls"]).output().unwrap().status.code(), Some(0));
}

#[test]
fn start_with_the_session_is_an_entry_that_comes_and_goes_and_a_copy_of_its_own_never_touches_it() {
    let desktop = Desktop::start();
    let entry = desktop.rig_folder().join("home/.config/autostart/Sayso.desktop");
    let app = App::of_the_session(&desktop);
    assert!(!entry.exists(), "nobody asked for it yet");
    press(&desktop, "Start with the session");
    let written =
        wait_for("the entry", || fs::read_to_string(&entry).ok().filter(|text| text.contains("Exec")));
    let program = sayso_tests::programs().join("sayso-desktop");
    let starts = written.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    assert_eq!(starts.replace('"', ""), format!("{} --hidden", program.display()), "{written}");
    press(&desktop, "Start with the session");
    wait_for("the entry's end", || (!entry.exists()).then_some(()));
    app.kill();
    wait_for("the icon's end", || desktop.tray_items().is_empty().then_some(()));

    let _copy = App::hidden(&desktop);
    press(&desktop, "Start with the session");
    press(&desktop, "Stop all agents");
    wait_for("the press after it", || (status(&desktop)?["stopped"] == true).then_some(()));
    assert!(!entry.exists());
}

#[test]
fn an_ask_starts_the_application_where_it_does_not_run() {
    let desktop = Desktop::start();
    let asked = sayso(&desktop).args(["ask", "--json", "--", "ls"]).output().unwrap();
    assert_eq!(asked.status.code(), Some(0), "{}", String::from_utf8_lossy(&asked.stderr));
    press(&desktop, "Quit");
    wait_for("the application's end", || status(&desktop).is_none().then_some(()));
    // A record that was closed leaves nothing beside it.
    let record = desktop.home().join("data/ledger.db");
    wait_for("the record to be closed", || (!record.with_extension("db-wal").exists()).then_some(()));
    assert!(record.exists());
}

#[test]
fn where_it_cannot_start_the_asker_is_denied_with_a_sentence_that_says_how() {
    let desktop = Desktop::start();
    let mut asking = sayso(&desktop);
    asking.env_remove("DISPLAY").args(["ask", "--", "rm", "-rf", "uploads"]);
    let asked = asking.output().unwrap();
    assert_eq!(asked.status.code(), Some(69));
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(said.contains("sayso-desktop"), "{said}");
}
