use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::PublicKey;
use crate::key::{Enrolled, Role};

/// The keys of these tests: seeds chosen by hand.
const MACHINE: u8 = 1;
const APPROVER: u8 = 2;
const PASSPHRASE: u8 = 3;
const STRANGER: u8 = 4;

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_raw(signer(seed).verifying_key().as_bytes()).unwrap()
}

fn trusted() -> TrustedKeys {
    let enrolled = |seed, role, holder: &str| Enrolled { key: public(seed), role, holder: holder.to_owned() };
    TrustedKeys {
        keys: vec![
            enrolled(MACHINE, Role::Machine, "machine:hera"),
            enrolled(APPROVER, Role::Approver, "person:anna"),
            enrolled(PASSPHRASE, Role::Passphrase, "person:anna"),
        ],
    }
}

fn nonce() -> Nonce {
    Nonce::try_from("abcdefghijklmnopqrstuv".to_owned()).unwrap()
}

fn approved(by: By, presence: Presence) -> ReceiptClaims {
    ReceiptClaims {
        iss: if by == By::Person { "person:anna" } else { "machine:hera" }.to_owned(),
        aud: "claude-code".to_owned(),
        sub: RequestId::from_random([7; 16]),
        jti: nonce(),
        iat: 1000,
        nbf: 1000,
        exp: 1300,
        decision: Decision::Approved,
        by,
        presence,
        action: Digest::of_bytes(b"action"),
        shown: Some(Digest::of_bytes(b"card")),
        reason: None,
    }
}

fn by_click() -> ReceiptClaims {
    approved(By::Person, Presence::Click)
}

/// Any header and any claims, signed as they are.
fn signed_json(seed: u8, header: &str, claims: &str) -> Receipt {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = signer(seed).sign(input.as_bytes()).to_bytes();
    Receipt::assemble(&input, &signature)
}

fn signed(seed: u8, claims: &ReceiptClaims) -> Receipt {
    let input = claims.signing_input(public(seed).id()).unwrap();
    let signature = signer(seed).sign(input.as_bytes()).to_bytes();
    Receipt::assemble(&input, &signature)
}

fn header(seed: u8) -> Value {
    json!({"alg": "EdDSA", "typ": TYP, "kid": public(seed).id()})
}

fn refusal(receipt: Receipt) -> &'static str {
    receipt.verify(&trusted()).unwrap_err().code()
}

fn with_header(change: impl Fn(&mut Value)) -> &'static str {
    let mut header = header(APPROVER);
    change(&mut header);
    refusal(signed_json(APPROVER, &header.to_string(), &serde_json::to_string(&by_click()).unwrap()))
}

fn with_claims(change: impl Fn(&mut Value)) -> &'static str {
    let mut claims = serde_json::to_value(by_click()).unwrap();
    change(&mut claims);
    refusal(signed_json(APPROVER, &header(APPROVER).to_string(), &claims.to_string()))
}

fn expected(nonce: &Nonce) -> Expected<'_> {
    Expected {
        request: Some(RequestId::from_random([7; 16])),
        action: Digest::of_bytes(b"action"),
        nonce,
        agent: "claude-code",
    }
}

#[test]
fn a_good_receipt_verifies_says_what_was_signed_and_is_an_approval_in_its_time() {
    for (seed, claims) in [
        (MACHINE, approved(By::Rule, Presence::None)),
        (APPROVER, by_click()),
        (APPROVER, approved(By::Person, Presence::Typed)),
        (PASSPHRASE, approved(By::Person, Presence::Passphrase)),
    ] {
        let receipt = signed(seed, &claims);
        let verified = receipt.clone().verify(&trusted()).unwrap();
        assert_eq!(verified.claims(), &claims);
        assert_eq!(verified.kid(), public(seed).id());
        assert_eq!(verified.receipt(), &receipt);
        let approval = verified.into_approval(&expected(&nonce()), UnixMs(1_000_000)).unwrap();
        assert_eq!(approval.claims(), &claims);
    }
}

