//! The layers websocket, yamux, dRPC and protobuf of recorded agent and client connections.

mod agent;
mod frames;
mod layers;
mod messages;

use warren_compat::golden::{WireLine, wire_lines};

const FILES: [&str; 2] = ["wire-agent.jsonl", "wire-client.jsonl"];

#[test]
fn recorded_agent_connections_are_replayed() {
    replay(FILES[0]);
}

#[test]
fn recorded_client_connections_are_replayed() {
    replay(FILES[1]);
}

/// Decodes, compares and encodes every line of a file.
fn replay(file: &str) {
    let Some(lines) = wire_lines(file) else { return };
    let messages = messages::Messages::new();
    let (mut replayed, mut heads, mut decoded, mut reordered) = (0, 0, 0, 0);
    for (number, line) in lines.iter().enumerate() {
        let at = format!("{file}:{}", number + 1);
        match line.layer.as_str() {
            "ws" => frames::websocket(line, &at),
            "yamux" => frames::yamux(line, &at),
            "drpc" => frames::drpc(line, &at),
            _ => continue,
        }
        let is_message = line.layer == "drpc" && line.word("kind") == Some("Message") && line.cut.is_none();
        if is_message && let Some(same_bytes) = messages.check(line, &at) {
            decoded += 1;
            reordered += usize::from(!same_bytes);
        }
        replayed += 1;
        heads += usize::from(line.cut.is_some());
    }
    println!(
        "replayed {replayed} of {} lines of {file} ({heads} of them by their heads; {decoded} messages, {reordered} \
         of them with reordered maps; the other lines are http and tcp)",
        lines.len()
    );
}

/// The lines of one layer, connection and direction, in order.
fn select<'a>(
    lines: &'a [WireLine],
    conn: &'a str,
    dir: &'a str,
    layer: &'a str,
) -> impl Iterator<Item = &'a WireLine> {
    lines.iter().filter(move |l| l.conn == conn && l.dir == dir && l.layer == layer)
}
