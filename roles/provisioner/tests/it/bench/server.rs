//! The scripted server, and the ways to it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warren_proto::provisioner::{ChunkPiece, DataUpload, FileUpload, TemplateVariable, VariableValue, file_upload};
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{
    AcquiredJob, CommitQuotaResponse, CompletedJob, Empty, FailedJob, UpdateJobRequest, UpdateJobResponse,
};
use warren_provisioner::{Credential, Dial, External};
use warren_rpc::{Router, RpcError, Session, WsPipe, pipe, serve};

use super::End;

#[derive(Default)]
pub struct Seen {
    pub updates: Vec<UpdateJobRequest>,
}

/// State of the scripted server.
pub struct Server {
    jobs: Mutex<mpsc::Receiver<AcquiredJob>>,
    pub seen: Mutex<Seen>,
    /// Told after each update.
    news: Notify,
    ends: mpsc::Sender<End>,
    pub canceled: std::sync::atomic::AtomicBool,
    /// Fires when a log line with this text arrives.
    pub cancel_at: Mutex<Option<String>>,
    pub modules: Mutex<Vec<u8>>,
    pub quota_ok: std::sync::atomic::AtomicBool,
    /// Ends the sessions over pipes.
    pub connection: Mutex<CancellationToken>,
}

impl Server {
    pub fn new(jobs: mpsc::Receiver<AcquiredJob>, ends: mpsc::Sender<End>) -> Self {
        Self {
            jobs: Mutex::new(jobs),
            seen: Mutex::default(),
            news: Notify::new(),
            ends,
            canceled: false.into(),
            cancel_at: Mutex::default(),
            modules: Mutex::default(),
            quota_ok: true.into(),
            connection: Mutex::default(),
        }
    }

    pub async fn seen_line(&self, text: &str) -> bool {
        let seen = self.seen.lock().await;
        seen.updates.iter().flat_map(|update| &update.logs).any(|log| log.output.contains(text))
    }

    pub async fn wait_for_line(&self, text: &str) {
        loop {
            let news = self.news.notified();
            if self.seen_line(text).await {
                return;
            }
            news.await;
        }
    }
}

