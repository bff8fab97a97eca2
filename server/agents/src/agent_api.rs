//! Questions to the agent's own HTTP API, through the server's node. Redirects are never followed: an agent is not
//! trusted to send the server anywhere.

use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use uuid::Uuid;
use warren_api::{WorkspaceAgentListeningPort, WorkspaceAgentListeningPortsResponse, WorkspaceAgentStatus};
use warren_core::{Cx, Error, Result};
use warren_rbac::Action;

use crate::Agents;
use crate::users::{get_agent, workspace_of};

/// Port of the agent's API inside the tunnel.
const API_PORT: u16 = 4;
/// A whole question.
const ASK_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer, bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Below this are the agent's own ports.
const FIRST_PORT: i64 = 9;
/// Ports of services that nobody wants to open in a browser.
const UNINTERESTING: [i64; 23] = [
    20, 21, 22, 23, 25, 53, 110, 143, 179, 389, 465, 587, 636, 989, 990, 993, 995, 3306, 3389, 5432, 27017, 27018,
    28017,
];

/// An agent's answer that is no success.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("dial the agent")]
    Dial(#[from] warren_tailnet::Error),
    #[error("http")]
    Http(#[from] hyper::Error),
    #[error("request")]
    Request(#[from] http::Error),
    #[error("the agent answered {0}")]
    Status(StatusCode),
    #[error("read the answer")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer does not parse")]
    Parse(#[from] serde_json::Error),
    #[error("no answer in time")]
    Timeout,
}

/// The ports that something in the workspace listens on.
///
/// # Errors
/// 404; 400 when the agent is not connected; 500 when it does not answer.
pub async fn listening_ports(cx: &Cx, agent: Uuid) -> Result<WorkspaceAgentListeningPortsResponse> {
    workspace_of(cx, agent, Action::Read).await?;
    let found = get_agent(cx, agent).await?;
    if found.status != WorkspaceAgentStatus::Connected {
        let message = format!("Agent state is {:?}, it must be in the \"connected\" state.", found.status.as_str());
        return Err(Error::invalid(message));
    }
    let agents = cx.services.extensions.get::<Agents>();
    let mut answer: WorkspaceAgentListeningPortsResponse = agents
        .ask(agent, "/api/v0/listening-ports")
        .await
        .map_err(|error| Error::new(500, "Internal error fetching listening ports.").cause(error))?;
    let of_apps: Vec<i64> = found.apps.iter().filter_map(|app| app_port(&app.url)).collect();
    answer.ports.retain(|WorkspaceAgentListeningPort { port, .. }| {
        *port >= FIRST_PORT && !UNINTERESTING.contains(port) && *port != 27_019 && !of_apps.contains(port)
    });
    Ok(answer)
}

fn app_port(url: &str) -> Option<i64> {
    url::Url::parse(url).ok()?.port_or_known_default().map(i64::from)
}

impl Agents {
    async fn ask<T: DeserializeOwned>(&self, agent: Uuid, path: &str) -> Result<T, AskError> {
        let ask = async {
            let stream = self.0.conns.dial(agent, API_PORT).await?;
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let request = Request::get(path)
                .header(header::HOST, "agent")
                .header(header::CONNECTION, "close")
                .body(Empty::<bytes::Bytes>::new())?;
            let exchange = async {
                let response = sender.send_request(request).await?;
                if response.status() != StatusCode::OK {
                    return Err(AskError::Status(response.status()));
                }
                let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(AskError::Body)?;
                Ok(serde_json::from_slice(&body.to_bytes())?)
            };
            let mut exchange = std::pin::pin!(exchange);
            let mut connection = std::pin::pin!(connection);
            let mut ended = false;
            loop {
                tokio::select! {
                    answer = &mut exchange => return answer,
                    _ = &mut connection, if !ended => ended = true,
                }
            }
        };
        timeout(ASK_TIMEOUT, ask).await.map_err(|_| AskError::Timeout)?
    }
}
