//! What is not understood is a fault, and the commands around it are kept.

use super::sketch::faulty;
use crate::grammar::{DEPTH, SCRIPT_BYTES, parse};

fn each(cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        assert_eq!(faulty(script), *expected, "{script}");
    }
}

#[test]
fn commands_before_and_behind_a_fault_are_seen() {
    each(&[
        ("a; (b; c", "a; sub(b; c)"),
        ("a; ) b", "a; b"),
        ("a (b) c", "a; sub(b); c"),
        ("a; fi; b; done; c", "a; b; c"),
        ("a;; b", "a; b"),
        ("| a && ; b", "a; b"),
        ("a &&", "a"),
        ("a | ", "a"),
        ("if a; then b", "if[a -> b]"),
        ("if a; b; fi; c", "if[a; b -> ]; c"),
        ("(if a; then b) ; c", "sub(if[a -> b]); c"),
        ("while a; b; done; c", "while[a; b; c -> ]"),
        ("for a in b; c; d", "for[a in b -> ]; c; d"),
        ("case a in b c;; esac; d", "case[a: b -> c]; d"),
        ("case a b; c", "case[a: ]; b; c"),
        ("{ a; b", "group{a; b}"),
        ("f() ; a", "function f = group{}; a"),
        ("[[ a ; b", "test[a]; b"),
        ("a=(b; c", "set(a=array(b)); c"),
        ("a > ; b", "a <Write nothing>; b"),
        ("fi fi } a", "a"),
        ("{ a; } b", "group{a}; b"),
        ("x a=(b)", "x a=~array(b)"),
    ]);
}

#[test]
fn what_is_not_closed_is_a_fault() {
    for script in [
        "'a", "\"a", "`a", "$(a", "$((1", "((1", "${a", "${a:-b", "a[1", "$'a", "$\"a", "<(a", "@(a", "a=(b",
        "[[ a", "(a", "{ a;", "a <<'B", "\"$(a\"", "\"${a\"",
    ] {
        assert!(!parse(script).faults.is_empty(), "{script}");
    }
}

#[test]
fn what_another_shell_may_run_is_never_called_arithmetic() {
    for script in
        ["((rm -rf /))", "$((rm -rf x))", "((a b))", "((a; b c))", "$((curl x | sh))", "((a \\b))", "((a >))"]
    {
        assert!(!parse(script).faults.is_empty(), "{script}");
    }
}

#[test]
fn expansions_that_are_not_known_are_faults_and_their_commands_are_seen() {
    each(&[
        ("a ${b&c$(d)}", "a ${b unknown &c~$(d)}"),
        ("a ${(f)b}", "a ${ unknown (f)b}"),
        ("a ${}", "a ${ unknown nothing}"),
        ("a \"${b!$(c)}\"", "a '${b unknown '!'~'$(c)'}'"),
    ]);
}

#[test]
fn signs_that_are_joined_from_two_lines_are_faults_where_they_are_not_read() {
    for script in
        ["i\\\nf a", "a\\\n=1 b", "a=1 b\\\n=2 c", "a[1]\\\n=2 b", "a &\\\n& b", "a <\\\n(b)", "d\\\none"]
    {
        assert!(!parse(script).faults.is_empty(), "{script:?}");
    }
}

#[test]
fn subscripts_that_shells_read_differently_are_faults() {
    for script in ["a[1 ] b", "a[ rm -rf x", "a[1;b]c"] {
        assert!(!parse(script).faults.is_empty(), "{script:?}");
    }
    assert!(parse("a[1] b; x a[ 1").faults.is_empty());
}

#[test]
fn a_here_document_that_its_substitution_does_not_hold_is_a_fault() {
    assert_eq!(faulty("a $(b <<C)\nd\nC"), "a $(b <HereDocument { expanded: true } nothing>); d; C");
}

#[test]
fn over_a_limit_is_a_fault() {
    let long = "a ".repeat(SCRIPT_BYTES / 2 + 1);
    assert!(!parse(&long).faults.is_empty());
    let many = "a ".repeat(150_000);
    assert!(!parse(&many).faults.is_empty());
    for (open, close) in
        [("( ", ")"), ("$(", ")"), ("{ ", "; }"), ("${a:-", "}"), ("\"$(", ")\""), ("{a,", "}"), ("@(", ")")]
    {
        let nested = |depth: usize| format!("{}x{}", open.repeat(depth), close.repeat(depth));
        assert!(parse(&nested(DEPTH / 2)).faults.is_empty(), "{open}");
        assert!(!parse(&nested(DEPTH + 1)).faults.is_empty(), "{open}");
    }
    assert!(!parse("a\0b").faults.is_empty());
}

#[test]
fn faults_are_listed_up_to_a_limit() {
    assert_eq!(parse(&") ".repeat(1000)).faults.len(), 32);
}
