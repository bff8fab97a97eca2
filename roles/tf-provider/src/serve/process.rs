//! The life of the process: connections, the call that ends it, signals, a client that vanished.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::{Code, Status};
use warren_tfplugin::handshake::HEALTH_SERVICE;
use warren_tfplugin::health::health_check_response::ServingStatus;
use warren_tfplugin::health::health_server::{Health, HealthServer};
use warren_tfplugin::health::{HealthCheckRequest, HealthCheckResponse};
use warren_tfplugin::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use warren_tfplugin::plugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use warren_tfplugin::plugin::{Empty, StdioData};
use warren_tfplugin::tfplugin5::provider_server::ProviderServer;

use super::listen::{Listener, Stream as Socket};
use super::provider::Service;

/// Largest message. Terraform's own limit is the same.
const MAX_MESSAGE_BYTES: usize = 256 << 20;
/// A handshake on the same machine takes milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The client waits two seconds for the process to end and then kills it.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// How often to look whether the client still lives.
const ORPHAN_INTERVAL: Duration = Duration::from_secs(2);

/// The process that started this one.
#[derive(Clone, Copy)]
pub struct Client(Option<u32>);

impl Client {
    /// To be called before the client can know that this process is ready, and go away.
    pub fn of_process() -> Self {
        Self(parent())
    }

    /// Whether it is still the parent of this process.
    fn lives(self) -> bool {
        self.0 == parent()
    }
}

#[cfg(unix)]
fn parent() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

#[cfg(not(unix))]
fn parent() -> Option<u32> {
    None
}

/// Every service of the process.
#[derive(Clone)]
struct Services {
    provider: ProviderServer<Service>,
    controller: GrpcControllerServer<Controller>,
    stdio: GrpcStdioServer<Controller>,
    health: HealthServer<Controller>,
}

/// Serves until the client asks for the end, goes away, or the process is told to terminate.
pub async fn run(client: Client, listener: Listener, acceptor: TlsAcceptor, provider: Service) {
    let end = CancellationToken::new();
    let controller = Controller(end.clone());
    let services = Services {
        provider: ProviderServer::new(provider).max_decoding_message_size(MAX_MESSAGE_BYTES),
        controller: GrpcControllerServer::new(controller.clone()),
        stdio: GrpcStdioServer::new(controller.clone()),
        health: HealthServer::new(controller),
    };
    let mut connections = JoinSet::new();
    let mut signals = pin!(terminated());
    let mut orphaned = pin!(orphaned(client));
    loop {
        tokio::select! {
            () = end.cancelled() => break,
            () = &mut signals => break,
            () = &mut orphaned => break,
            accepted = listener.accept() => match accepted {
                Ok(socket) => {
                    let connection = connection(socket, acceptor.clone(), services.clone(), end.clone());
                    connections.spawn(connection);
                }
                // The process cannot be reached any more.
                Err(_) => break,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    end.cancel();
    let drained = async { while connections.join_next().await.is_some() {} };
    // Whatever hangs is cut off when the set is dropped.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
}

/// One connection to its end. Strangers are dropped without a word: they can do nothing with one.
async fn connection(socket: impl Socket, acceptor: TlsAcceptor, services: Services, end: CancellationToken) {
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket));
    let Ok(Ok(stream)) = handshake.await else { return };
    let service = service_fn(move |request| dispatch(services.clone(), request));
    let served =
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    tokio::select! {
        _ = &mut served => {}
        () = end.cancelled() => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
}

/// Hands a request to the service that its path names.
async fn dispatch(mut services: Services, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let service = request.uri().path().split('/').nth(1).unwrap_or("");
    match service {
        "tfplugin5.Provider" => services.provider.call(request).await,
        "plugin.GRPCController" => services.controller.call(request).await,
        "plugin.GRPCStdio" => services.stdio.call(request).await,
        "grpc.health.v1.Health" => services.health.call(request).await,
        _ => Ok(Status::new(Code::Unimplemented, "").into_http()),
    }
}

/// The services that every plugin has.
#[derive(Clone)]
struct Controller(CancellationToken);

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: tonic::Request<Empty>) -> Result<tonic::Response<Empty>, Status> {
        self.0.cancel();
        Ok(tonic::Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Controller {
    type StreamStdioStream = Pin<Box<dyn Stream<Item = Result<StdioData, Status>> + Send>>;

    /// Stays open and silent: the provider prints nothing after its first line.
    async fn stream_stdio(
        &self,
        _request: tonic::Request<()>,
    ) -> Result<tonic::Response<Self::StreamStdioStream>, Status> {
        let end = self.0.clone().cancelled_owned();
        let silence = futures_util::stream::once(end).filter_map(|()| async { None });
        Ok(tonic::Response::new(Box::pin(silence)))
    }
}

#[tonic::async_trait]
impl Health for Controller {
    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<HealthCheckResponse>, Status> {
        match request.get_ref().service.as_str() {
            "" | HEALTH_SERVICE => {
                let status = ServingStatus::Serving.into();
                Ok(tonic::Response::new(HealthCheckResponse { status }))
            }
            _ => Err(Status::not_found("unknown service")),
        }
    }
}

/// Ends when the process is told to terminate. An interrupt is not that: it reaches every process
/// of the terminal, and the client says by a call what it wants.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => return,
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    while tokio::signal::ctrl_c().await.is_ok() {}
    std::future::pending().await
}

/// Ends when the client died without a word, so that no process is left behind.
async fn orphaned(client: Client) {
    let mut ticks = tokio::time::interval(ORPHAN_INTERVAL);
    while client.lives() {
        ticks.tick().await;
    }
}
