//! Frames and packets: the vectors of the specification, the rules, and noise.

use proptest::prelude::*;

use super::*;
use crate::varint;

fn packet(kind: Kind, stream: u64, message: u64, data: &[u8]) -> Packet {
    Packet { kind, stream, message, data: Bytes::copy_from_slice(data) }
}

fn encoded(packet: &Packet) -> Vec<u8> {
    let mut out = BytesMut::new();
    packet.encode(&mut out);
    out.to_vec()
}

fn read_all(bytes: &[u8], cut: usize) -> Result<Vec<Packet>, Violation> {
    let mut reader = PacketReader::new();
    let mut packets = Vec::new();
    for mut piece in bytes.chunks(cut) {
        while let Some(packet) = reader.next(&mut piece)? {
            packets.push(packet);
        }
        assert!(piece.is_empty(), "all bytes are taken");
    }
    Ok(packets)
}

fn frame(control: u8, stream: u64, message: u64, data: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::from(&[control][..]);
    for number in [stream, message, data.len() as u64] {
        varint::encode(number, &mut out);
    }
    out.extend_from_slice(data);
    out.to_vec()
}

#[test]
fn the_call_of_the_specification_has_its_bytes() {
    let name = b"/coder.agent.v2.Agent/GetManifest";
    let calls = [
        (packet(Kind::Invoke, 1, 1, name), [&[0x03, 1, 1, 0x21], &name[..]].concat()),
        (packet(Kind::Message, 1, 2, b""), vec![0x05, 1, 2, 0]),
        (packet(Kind::CloseSend, 1, 3, b""), vec![0x0d, 1, 3, 0]),
        (packet(Kind::Close, 1, 4, b""), vec![0x0b, 1, 4, 0]),
        (packet(Kind::Cancel, 1, 5, b""), vec![0x89, 1, 5, 0]),
        (packet(Kind::InvokeMetadata, 2, 1, b"\x0a\x00"), vec![0x0f, 2, 1, 2, 0x0a, 0]),
    ];
    for (packet, bytes) in &calls {
        assert_eq!(encoded(packet), *bytes);
    }
    let all: Vec<u8> = calls.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let packets: Vec<_> = calls.into_iter().map(|(packet, _)| packet).collect();
    for cut in [1, 2, 3, 7, 1000] {
        assert_eq!(read_all(&all, cut).as_ref(), Ok(&packets));
    }
}

#[test]
fn large_packets_are_cut_into_frames_of_64_kib() {
    let large = packet(Kind::Message, 1, 2, &vec![7; 200_000]);
    let bytes = encoded(&large);
    let (head, used) = Head::decode(&bytes).expect("valid").expect("whole");
    assert_eq!((head.len, head.done), (65_536, false));
    let (head, _) = Head::decode(&bytes[used + 65_536..]).expect("valid").expect("whole");
    assert_eq!((head.len, head.done, head.message), (65_536, false, 2));
    assert_eq!(read_all(&bytes, 10_000), Ok(vec![large]));
    let exact = encoded(&packet(Kind::Message, 1, 2, &[7; 65_536]));
    assert!(Head::decode(&exact).expect("valid").expect("whole").0.done);
}

#[test]
fn a_packet_above_4_mib_is_refused_by_its_head() {
    let mut bytes = frame(0x04, 1, 1, &vec![0; MAX_PACKET - 10]);
    bytes.extend([0x05, 1, 1, 11]);
    assert_eq!(read_all(&bytes, 100_000), Err(Violation::TooLarge));
    let mut bytes = vec![0x05, 1, 1];
    bytes.extend([0xff; 9]);
    bytes.push(1);
    assert_eq!(read_all(&bytes, 100), Err(Violation::TooLarge));
    assert_eq!(read_all(&encoded(&packet(Kind::Message, 1, 1, &vec![0; MAX_PACKET])), 1 << 20).map(|p| p.len()), Ok(1));
}

