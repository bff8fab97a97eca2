//! Calls of all shapes over a pipe.

use warren_proto::agent::{self, agent_methods};
use warren_proto::provisionerd::{self, provisioner_daemon_methods};
use warren_proto::tailnet::{self, tailnet_methods};
use warren_rpc::{CloseReason, Error};

use crate::{Pair, file_chunk, startup, within};

#[tokio::test]
async fn a_unary_call_is_answered() {
    let pair = Pair::new();
    for i in 0..3 {
        let version = format!("v1.0.{i}");
        let answer = pair.client.unary(agent_methods::UPDATE_STARTUP, &startup(&version)).await.expect("answer");
        assert_eq!(answer.version, version);
    }
}

#[tokio::test]
async fn streams_are_gone_after_their_calls() {
    let pair = Pair::new();
    for _ in 0..3 {
        pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1.0.0")).await.expect("answer");
    }
    // A ping goes behind the closing frames, and its answer behind the ones of the peer at the latest the second time.
    for _ in 0..4 {
        within(pair.client.ping()).await.expect("pong");
        within(pair.server.ping()).await.expect("pong");
    }
    assert_eq!(pair.client.stream_count(), 0);
    assert_eq!(pair.server.stream_count(), 0);
}

#[tokio::test]
async fn many_calls_run_at_once() {
    let pair = Pair::new();
    let calls = (0..200).map(|i| {
        let client = pair.client.clone();
        async move {
            let version = format!("v{i}.0.0");
            let answer = client.unary(agent_methods::UPDATE_STARTUP, &startup(&version)).await.expect("answer");
            assert_eq!(answer.version, version);
        }
    });
    within(futures_util::future::join_all(calls)).await;
}

#[tokio::test]
async fn an_error_of_a_handler_reaches_the_caller_with_its_text() {
    let pair = Pair::new();
    let request = agent::UpdateStartupRequest::default();
    let error = pair.client.unary(agent_methods::UPDATE_STARTUP, &request).await.expect_err("an error");
    let rpc = error.as_rpc().expect("of the peer");
    assert_eq!((rpc.code, rpc.message.as_str()), (0, "startup is required"));
}

#[tokio::test]
async fn methods_that_are_not_served_say_so() {
    let pair = Pair::new();
    let error = pair.client.unary(agent_methods::PUSH_CONTEXT_STATE, &Default::default()).await.expect_err("an error");
    assert!(error.is_unimplemented());
    let error = pair.client.unary(agent_methods::UPDATE_STATS, &Default::default()).await.expect_err("an error");
    let rpc = error.as_rpc().expect("of the peer");
    assert_eq!(rpc.code, 0);
    assert_eq!(rpc.message, "protocol error: unknown rpc: \"/coder.agent.v2.Agent/UpdateStats\"");
}

#[tokio::test]
async fn a_panic_ends_its_call_only() {
    let pair = Pair::new();
    let error = pair.client.unary(agent_methods::GET_ANNOUNCEMENT_BANNERS, &Default::default()).await;
    assert_eq!(error.expect_err("an error").as_rpc().map(|e| e.message.clone()).as_deref(), Some("internal error"));
    pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1.0.0")).await.expect("the session lives");
}

#[tokio::test]
async fn dropping_a_unary_call_drops_its_handler() {
    let mut pair = Pair::new();
    let client = pair.client.clone();
    let request = Default::default();
    let call = client.unary(agent_methods::GET_MANIFEST, &request);
    tokio::select! {
        _ = call => panic!("no answer is expected"),
        event = pair.event() => assert_eq!(event, "manifest started"),
    }
    assert_eq!(pair.event().await, "manifest dropped");
}

#[tokio::test]
async fn a_server_stream_arrives_and_is_cancelled_by_dropping_the_receiver() {
    let mut pair = Pair::new();
    let mut maps =
        pair.client.server_stream(tailnet_methods::STREAM_DERP_MAPS, &Default::default()).await.expect("call");
    for _ in 0..3 {
        assert!(within(maps.recv()).await.expect("a map").is_some());
    }
    drop(maps);
    assert_eq!(pair.event().await, "derp maps dropped");
}

#[tokio::test]
async fn a_large_server_stream_passes_through_a_small_window() {
    let pair = Pair::new();
    let request = provisionerd::FileRequest { file_id: "20".into(), ..Default::default() };
    let mut files = pair.client.server_stream(provisioner_daemon_methods::DOWNLOAD_FILE, &request).await.expect("call");
    for i in 0..20 {
        assert_eq!(within(files.recv()).await.expect("a file"), Some(file_chunk(i)));
    }
    assert_eq!(within(files.recv()).await.expect("the end"), None);
}