#[test]
fn every_other_algorithm_is_refused() {
    for alg in ["none", "None", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA "] {
        assert_eq!(with_header(|h| h["alg"] = json!(alg)), "receipt_form", "{alg}");
    }
    assert_eq!(with_header(|h| h["alg"] = json!(["EdDSA"])), "receipt_form");
    // Nor is an empty signature ever one.
    let bare = signed(APPROVER, &by_click()).as_str().rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_eq!(refusal(Receipt::from_text(bare)), "receipt_form");
}

#[test]
fn every_other_type_is_refused() {
    for typ in ["JWT", "", "sayso-receipt", "application/sayso-receipt+jwt", "SAYSO-RECEIPT+JWT"] {
        assert_eq!(with_header(|h| h["typ"] = json!(typ)), "receipt_form", "{typ}");
    }
}

#[test]
fn a_header_holds_three_members_and_no_other() {
    for member in ["jwk", "jku", "x5u", "x5c", "crit", "b64", "cty", "zip", "nonce"] {
        assert_eq!(with_header(|h| h[member] = json!({})), "receipt_form", "{member}");
    }
    for member in ["alg", "typ", "kid"] {
        let without = |h: &mut Value| drop(h.as_object_mut().unwrap().remove(member));
        assert_eq!(with_header(without), "receipt_form", "{member}");
    }
    let claims = serde_json::to_string(&by_click()).unwrap();
    let twice = header(APPROVER).to_string().replacen('{', "{\"alg\":\"EdDSA\",", 1);
    assert_eq!(refusal(signed_json(APPROVER, &twice, &claims)), "receipt_form");
    for not_a_header in ["", "[]", "null", "\"EdDSA\"", "{"] {
        assert_eq!(refusal(signed_json(APPROVER, not_a_header, &claims)), "receipt_form");
    }
}

#[test]
fn a_key_that_is_not_enrolled_signs_nothing() {
    assert_eq!(refusal(signed(STRANGER, &by_click())), "receipt_unknown_key");
    assert_eq!(with_header(|h| h["kid"] = json!("")), "receipt_unknown_key");
    // A stranger's signature under an enrolled key's name.
    let claims = serde_json::to_string(&by_click()).unwrap();
    assert_eq!(refusal(signed_json(STRANGER, &header(APPROVER).to_string(), &claims)), "receipt_signature");
    assert_eq!(refusal(signed_json(MACHINE, &header(APPROVER).to_string(), &claims)), "receipt_signature");
    let nobody = signed(APPROVER, &by_click()).verify(&TrustedKeys::default()).unwrap_err();
    assert_eq!(nobody.code(), "receipt_unknown_key");
}

#[test]
fn no_key_signs_a_decision_that_is_anothers_to_make() {
    for (seed, by, presence) in [
        (MACHINE, By::Person, Presence::None),
        (MACHINE, By::Person, Presence::Click),
        (MACHINE, By::Person, Presence::Passphrase),
        (MACHINE, By::Rule, Presence::Click),
        (MACHINE, By::Rule, Presence::Passphrase),
        (APPROVER, By::Rule, Presence::None),
        (APPROVER, By::Timeout, Presence::None),
        (APPROVER, By::Person, Presence::Passphrase),
        (APPROVER, By::Person, Presence::SecurityKey),
        (PASSPHRASE, By::Rule, Presence::None),
        (PASSPHRASE, By::Person, Presence::Click),
        (PASSPHRASE, By::Person, Presence::Typed),
        (PASSPHRASE, By::Person, Presence::SecurityKey),
    ] {
        for decision in [Decision::Approved, Decision::Denied] {
            let claims = ReceiptClaims { decision, ..approved(by, presence) };
            assert_eq!(refusal(signed(seed, &claims)), "receipt_wrong_role", "{seed} {by:?} {presence:?}");
        }
    }
}

#[test]
fn silence_never_approves_whoever_signs_it() {
    for seed in [MACHINE, APPROVER, PASSPHRASE] {
        assert_eq!(refusal(signed(seed, &approved(By::Timeout, Presence::None))), "receipt_wrong_role");
    }
    let denied = ReceiptClaims { decision: Decision::Denied, ..approved(By::Timeout, Presence::None) };
    signed(MACHINE, &denied).verify(&trusted()).unwrap();
}