#[test]
fn ids_must_not_decrease_or_come_again() {
    let bad = [
        [frame(0x05, 1, 2, b""), frame(0x05, 1, 1, b"")],
        [frame(0x05, 2, 1, b""), frame(0x05, 1, 5, b"")],
        [frame(0x05, 1, 1, b""), frame(0x05, 1, 1, b"")],
    ];
    for frames in bad {
        assert!(matches!(read_all(&frames.concat(), 100), Err(Violation::Id { .. })), "{frames:?}");
    }
    assert!(matches!(read_all(&frame(0x05, 0, 1, b""), 100), Err(Violation::Id { .. })));
    assert!(matches!(read_all(&frame(0x05, 1, 0, b""), 100), Err(Violation::Id { .. })));
}

#[test]
fn a_newer_packet_discards_an_unfinished_one() {
    let bytes = [frame(0x04, 1, 1, b"half"), frame(0x05, 1, 2, b"whole")].concat();
    assert_eq!(read_all(&bytes, 3), Ok(vec![packet(Kind::Message, 1, 2, b"whole")]));
}

#[test]
fn the_kind_must_not_change_inside_a_packet() {
    let bytes = [frame(0x04, 1, 1, b"a"), frame(0x03, 1, 1, b"b")].concat();
    assert_eq!(read_all(&bytes, 100), Err(Violation::KindChange));
}

#[test]
fn unknown_kinds_are_ignored_only_with_the_control_bit() {
    let ignored =
        [frame(0x80 | (9 << 1), 1, 1, b"x"), frame((9 << 1) | 1, 1, 1, b"y"), frame(0x05, 1, 2, b"")].concat();
    assert_eq!(read_all(&ignored, 100), Ok(vec![packet(Kind::Message, 1, 2, b"")]));
    assert_eq!(read_all(&frame((9 << 1) | 1, 1, 1, b""), 100), Err(Violation::Kind(9)));
    assert_eq!(read_all(&frame(1, 1, 1, b""), 100), Err(Violation::Kind(0)));
}

#[test]
fn numbers_are_read_up_to_64_bits() {
    for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
        let mut out = BytesMut::new();
        varint::encode(value, &mut out);
        assert_eq!(varint::decode(&out), Ok(Some((value, out.len()))));
        assert_eq!(varint::decode(&out[..out.len() - 1]), Ok(None));
    }
    let mut long = [0xff; 10];
    long[9] = 2;
    assert_eq!(varint::decode(&long), Err(Violation::Varint));
    assert_eq!(varint::decode(&[0x80; 11]), Err(Violation::Varint));
}

proptest! {
    #[test]
    fn packets_survive_the_round_trip(
        kinds in prop::collection::vec((1u8..8, 0usize..200_000), 1..6),
        cut in 1usize..70_000,
    ) {
        let packets: Vec<_> = kinds.iter().enumerate().map(|(i, (kind, len))| {
            let kind = Kind::from_number(*kind).expect("known");
            packet(kind, 1 + i as u64 / 3, 1 + i as u64, &vec![i as u8; *len])
        }).collect();
        let bytes: Vec<u8> = packets.iter().flat_map(encoded).collect();
        prop_assert_eq!(read_all(&bytes, cut.max(bytes.len() / 1000 + 1)), Ok(packets));
    }

    #[test]
    fn noise_never_panics_and_holds_no_more_than_it_got(
        frames in prop::collection::vec((any::<u8>(), 0u64..4, 0u64..6, prop::collection::vec(any::<u8>(), 0..30)), 0..30),
        noise in prop::collection::vec(any::<u8>(), 0..60),
        cut in 1usize..50,
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(|(c, s, m, data)| frame(*c, *s, *m, data)).collect();
        bytes.extend(noise);
        let mut reader = PacketReader::new();
        for mut piece in bytes.chunks(cut) {
            while let Ok(Some(_)) = reader.next(&mut piece) {}
            let held = reader.partial.as_ref().map_or(0, |p| p.data.capacity());
            prop_assert!(held <= 2 * bytes.len() + 64);
        }
    }
}
