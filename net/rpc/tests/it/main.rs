//! Sessions end to end: both sides in this process, over pipes and over real websockets.

mod calls;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use warren_proto::agent::{self, agent_methods};
use warren_proto::provisionerd::{self, provisioner_daemon_methods};
use warren_proto::tailnet::{self, tailnet_methods};
use warren_proto::{agent as agent_messages, provisioner};
use warren_rpc::{Error, Router, RpcError, Session, pipe, serve};

/// What handlers tell a test.
#[derive(Clone)]
struct Ctx {
    events: mpsc::UnboundedSender<String>,
}

impl Ctx {
    fn note(&self, event: impl Into<String>) {
        let _ = self.events.send(event.into());
    }
}

/// Notes when it is dropped.
struct NoteDrop(Ctx, &'static str);

impl Drop for NoteDrop {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

/// A router with one method of each shape, and bad ones.
fn router() -> Arc<Router<Ctx>> {
    let router = Router::new()
        .unary(agent_methods::UPDATE_STARTUP, |_ctx: Ctx, req: agent::UpdateStartupRequest| async move {
            req.startup.ok_or_else(|| RpcError::new("startup is required"))
        })
        .unary(agent_methods::GET_MANIFEST, |ctx: Ctx, _| async move {
            let _guard = NoteDrop(ctx.clone(), "manifest dropped");
            ctx.note("manifest started");
            std::future::pending::<()>().await;
            Ok(agent::Manifest::default())
        })
        .unary(agent_methods::GET_ANNOUNCEMENT_BANNERS, |_ctx: Ctx, _| async move {
            if std::hint::black_box(true) {
                panic!("on purpose");
            }
            Ok(agent::GetAnnouncementBannersResponse::default())
        })
        .unimplemented(agent_methods::PUSH_CONTEXT_STATE)
        .server_stream(tailnet_methods::STREAM_DERP_MAPS, |ctx: Ctx, _, mut out| async move {
            let _guard = NoteDrop(ctx.clone(), "derp maps dropped");
            for _ in 0..3 {
                out.send(&tailnet::DerpMap::default()).await?;
            }
            out.closed().await;
            std::future::pending::<()>().await;
            Ok(())
        })
        .server_stream(
            provisioner_daemon_methods::DOWNLOAD_FILE,
            |_ctx: Ctx, req: provisionerd::FileRequest, mut out| async move {
                let count: usize = req.file_id.parse().map_err(|_| RpcError::new("not a number"))?;
                for i in 0..count {
                    out.send(&file_chunk(i)).await?;
                }
                Ok(())
            },
        )
        .client_stream(provisioner_daemon_methods::UPLOAD_FILE, |ctx: Ctx, mut files| async move {
            let mut bytes = 0;
            loop {
                match files.recv().await {
                    Ok(Some(file)) => bytes += prost_len(&file),
                    Ok(None) => break,
                    Err(e) => {
                        ctx.note(format!("upload failed: {e}"));
                        return Err(e.into());
                    }
                }
            }
            ctx.note(format!("uploaded {bytes}"));
            Ok(provisionerd::Empty {})
        })
        .bidi(tailnet_methods::COORDINATE, |ctx: Ctx, mut requests, mut out| async move {
            loop {
                match requests.recv().await {
                    Ok(Some(request)) if request.disconnect.is_some() => {
                        ctx.note("disconnect");
                        return Ok(());
                    }
                    Ok(Some(_)) => {
                        let response = tailnet::CoordinateResponse { error: "hello".into(), ..Default::default() };
                        out.send(&response).await?;
                    }
                    Ok(None) => {
                        ctx.note("coordinate ended");
                        return Ok(());
                    }
                    Err(e) => {
                        ctx.note(format!("coordinate lost: {e}"));
                        return Err(e.into());
                    }
                }
            }
        });
    Arc::new(router)
}

fn prost_len(message: &impl prost::Message) -> usize {
    message.encoded_len()
}

fn file_chunk(index: usize) -> provisioner::FileUpload {
    let piece = provisioner::ChunkPiece {
        data: vec![index as u8; 300_000].into(),
        piece_index: index as i32,
        ..Default::default()
    };
    provisioner::FileUpload { r#type: Some(provisioner::file_upload::Type::ChunkPiece(piece)) }
}

struct Pair {
    client: Session,
    server: Session,
    events: mpsc::UnboundedReceiver<String>,
    cancel: CancellationToken,
    serving: tokio::task::JoinHandle<Result<(), Error>>,
}

impl Pair {
    fn new() -> Self {
        let (a, b) = pipe();
        Self::over(Session::client(a), Session::server(b))
    }

    fn over(client: Session, server: Session) -> Self {
        let (tx, events) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let serving = tokio::spawn(serve(server.clone(), router(), Ctx { events: tx }, cancel.clone()));
        Self { client, server, events, cancel, serving }
    }

    async fn event(&mut self) -> String {
        within(self.events.recv()).await.expect("the handlers are alive")
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("in time")
}

fn startup(version: &str) -> agent_messages::UpdateStartupRequest {
    let startup = agent_messages::Startup { version: version.into(), ..Default::default() };
    agent_messages::UpdateStartupRequest { startup: Some(startup) }
}