#[test]
fn a_key_signs_in_its_holders_name_alone() {
    for iss in ["person:bert", "machine:hera", "", "person:anna "] {
        assert_eq!(with_claims(|c| c["iss"] = json!(iss)), "receipt_mismatch");
    }
}

#[test]
fn claims_are_complete_known_and_of_their_type() {
    for name in serde_json::to_value(by_click()).unwrap().as_object().unwrap().keys() {
        if name != "shown" {
            let without = |c: &mut Value| drop(c.as_object_mut().unwrap().remove(name));
            assert_eq!(with_claims(without), "receipt_form", "{name}");
        }
        assert_eq!(with_claims(|c| c[name] = json!({"x": 1})), "receipt_form", "{name}");
    }
    assert_eq!(with_claims(|c| c["sudo"] = json!(true)), "receipt_form");
    assert_eq!(with_claims(|c| c["aud"] = json!(["claude-code"])), "receipt_form");
    assert_eq!(with_claims(|c| c["exp"] = json!(1300.5)), "receipt_form");
    assert_eq!(with_claims(|c| c["exp"] = json!(u64::MAX)), "receipt_form");
    assert_eq!(with_claims(|c| c["by"] = json!("persons")), "receipt_form");
    assert_eq!(with_claims(|c| c["jti"] = json!("short")), "receipt_form");
    let claims = serde_json::to_string(&by_click()).unwrap();
    let twice = claims.replacen('{', "{\"decision\":\"denied\",", 1);
    assert_eq!(refusal(signed_json(APPROVER, &header(APPROVER).to_string(), &twice)), "receipt_form");
    let more = format!("{claims}{{}}");
    assert_eq!(refusal(signed_json(APPROVER, &header(APPROVER).to_string(), &more)), "receipt_form");
}

#[test]
fn an_approval_is_of_this_request_action_asker_and_nonce() {
    let here = nonce();
    let other = Nonce::try_from("z".repeat(22)).unwrap();
    let about = |expected: &Expected<'_>| {
        let verified = signed(APPROVER, &by_click()).verify(&trusted()).unwrap();
        verified.into_approval(expected, UnixMs(1_100_000)).map(|_| ())
    };
    about(&Expected { request: None, ..expected(&here) }).unwrap();
    for (wrong, what) in [
        (Expected { request: Some(RequestId::from_random([8; 16])), ..expected(&here) }, "request"),
        (Expected { action: Digest::of_bytes(b"another action"), ..expected(&here) }, "action"),
        (Expected { nonce: &other, ..expected(&here) }, "nonce"),
        (Expected { agent: "cursor", ..expected(&here) }, "asker"),
        (Expected { agent: "Claude-code", ..expected(&here) }, "asker"),
        (Expected { agent: "", ..expected(&here) }, "asker"),
    ] {
        assert_eq!(about(&wrong), Err(ReceiptError::Mismatch(what)));
    }
}

#[test]
fn an_approval_counts_from_nbf_and_until_just_before_exp() {
    let at = |ms: i64| {
        let verified = signed(APPROVER, &by_click()).verify(&trusted()).unwrap();
        verified.into_approval(&expected(&nonce()), UnixMs(ms)).map(|_| ()).map_err(|e| e.code())
    };
    assert_eq!(at(999_999), Err("receipt_not_in_force"));
    assert_eq!(at(1_000_000), Ok(()));
    assert_eq!(at(1_299_999), Ok(()));
    assert_eq!(at(1_300_000), Err("receipt_not_in_force"));
    assert_eq!(at(i64::MAX), Err("receipt_not_in_force"));
    assert_eq!(at(i64::MIN), Err("receipt_not_in_force"));
}

