//! The official agent's side of its first connection, played against our server stream by stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role as WsRole;
use tokio_util::sync::CancellationToken;
use warren_compat::golden::{WireLine, wire_lines};
use warren_drpc::{Kind, Packet, PacketReader};
use warren_proto::agent::agent_methods as agent;
use warren_proto::tailnet::tailnet_methods as tailnet;
use warren_rpc::{Bidi, Method, Router, RpcError, ServerStream, Session, Unary, WsPipe, serve};
use warren_yamux::{self as yamux, Read, Role, StreamId};

use crate::{FILES, select};

const CONN: &str = "agent-first";

/// What the official server answered, by path and request.
type Answers = Arc<BTreeMap<(String, Vec<u8>), Vec<Vec<u8>>>>;

/// One recorded call.
struct Recorded {
    path: String,
    /// What the agent sent, frame by frame.
    sent: Vec<Vec<u8>>,
    answer: Vec<Packet>,
}

#[tokio::test]
async fn the_recorded_agent_gets_the_recorded_answers() {
    let Some(lines) = wire_lines(FILES[0]) else { return };
    let calls = recorded(&lines);
    let answers = answers(&calls);
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = WsPipe::new(WebSocketStream::from_raw_socket(ours, WsRole::Server, None).await);
    let client = WsPipe::new(WebSocketStream::from_raw_socket(theirs, WsRole::Client, None).await);
    let session = Session::server(server);
    let serving = tokio::spawn(serve(session, router(), answers, CancellationToken::new()));
    let mut peer = Peer::new(client);
    let (mut played, mut reordered) = (0, 0);
    for call in &calls {
        let answer = tokio::time::timeout(Duration::from_secs(20), peer.play(call)).await.expect("in time");
        let same = answer == call.answer;
        if !same {
            // Only the order of map entries may differ.
            let kinds = |packets: &[Packet]| packets.iter().map(|p| (p.kind, p.message)).collect::<Vec<_>>();
            assert_eq!(kinds(&answer), kinds(&call.answer), "{}", call.path);
            assert_eq!(call.path, agent::GET_MANIFEST.path);
        }
        played += 1;
        reordered += usize::from(!same);
    }
    assert!(played > 20, "only {played} calls found");
    drop(peer);
    serving.await.expect("no panic").expect("an ordinary end");
    println!("played {played} calls of {CONN} ({reordered} answers with reordered maps)");
}

/// The calls of the connection that are not cut, in the order of their streams.
fn recorded(lines: &[WireLine]) -> Vec<Recorded> {
    let mut streams: BTreeMap<u64, (Vec<&WireLine>, Vec<&WireLine>)> = BTreeMap::new();
    for line in select(lines, CONN, "c2s", "drpc") {
        streams.entry(line.number("stream").expect("a stream")).or_default().0.push(line);
    }
    for line in select(lines, CONN, "s2c", "drpc") {
        streams.entry(line.number("stream").expect("a stream")).or_default().1.push(line);
    }
    let whole = streams.into_values().filter(|(sent, got)| sent.iter().chain(got).all(|l| l.cut.is_none()));
    whole
        .filter_map(|(sent, got)| {
            let path = sent.first()?.word("rpc")?.to_owned();
            let bytes: Vec<u8> = got.iter().flat_map(|l| l.bytes()).collect();
            Some(Recorded { path, sent: sent.iter().map(|l| l.bytes()).collect(), answer: packets(&bytes) })
        })
        .collect()
}

fn packets(bytes: &[u8]) -> Vec<Packet> {
    let mut reader = PacketReader::new();
    let mut input = bytes;
    std::iter::from_fn(|| reader.next(&mut input).expect("valid packets")).collect()
}

fn messages(packets: &[Packet]) -> Vec<Vec<u8>> {
    packets.iter().filter(|p| p.kind == Kind::Message).map(|p| p.data.to_vec()).collect()
}

fn answers(calls: &[Recorded]) -> Answers {
    let entries = calls.iter().map(|call| {
        let request = messages(&packets(&call.sent.concat())).into_iter().next().unwrap_or_default();
        ((call.path.clone(), request), messages(&call.answer))
    });
    Arc::new(entries.collect())
}

/// Answers every method of the recording from it.
fn router() -> Arc<Router<Answers>> {
    let router = Router::new();
    let router = unary(router, agent::GET_MANIFEST);
    let router = unary(router, agent::UPDATE_STATS);
    let router = unary(router, agent::UPDATE_LIFECYCLE);
    let router = unary(router, agent::BATCH_UPDATE_APP_HEALTHS);
    let router = unary(router, agent::UPDATE_STARTUP);
    let router = unary(router, agent::BATCH_UPDATE_METADATA);
    let router = unary(router, agent::BATCH_CREATE_LOGS);
    let router = unary(router, agent::GET_ANNOUNCEMENT_BANNERS);
    let router = unary(router, agent::SCRIPT_COMPLETED);
    let router = unary(router, agent::GET_RESOURCES_MONITORING_CONFIGURATION);
    let router = unary(router, agent::PUSH_RESOURCES_MONITORING_USAGE);
    let router = unary(router, agent::REPORT_CONNECTION);
    let router = unary(router, agent::LIST_SUB_AGENTS);
    let router = stream(router, tailnet::STREAM_DERP_MAPS);
    Arc::new(bidi(router, tailnet::COORDINATE))
}

