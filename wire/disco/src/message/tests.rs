use proptest::prelude::*;

use super::*;

fn decode_hex(text: &str) -> Message {
    Message::decode(&hex::decode(text).unwrap()).unwrap().unwrap()
}

#[test]
fn reads_the_recorded_messages_of_an_official_agent() {
    let pong = decode_hex("0201474f4c44454e54584944303100000000000000000000ffff7f03032803e7");
    let expected = Pong { transaction: TransactionId(*b"GOLDENTXID01"), source: derp_pseudo_address(999), padding: 0 };
    assert_eq!(pong, Message::Pong(expected));

    let call = decode_hex("030000000000000000000000ffffc0000202804c");
    let endpoints = vec!["192.0.2.2:32844".parse().unwrap()];
    assert_eq!(call, Message::CallMeMaybe(CallMeMaybe { endpoints }));
}

#[test]
fn unknown_types_are_not_errors() {
    assert_eq!(Message::decode(&[0x7F, 0, 1, 2, 3]), Ok(None));
}

#[test]
fn an_odd_call_me_maybe_is_an_empty_one() {
    let mut bytes = vec![3, 0];
    bytes.extend([1; ADDRESS_BYTES + 1]);
    assert_eq!(Message::decode(&bytes), Ok(Some(Message::CallMeMaybe(CallMeMaybe::default()))));
}

#[test]
fn endpoints_beyond_the_bound_are_ignored() {
    let mut bytes = vec![3, 0];
    bytes.extend([1; ADDRESS_BYTES * 1000]);
    let Ok(Some(Message::CallMeMaybe(call))) = Message::decode(&bytes) else { panic!("not read") };
    assert_eq!(call.endpoints.len(), MAX_ENDPOINTS);
}

#[test]
fn padding_marks_version_one() {
    let ping = Ping::padded(TransactionId([0; 12]), NodePublic::from_bytes([1; 32]));
    assert_eq!(ping.padding, 1186);
    assert_eq!(Message::Ping(ping).encode()[..2], [1, 1]);
    let pong = Pong::padded(TransactionId([0; 12]), derp_pseudo_address(1));
    assert_eq!(pong.padding, 1200);
    assert_eq!(Message::Pong(Pong { padding: 0, ..pong }).encode()[..2], [2, 0]);
}

fn address() -> impl Strategy<Value = SocketAddr> {
    (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip.to_canonical(), port))
}

fn message() -> impl Strategy<Value = Message> {
    let transaction = any::<[u8; 12]>().prop_map(TransactionId);
    let node_key = any::<[u8; 32]>().prop_map(NodePublic::from_bytes);
    prop_oneof![
        (transaction.clone(), node_key, 0..1300usize).prop_map(|(transaction, key, padding)| {
            Message::Ping(Ping { transaction, node_key: Some(key), padding })
        }),
        (transaction, address(), 0..1300usize)
            .prop_map(|(transaction, source, padding)| { Message::Pong(Pong { transaction, source, padding }) }),
        proptest::collection::vec(address(), 0..MAX_ENDPOINTS)
            .prop_map(|endpoints| Message::CallMeMaybe(CallMeMaybe { endpoints })),
    ]
}

proptest! {
    #[test]
    fn messages_round_trip(message in message()) {
        prop_assert_eq!(Message::decode(&message.encode()), Ok(Some(message)));
    }

    #[test]
    fn decoding_never_panics(bytes: Vec<u8>) {
        let _ = Message::decode(&bytes);
    }
}
