use proptest::prelude::*;

use super::*;

#[test]
fn text_form_is_the_prefix_and_lowercase_hex() {
    let key = NodePublic::from_bytes([0xAB; 32]);
    assert_eq!(key.to_string(), format!("nodekey:{}", "ab".repeat(32)));
    assert_eq!(key.to_hex(), "ab".repeat(32));
    let disco = DiscoPublic::from_bytes([1; 32]);
    assert_eq!(disco.to_string(), format!("discokey:{}", "01".repeat(32)));
}

#[test]
fn parsing_insists_on_prefix_and_length() {
    let digits = "0".repeat(64);
    assert!(format!("nodekey:{digits}").parse::<NodePublic>().is_ok());
    for bad in [
        digits.clone(),
        format!("discokey:{digits}"),
        format!("nodekey:{digits}00"),
        "nodekey:zz".into(),
        String::new(),
    ] {
        assert!(bad.parse::<NodePublic>().is_err(), "{bad}");
    }
    assert!(NodePublic::from_prefixed_bytes(&[b'n'; 34]).is_err());
    assert!(NodePublic::from_prefixed_bytes(b"np").is_err());
}

#[test]
fn private_keys_are_clamped_and_survive_storage() {
    let key = NodePrivate::from_bytes([0xFF; 32]);
    assert_eq!(key.expose_bytes()[0], 0xF8);
    assert_eq!(key.expose_bytes()[31], 0x7F);
    let again = NodePrivate::from_secret_text(&key.expose_secret_text()).unwrap();
    assert_eq!(again.public(), key.public());
    assert_eq!(again.duplicate().public(), key.public());
}

#[test]
fn both_ends_derive_the_same_shared_key() {
    let (a, b) = (DiscoPrivate::generate(), DiscoPrivate::generate());
    let sealed = a.shared_with(&b.public()).seal(&[7; 24], b"hello");
    assert_eq!(b.shared_with(&a.public()).open(&[7; 24], &sealed).unwrap(), b"hello");
    assert_eq!(b.shared_with(&a.public()).open(&[8; 24], &sealed), Err(Error::Sealed));
}

proptest! {
    #[test]
    fn every_public_form_round_trips(bytes: [u8; 32]) {
        let node = NodePublic::from_bytes(bytes);
        prop_assert_eq!(node.to_string().parse::<NodePublic>().unwrap(), node);
        prop_assert_eq!(NodePublic::from_prefixed_bytes(&node.to_prefixed_bytes()).unwrap(), node);
        prop_assert_eq!(NodePublic::from_hex(&node.to_hex()).unwrap(), node);
        let json = serde_json::to_string(&node).unwrap();
        prop_assert_eq!(serde_json::from_str::<NodePublic>(&json).unwrap(), node);
        let disco = DiscoPublic::from_bytes(bytes);
        prop_assert_eq!(disco.to_string().parse::<DiscoPublic>().unwrap(), disco);
    }

    #[test]
    fn parsing_never_panics(text in ".{0,100}", bytes: Vec<u8>) {
        let _ = text.parse::<NodePublic>();
        let _ = text.parse::<DiscoPublic>();
        let _ = NodePrivate::from_secret_text(&text);
        let _ = NodePublic::from_prefixed_bytes(&bytes);
    }
}