#[tokio::test]
async fn an_unread_stream_does_not_stall_other_calls() {
    let pair = Pair::new();
    let request = provisionerd::FileRequest { file_id: "20".into(), ..Default::default() };
    let mut files = pair.client.server_stream(provisioner_daemon_methods::DOWNLOAD_FILE, &request).await.expect("call");
    assert!(within(files.recv()).await.expect("a file").is_some());
    for _ in 0..20 {
        within(pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1.0.0"))).await.expect("answer");
    }
    for _ in 1..20 {
        assert!(within(files.recv()).await.expect("a file").is_some());
    }
}

#[tokio::test]
async fn an_unread_stream_that_is_cancelled_leaves_nothing_behind() {
    let pair = Pair::new();
    let request = provisionerd::FileRequest { file_id: "20".into(), ..Default::default() };
    let files = pair.client.server_stream(provisioner_daemon_methods::DOWNLOAD_FILE, &request).await.expect("call");
    within(pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1.0.0"))).await.expect("answer");
    drop(files);
    for _ in 0..4 {
        within(pair.client.ping()).await.expect("pong");
        within(pair.server.ping()).await.expect("pong");
    }
    assert_eq!((pair.client.stream_count(), pair.server.stream_count()), (0, 0));
}

#[tokio::test]
async fn a_client_stream_is_answered_after_its_end() {
    let mut pair = Pair::new();
    let mut upload = pair.client.client_stream(provisioner_daemon_methods::UPLOAD_FILE).await.expect("call");
    let mut total = 0;
    for i in 0..10 {
        let chunk = file_chunk(i);
        total += crate::prost_len(&chunk);
        within(upload.send(&chunk)).await.expect("sent");
    }
    within(upload.finish()).await.expect("answer");
    assert_eq!(pair.event().await, format!("uploaded {total}"));
}

#[tokio::test]
async fn a_dropped_client_stream_is_a_lost_caller() {
    let mut pair = Pair::new();
    let mut upload = pair.client.client_stream(provisioner_daemon_methods::UPLOAD_FILE).await.expect("call");
    within(upload.send(&file_chunk(0))).await.expect("sent");
    drop(upload);
    assert!(pair.event().await.starts_with("upload failed"), "not taken for an end");
}

#[tokio::test]
async fn a_bidirectional_call_talks_both_ways_until_the_handler_ends() {
    let mut pair = Pair::new();
    let (mut tx, mut rx) = pair.client.bidi(tailnet_methods::COORDINATE).await.expect("call");
    for _ in 0..5 {
        tx.send(&tailnet::CoordinateRequest::default()).await.expect("sent");
        let response = within(rx.recv()).await.expect("a response").expect("not the end");
        assert_eq!(response.error, "hello");
    }
    let bye = tailnet::CoordinateRequest { disconnect: Some(Default::default()), ..Default::default() };
    tx.send(&bye).await.expect("sent");
    assert_eq!(within(rx.recv()).await.expect("the end"), None);
    assert_eq!(pair.event().await, "disconnect");
}

#[tokio::test]
async fn dropping_the_sender_is_a_half_close() {
    let mut pair = Pair::new();
    let (tx, mut rx) = pair.client.bidi(tailnet_methods::COORDINATE).await.expect("call");
    drop(tx);
    assert_eq!(within(rx.recv()).await.expect("the end"), None);
    assert_eq!(pair.event().await, "coordinate ended");
}

#[tokio::test]
async fn dropping_the_receiver_is_a_lost_caller() {
    let mut pair = Pair::new();
    let (mut tx, mut rx) = pair.client.bidi(tailnet_methods::COORDINATE).await.expect("call");
    tx.send(&tailnet::CoordinateRequest::default()).await.expect("sent");
    assert!(within(rx.recv()).await.expect("a response").is_some());
    drop(rx);
    assert!(pair.event().await.starts_with("coordinate lost"));
    assert!(matches!(tx.send(&Default::default()).await, Err(Error::Finished | Error::Disconnected)));
}

#[tokio::test]
async fn what_was_sent_before_a_call_is_given_up_still_arrives() {
    let mut pair = Pair::new();
    let (mut tx, rx) = pair.client.bidi(tailnet_methods::COORDINATE).await.expect("call");
    let bye = tailnet::CoordinateRequest { disconnect: Some(Default::default()), ..Default::default() };
    tx.send(&bye).await.expect("sent");
    drop((tx, rx));
    pair.client.close();
    assert_eq!(pair.event().await, "disconnect");
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_before_it_is_sent() {
    let pair = Pair::new();
    let request = startup(&"x".repeat(5 << 20));
    let error = pair.client.unary(agent_methods::UPDATE_STARTUP, &request).await.expect_err("too large");
    assert!(matches!(error, Error::TooLarge(_)));
    let request = startup(&"x".repeat(4_000_000));
    within(pair.client.unary(agent_methods::UPDATE_STARTUP, &request)).await.expect("below the limit");
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_calls_and_its_service() {
    let mut pair = Pair::new();
    let (mut tx, mut rx) = pair.client.bidi(tailnet_methods::COORDINATE).await.expect("call");
    tx.send(&tailnet::CoordinateRequest::default()).await.expect("sent");
    assert!(within(rx.recv()).await.expect("a response").is_some());
    pair.client.close();
    assert!(matches!(within(rx.recv()).await, Err(Error::Closed(CloseReason::Local))));
    assert_eq!(within(pair.client.closed()).await, CloseReason::Local);
    assert_eq!(within(pair.server.closed()).await, CloseReason::Eof);
    assert!(pair.event().await.starts_with("coordinate lost"));
    within(pair.serving).await.expect("no panic").expect("an ordinary end");
    assert!(matches!(
        pair.client.unary(agent_methods::UPDATE_STARTUP, &startup("v1")).await,
        Err(Error::Closed(CloseReason::Local))
    ));
}

#[tokio::test]
async fn cancelling_the_service_ends_the_session() {
    let mut pair = Pair::new();
    let client = pair.client.clone();
    let call = tokio::spawn(async move { client.unary(agent_methods::GET_MANIFEST, &Default::default()).await });
    assert_eq!(pair.event().await, "manifest started");
    pair.cancel.cancel();
    within(pair.serving).await.expect("no panic").expect("an ordinary end");
    assert!(matches!(within(call).await.expect("no panic"), Err(Error::Closed(CloseReason::Eof))));
}

#[tokio::test]
async fn dropping_all_handles_ends_the_session() {
    let Pair { client, server, serving, .. } = Pair::new();
    drop(client);
    assert_eq!(within(server.closed()).await, CloseReason::Eof);
    within(serving).await.expect("no panic").expect("an ordinary end");
}
