use ed25519_dalek::{Signer as _, SigningKey};

use super::*;

fn key(name: &str, seed: u8) -> NoteKey {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey::from_raw(secret.verifying_key().as_bytes()).unwrap();
    NoteKey::new(name, public, Arc::new(move |text| secret.sign(text).to_bytes())).unwrap()
}

/// The example of Go's `golang.org/x/mod/sumdb/note`, where the format comes from.
fn peter_neumann() -> (NoteKey, String) {
    let raw = STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
    assert_eq!(raw[0], ED25519);
    let public = PublicKey::from_raw(raw[1..].try_into().unwrap()).unwrap();
    let key = NoteKey::new("PeterNeumann", public, Arc::new(|_: &[u8]| [0; 64])).unwrap();
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\
                \n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    (key, note.to_owned())
}

#[test]
fn the_key_id_and_the_signature_are_those_of_the_published_example() {
    let (key, note) = peter_neumann();
    assert_eq!(key.id(), [0xc7, 0x4f, 0x20, 0xa3]);
    assert!(key.verified_text(&note).unwrap().ends_with("what your problem is.\n"));
    assert!(key.verified_text(&note.replace("answer", "Answer")).is_err());
}

#[test]
fn a_checkpoint_has_the_form_of_the_specification() {
    let key = key("sayso.invalid/hera", 7);
    let root = [9; 32];
    let note = key.write(20_852_163, &root);
    let lines: Vec<&str> = note.split('\n').collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], "sayso.invalid/hera");
    assert_eq!(lines[1], "20852163");
    assert_eq!(STANDARD.decode(lines[2]).unwrap(), root);
    assert_eq!(lines[3], "");
    let raw = STANDARD.decode(lines[4].strip_prefix("— sayso.invalid/hera ").unwrap()).unwrap();
    assert_eq!(raw.len(), 68);
    assert_eq!(raw[..4], key.id());
    let text = "sayso.invalid/hera\n20852163\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n";
    assert!(key.public.verifies(text.as_bytes(), raw[4..].try_into().unwrap()));
    assert_eq!(lines[5], "");
    assert_eq!(key.read(&note), Ok((20_852_163, root)));
}

#[test]
fn a_witness_may_sign_beside_us() {
    let (ours, theirs) = (key("log", 1), key("witness", 2));
    let note = ours.write(1, &[1; 32]);
    let cosigned = format!("{note}{}\n", theirs.write(1, &[1; 32]).lines().last().unwrap());
    assert_eq!(ours.read(&cosigned), ours.read(&note));
}

#[test]
fn what_this_key_did_not_sign_is_refused() {
    let ours = key("log", 1);
    let note = ours.write(10, &[1; 32]);
    assert!(key("log", 2).read(&note).is_err());
    assert!(key("other", 1).read(&note).is_err());
    assert!(ours.read(&key("log", 2).write(10, &[1; 32])).is_err());
    for end in 0..note.len() {
        if note.is_char_boundary(end) {
            assert!(ours.read(&note[..end]).is_err(), "{end}");
        }
    }
    for (at, c) in note.char_indices() {
        let other = if c == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &note[..at], &note[at + c.len_utf8()..]);
        assert!(ours.read(&changed).is_err(), "{changed}");
    }
}

#[test]
fn a_name_that_a_note_cannot_carry_is_refused() {
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        assert!(NoteKey::new(name, peter_neumann().0.public, Arc::new(|_: &[u8]| [0; 64])).is_err());
    }
}