fn find(answers: &Answers, path: &str, request: &impl Message) -> Result<Vec<Vec<u8>>, RpcError> {
    let found = answers.get(&(path.to_owned(), request.encode_to_vec()));
    found.cloned().ok_or_else(|| RpcError::new("not recorded"))
}

fn decode<R: Message + Default>(bytes: &[u8]) -> Result<R, RpcError> {
    R::decode(bytes).map_err(|e| RpcError::new(e.to_string()))
}

fn unary<Q, R>(router: Router<Answers>, method: Method<Unary, Q, R>) -> Router<Answers>
where
    Q: Message + Default + 'static,
    R: Message + Default + 'static,
{
    router.unary(method, move |answers: Answers, request| async move {
        let recorded = find(&answers, method.path, &request)?;
        decode(recorded.first().ok_or_else(|| RpcError::new("no answer was recorded"))?)
    })
}

fn stream<Q, R>(router: Router<Answers>, method: Method<ServerStream, Q, R>) -> Router<Answers>
where
    Q: Message + Default + 'static,
    R: Message + Default + 'static,
{
    router.server_stream(method, move |answers: Answers, request, mut out| async move {
        for message in find(&answers, method.path, &request)? {
            out.send(&decode(&message)?).await?;
        }
        out.closed().await;
        Ok(())
    })
}

fn bidi<Q, R>(router: Router<Answers>, method: Method<Bidi, Q, R>) -> Router<Answers>
where
    Q: Message + Default + 'static,
    R: Message + Default + 'static,
{
    router.bidi(method, move |answers: Answers, mut requests, mut out| async move {
        let first = requests.recv().await?.ok_or_else(|| RpcError::new("no request"))?;
        for message in find(&answers, method.path, &first)? {
            out.send(&decode(&message)?).await?;
        }
        while requests.recv().await?.is_some() {}
        Ok(())
    })
}

/// A peer that sends recorded bytes on streams of its own.
struct Peer {
    pipe: WsPipe,
    yamux: yamux::Session,
}

impl Peer {
    fn new(pipe: WsPipe) -> Self {
        Self { pipe, yamux: yamux::Session::new(Role::Client, yamux::Config::default(), std::time::Instant::now()) }
    }

    /// Plays one call: what the official agent sent before its last packet, then the answer, then the rest.
    async fn play(&mut self, call: &Recorded) -> Vec<Packet> {
        let id = self.yamux.open(std::time::Instant::now()).expect("opened");
        let is_close = |frame: &&Vec<u8>| frame.first() == Some(&0x0b);
        for frame in call.sent.iter().take_while(|f| !is_close(f)) {
            assert_eq!(self.yamux.write(id, frame), Some(frame.len()));
        }
        let mut answer = Vec::new();
        let mut reader = PacketReader::new();
        while answer.len() < call.answer.len() {
            let data = self.read(id).await;
            let mut input = &data[..];
            while let Some(packet) = reader.next(&mut input).expect("valid packets") {
                answer.push(packet);
            }
        }
        if let Some(close) = call.sent.iter().find(is_close) {
            assert_eq!(self.yamux.write(id, close), Some(close.len()));
        }
        self.yamux.finish(id);
        // The server closes its direction too.
        while !matches!(self.yamux.read(id, usize::MAX), Read::End) {
            self.turn().await;
        }
        self.yamux.release(id, std::time::Instant::now());
        answer
    }

    async fn read(&mut self, id: StreamId) -> Vec<u8> {
        loop {
            match self.yamux.read(id, usize::MAX) {
                Read::Data(data) => return data.to_vec(),
                Read::Pending => self.turn().await,
                end => panic!("the stream ended: {end:?}"),
            }
        }
    }

    /// Sends what is to be sent, then waits for bytes.
    async fn turn(&mut self) {
        let mut out = bytes::BytesMut::new();
        self.yamux.transmit(&mut out, usize::MAX);
        self.pipe.write_all(&out).await.expect("sent");
        self.pipe.flush().await.expect("sent");
        let mut buffer = [0; 4096];
        let n = self.pipe.read(&mut buffer).await.expect("received");
        assert_ne!(n, 0, "the connection ended");
        self.yamux.receive(&buffer[..n], std::time::Instant::now()).expect("accepted");
    }
}