fn router() -> Router<Arc<Server>> {
    Router::new()
        .bidi(methods::ACQUIRE_JOB_WITH_CANCEL, |server: Arc<Server>, mut requests, mut responses| async move {
            let mut jobs = server.jobs.lock().await;
            let job = tokio::select! {
                job = jobs.recv() => job,
                _ = requests.recv() => None,
            };
            responses.send(&job.unwrap_or_default()).await?;
            Ok(())
        })
        .unary(methods::UPDATE_JOB, |server: Arc<Server>, request: UpdateJobRequest| async move {
            server.update(request).await
        })
        .unary(methods::COMMIT_QUOTA, |server: Arc<Server>, _| async move {
            let ok = server.quota_ok.load(std::sync::atomic::Ordering::Relaxed);
            Ok(CommitQuotaResponse { ok, credits_consumed: 0, budget: -1 })
        })
        .unary(methods::FAIL_JOB, |server: Arc<Server>, failed: FailedJob| async move {
            let _ = server.ends.send(End::Failed(failed)).await;
            Ok(Empty {})
        })
        .unary(methods::COMPLETE_JOB, |server: Arc<Server>, completed: CompletedJob| async move {
            let _ = server.ends.send(End::Completed(completed)).await;
            Ok(Empty {})
        })
        .client_stream(methods::UPLOAD_FILE, |_: Arc<Server>, mut pieces| async move {
            while pieces.recv().await?.is_some() {}
            Ok(Empty {})
        })
        .server_stream(methods::DOWNLOAD_FILE, |server: Arc<Server>, _, mut pieces| async move {
            use sha2::{Digest, Sha256};
            let data = server.modules.lock().await.clone();
            let hash = bytes::Bytes::from(Sha256::digest(&data).to_vec());
            let file = |kind| FileUpload { r#type: Some(kind) };
            let head = DataUpload { upload_type: 1, data_hash: hash.clone(), file_size: data.len() as i64, chunks: 1 };
            pieces.send(&file(file_upload::Type::DataUpload(head))).await?;
            let piece = ChunkPiece { data: data.into(), full_data_hash: hash, piece_index: 0 };
            pieces.send(&file(file_upload::Type::ChunkPiece(piece))).await?;
            Ok(())
        })
}

impl Server {
    /// Like the real one: values of variables come back, a missing one is an error.
    async fn update(&self, request: UpdateJobRequest) -> Result<UpdateJobResponse, RpcError> {
        let mut seen = self.seen.lock().await;
        let canceled_now = match &*self.cancel_at.lock().await {
            Some(text) => request.logs.iter().any(|log| log.output.contains(text.as_str())),
            None => false,
        };
        if canceled_now {
            self.canceled.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        let values = variable_values(&request.template_variables, &request.user_variable_values);
        seen.updates.push(request);
        self.news.notify_waiters();
        let canceled = self.canceled.load(std::sync::atomic::Ordering::Relaxed);
        values.map(|variable_values| UpdateJobResponse { canceled, variable_values }).map_err(RpcError::new)
    }
}

fn variable_values(variables: &[TemplateVariable], given: &[VariableValue]) -> Result<Vec<VariableValue>, String> {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for variable in variables {
        let given = given.iter().find(|given| given.name == variable.name).map(|given| given.value.clone());
        let value = given.unwrap_or_else(|| variable.default_value.clone());
        if value.is_empty() && variable.required {
            missing.push(variable.name.clone());
        }
        if !value.is_empty() || variable.required {
            values.push(VariableValue { name: variable.name.clone(), value, sensitive: variable.sensitive });
        }
    }
    if missing.is_empty() {
        Ok(values)
    } else {
        Err(format!("required template variables need values: {}", missing.join(", ")))
    }
}

pub fn dial_pipe(server: Arc<Server>, tasks: TaskTracker) -> Dial {
    let router = Arc::new(router());
    Arc::new(move || {
        let (router, server, tasks) = (router.clone(), server.clone(), tasks.clone());
        async move {
            let (near, far) = pipe();
            let connection = server.connection.lock().await.clone();
            tasks.spawn(serve(Session::server(far), router, server, connection));
            Ok(Session::client(near))
        }
        .boxed()
    })
}

/// An external daemon's way: the request must say who it is.
pub async fn dial_websocket(server: Arc<Server>, tasks: TaskTracker, stop: CancellationToken) -> Dial {
    let router = Arc::new(router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let accepted = tasks.clone();
    tasks.spawn(async move {
        loop {
            let stream: TcpStream = tokio::select! {
                () = stop.cancelled() => return,
                stream = listener.accept() => stream.unwrap().0,
            };
            let (router, server) = (router.clone(), server.clone());
            accepted.spawn(async move {
                let socket = tokio_tungstenite::accept_hdr_async(stream, check_upgrade).await.unwrap();
                let _ = serve(Session::server(WsPipe::new(socket)), router, server, CancellationToken::new()).await;
            });
        }
    });
    external(&address).dial().unwrap()
}

/// A daemon of the default organization with a key.
pub fn external(address: &str) -> External {
    External {
        server: address.parse().unwrap(),
        organization: "default".to_owned(),
        name: "test".to_owned(),
        tags: [("zone".to_owned(), "a b".to_owned())].into(),
        credential: Credential::Key("secret-key".into()),
        build_version: "v0.1.0".to_owned(),
        tls: None,
    }
}

#[allow(clippy::result_large_err)]
fn check_upgrade(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    let expected = "/api/v2/organizations/default/provisionerdaemons/serve?version=1.15&name=test&provisioner=terraform&tag=zone%3Da+b";
    let key = request.headers().get("Coder-Provisioner-Daemon-Key").map(|value| value.as_bytes());
    assert_eq!(request.uri(), expected);
    assert_eq!(key, Some(b"secret-key".as_slice()));
    Ok(response)
}
