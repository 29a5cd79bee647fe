//! What holds for any bytes: the properties that the fuzz targets check. Plain code without a fuzzer in it, so that
//! the tests of `sayso-wire` run the same over mutated words, with a stable compiler.

use sayso_core::canonical::canonical_bytes;
use sayso_core::{Digest, strict};
use sayso_wire::rpc;

/// Words to start from.
pub const SEEDS: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#,
    r#"{"jsonrpc":"2.0","id":"a","method":"approval.wait","params":{"nonce":"0123456789abcdef0123456789abcdef"}}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"log.page","params":{"search":"x","before":7}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"receipt.use","params":{"receipt":"a.b.c"}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"approval.request","params":{"nonce":"0123456789abcdef0123456789abcdef","agent":"a","action":{"kind":"custom","title":"t","payload":{"x":[0.1,1e21,-0.0,5e-324,"\u20ac",null]}},"claims":{"why":"b"},"reason":"r","wait_ms":5}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"approval.request","params":{"nonce":"0123456789abcdef0123456789abcdef","agent":"a","action":{"kind":"shell","script":"rm -rf build","cwd":"/p","env":["A"]}}}"#,
    r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"m","data":{"code":"c"}}}"#,
    r#"{"jsonrpc":"2.0","method":"approval.progress","params":{"id":"req_00000000000000000000000000000007","stage":"waiting","remaining_ms":1}}"#,
    r#"{"b":1.5,"a":[1,2,{"c":"\u0061\n"}],"\u20ac":true,"n":333333333.33333329,"e":1E30,"f":4.50,"g":2e-3,"h":0.000000000000000000000000001}"#,
];

/// A line is read as a call, which reads back the same when it is written; or it is refused in one line that a
/// client can read.
///
/// # Panics
/// Where that does not hold.
pub fn wire_line(line: &[u8]) {
    let mut written = Vec::new();
    match rpc::read_call(line) {
        Ok(incoming) => {
            rpc::write_call(&mut written, 1, &incoming.call);
            let again = rpc::read_call(one_line(&written)).expect("our own words are read");
            assert_eq!(again.call, incoming.call, "a call changed on its way");
        }
        Err(rejected) => {
            rpc::write_fault(&mut written, rejected.id.as_ref(), &rejected.fault);
            let rpc::Heard::Answer(id, Err(fault)) =
                rpc::read_answer(one_line(&written)).expect("our own words are read")
            else {
                panic!("a refusal was read as something else");
            };
            assert_eq!((id, fault), (rejected.id, rejected.fault));
        }
    }
    let _ = rpc::read_answer(line);
}

fn one_line(written: &[u8]) -> &[u8] {
    let line = written.strip_suffix(b"\n").expect("a line ends");
    assert!(!line.contains(&b'\n'), "one message became two lines");
    line
}

/// What is read strictly has a canonical form, and that form is its own canonical form: whoever checks a digest
/// from what was sent gets the one that we signed.
///
/// # Panics
/// Where that does not hold.
pub fn canonical_form(text: &[u8]) {
    let Ok(value) = strict::parse::<serde_json::Value>(text) else { return };
    let canonical = canonical_bytes(&value).expect("what was read strictly has a canonical form");
    let again: serde_json::Value = serde_json::from_slice(&canonical).expect("a canonical form is JSON");
    let twice = canonical_bytes(&again).expect("it has a canonical form");
    assert_eq!(
        String::from_utf8_lossy(&canonical),
        String::from_utf8_lossy(&twice),
        "the canonical form of {} is not its own",
        String::from_utf8_lossy(text)
    );
    assert_eq!(Digest::of_bytes(&canonical), Digest::of_bytes(&twice));
}