#[test]
fn what_a_replaced_key_signed_verifies_and_approves_nothing() {
    let mut keys = trusted();
    let new =
        |holder: &str| Enrolled { key: public(STRANGER), role: Role::Approver, holder: holder.to_owned() };
    let approval = |keys: &TrustedKeys| {
        let verified = signed(APPROVER, &by_click()).verify(keys).unwrap();
        verified.into_approval(&expected(&nonce()), UnixMs(1_100_000)).map(|_| ()).map_err(|e| e.code())
    };
    keys.keys.push(new("person:anna"));
    assert_eq!(approval(&keys), Ok(()), "the first is in force");
    keys.keys.rotate_right(1);
    assert_eq!(approval(&keys), Err("key_replaced"));
    keys.keys[0] = new("person:bert");
    assert_eq!(approval(&keys), Ok(()), "another person's key replaces nobody's");
    assert!(keys.in_force(public(STRANGER).id()) && !keys.in_force(public(9).id()));
}

#[test]
fn a_denial_is_no_approval_and_says_why() {
    for (seed, by) in [(APPROVER, By::Person), (MACHINE, By::Rule), (MACHINE, By::Timeout)] {
        let reason = Some("Not on a Friday".to_owned());
        let claims = ReceiptClaims { decision: Decision::Denied, reason, ..approved(by, Presence::None) };
        let verified = signed(seed, &claims).verify(&trusted()).unwrap();
        let error = verified.into_approval(&expected(&nonce()), UnixMs(1_100_000)).unwrap_err();
        assert_eq!(error.code(), "receipt_denial");
        assert!(error.to_string().ends_with("Not on a Friday"), "{error}");
    }
}

#[test]
fn the_form_is_three_parts_of_plain_base64url_and_not_too_long() {
    let good = signed(APPROVER, &by_click()).as_str().to_owned();
    let parts: Vec<&str> = good.split('.').collect();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        parts[..2].join("."),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{}", parts[2]),
        format!("{good}="),
        format!("{good}=="),
        format!("{good}\n"),
        format!(" {good}"),
        good.replace(parts[2], &parts[2][..84]),
        good.replace(parts[2], &parts[2].repeat(2)),
        format!("{good}{}", "A".repeat(limits::RECEIPT_BYTES)),
    ] {
        assert_eq!(refusal(Receipt::from_text(bad.clone())), "receipt_form", "{bad:.120}");
    }
}

#[test]
fn a_signature_in_its_other_form_is_refused() {
    // Ed25519's order: S + L passes a verifier that does not look, and makes a second receipt out of one.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let input = by_click().signing_input(public(APPROVER).id()).unwrap();
    let mut signature = signer(APPROVER).sign(input.as_bytes()).to_bytes();
    let mut carry = 0u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(refusal(Receipt::assemble(&input, &signature)), "receipt_signature");
}

#[test]
fn a_key_of_small_order_is_no_key() {
    let mut one = [0u8; 32];
    one[0] = 1;
    for weak in [[0u8; 32], one] {
        assert!(PublicKey::from_raw(&weak).is_err());
    }
}

#[test]
fn a_receipt_is_not_printed_by_accident() {
    let receipt = signed(APPROVER, &by_click());
    let shown = format!("{receipt:?}");
    assert!(!shown.contains(&receipt.as_str()[..20]), "{shown}");
}

fn any_claims() -> impl Strategy<Value = (u8, ReceiptClaims)> {
    let who = prop_oneof![
        Just((MACHINE, By::Rule, Presence::None)),
        Just((APPROVER, By::Person, Presence::Click)),
        Just((APPROVER, By::Person, Presence::Typed)),
        Just((PASSPHRASE, By::Person, Presence::Passphrase)),
    ];
    (who, any::<bool>(), any::<Option<[u8; 4]>>(), proptest::option::of(".{0,40}")).prop_map(
        |((seed, by, presence), yes, shown, reason)| {
            let claims = ReceiptClaims {
                decision: if yes { Decision::Approved } else { Decision::Denied },
                shown: shown.map(|bytes| Digest::of_bytes(&bytes)),
                reason,
                ..approved(by, presence)
            };
            (seed, claims)
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_signed_by_the_right_key_reads_back_as_it_was((seed, claims) in any_claims()) {
        let verified = signed(seed, &claims).verify(&trusted()).unwrap();
        prop_assert_eq!(verified.claims(), &claims);
    }

    #[test]
    fn a_receipt_with_any_one_byte_changed_never_verifies(
        (seed, claims) in any_claims(),
        place in any::<prop::sample::Index>(),
        byte in 0u8..128,
    ) {
        let mut text = signed(seed, &claims).as_str().as_bytes().to_vec();
        let place = place.index(text.len());
        prop_assume!(text[place] != byte);
        text[place] = byte;
        let changed = Receipt::from_text(String::from_utf8(text).unwrap());
        prop_assert!(changed.verify(&trusted()).is_err());
    }

    #[test]
    fn a_receipt_cut_short_or_made_longer_never_verifies(
        (seed, claims) in any_claims(),
        place in any::<prop::sample::Index>(),
        more in "[A-Za-z0-9_.=-]{1,8}",
    ) {
        let text = signed(seed, &claims).as_str().to_owned();
        let place = place.index(text.len());
        prop_assert!(Receipt::from_text(&text[..place]).verify(&trusted()).is_err());
        let longer = format!("{}{more}{}", &text[..place], &text[place..]);
        prop_assert!(Receipt::from_text(longer).verify(&trusted()).is_err());
    }

    #[test]
    fn no_text_makes_verification_panic(text in ".{0,200}") {
        prop_assert!(Receipt::from_text(text).verify(&trusted()).is_err());
    }
}

#[test]
fn every_single_bit_of_a_receipt_counts() {
    let good = signed(PASSPHRASE, &approved(By::Person, Presence::Passphrase)).as_str().to_owned();
    for place in 0..good.len() {
        for bit in 0..7 {
            let mut text = good.clone().into_bytes();
            text[place] ^= 1 << bit;
            let changed = Receipt::from_text(String::from_utf8(text).unwrap());
            assert!(changed.verify(&trusted()).is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn a_decision_signed_here_is_what_verifying_its_receipt_gives() {
    let keys = trusted();
    let reasons = proptest::option::of(any::<String>());
    proptest!(|(reason in reasons, aud in any::<String>(), denied in any::<bool>(), iat in any::<i64>())| {
        let decision = if denied { Decision::Denied } else { Decision::Approved };
        let plain = approved(By::Rule, Presence::None);
        let claims = ReceiptClaims { aud, iat, decision, reason, ..plain };
        match Verified::signed_here(claims, &signer(MACHINE), &keys) {
            Ok(here) => prop_assert_eq!(here.receipt().clone().verify(&keys), Ok(here)),
            Err(why) => prop_assert_eq!(why.code(), "receipt_form"),
        }
    });
}

#[test]
fn nothing_is_signed_here_that_would_not_verify() {
    let machine = || approved(By::Rule, Presence::None);
    let code = |seed, claims| Verified::signed_here(claims, &signer(seed), &trusted()).unwrap_err().code();
    assert_eq!(code(STRANGER, machine()), "receipt_unknown_key");
    assert_eq!(code(MACHINE, approved(By::Timeout, Presence::None)), "receipt_wrong_role");
    assert_eq!(code(MACHINE, approved(By::Rule, Presence::Click)), "receipt_wrong_role");
    assert_eq!(code(MACHINE, by_click()), "receipt_wrong_role");
    assert_eq!(
        code(MACHINE, ReceiptClaims { iss: "machine:other".to_owned(), ..machine() }),
        "receipt_mismatch"
    );
    assert_eq!(code(MACHINE, ReceiptClaims { exp: i64::MAX, ..machine() }), "receipt_form");
    let long = Some("x".repeat(limits::RECEIPT_BYTES));
    assert_eq!(code(MACHINE, ReceiptClaims { reason: long, ..machine() }), "receipt_form");
    let nobody = Verified::signed_here(machine(), &signer(MACHINE), &TrustedKeys::default()).unwrap_err();
    assert_eq!(nobody.code(), "receipt_unknown_key");
}

#[test]
fn no_persons_key_signs_here_not_even_what_it_may_sign() {
    for (seed, claims) in [
        (APPROVER, by_click()),
        (APPROVER, approved(By::Person, Presence::Typed)),
        (PASSPHRASE, approved(By::Person, Presence::Passphrase)),
    ] {
        let refused = Verified::signed_here(claims, &signer(seed), &trusted()).unwrap_err();
        assert_eq!(refused.code(), "receipt_wrong_role");
    }
}
