//! Who may call which RPC: without a token, as somebody else, and as who it is for. A method that is served and
//! missing here fails.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use warren_proto::agent::agent_methods;
use warren_proto::provisionerd::provisioner_daemon_methods;
use warren_proto::tailnet::tailnet_methods;
use warren_proto::{Bidi, Method, ServerStream, Unary};
use warren_rpc::{DialOptions, Error, Session};

use crate::scripted_agent::World;

const LIMIT: Duration = Duration::from_secs(20);

/// How a method is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Unary,
    ServerStream,
    Bidi,
}

/// The methods of the shared service that both agents and clients may call, with their shapes.
const SHARED: &[(&str, Shape)] = &[
    (tailnet_methods::POST_TELEMETRY.path, Shape::Unary),
    (tailnet_methods::STREAM_DERP_MAPS.path, Shape::ServerStream),
    (tailnet_methods::REFRESH_RESUME_TOKEN.path, Shape::Unary),
    (tailnet_methods::COORDINATE.path, Shape::Bidi),
    (tailnet_methods::WORKSPACE_UPDATES.path, Shape::ServerStream),
];

fn shape(path: &str) -> Shape {
    // Every method of the agent's own service has one request and one response.
    SHARED.iter().find(|(name, _)| *name == path).map_or(Shape::Unary, |(_, shape)| *shape)
}

/// What a session answers to a method: `None` when it does not serve it at all.
async fn answer(session: &Session, path: &'static str) -> Option<Result<(), Error>> {
    let result = match shape(path) {
        Shape::Unary => session.unary(Method::<Unary, (), ()>::new(path), &()).await,
        Shape::ServerStream => match session.server_stream(Method::<ServerStream, (), ()>::new(path), &()).await {
            Ok(mut answers) => {
                tokio::time::timeout(LIMIT, answers.recv()).await.expect("an answer in time").map(|_| ())
            }
            Err(error) => Err(error),
        },
        Shape::Bidi => match session.bidi(Method::<Bidi, (), ()>::new(path)).await {
            // An empty request is valid and has no answer: a refusal would come at once.
            Ok((mut requests, mut answers)) => {
                let _ = requests.send(&()).await;
                let _ = requests.finish().await;
                tokio::time::timeout(LIMIT, answers.recv()).await.expect("an end in time").map(|_| ())
            }
            Err(error) => Err(error),
        },
    };
    match &result {
        Err(error) if error.as_rpc().is_some_and(|rpc| rpc.to_string().contains("unknown rpc")) => None,
        _ => Some(result),
    }
}

async fn dial(world: &World, path: &str, token: &str) -> Result<Session, u16> {
    let mut options = DialOptions::new(world.socket_url(path));
    if !token.is_empty() {
        let value = HeaderValue::from_str(token).unwrap();
        options = options.header(HeaderName::from_static("coder-session-token"), value);
    }
    match warren_rpc::dial(options).await {
        Ok(pipe) => Ok(Session::client(pipe)),
        Err(error) => Err(error.status().expect("a refusal by the server").as_u16()),
    }
}

#[tokio::test]
async fn every_served_method_is_known_here() {
    let world = World::start().await;
    let agents = world.parts.agents();
    let known: BTreeSet<&str> = agent_methods::ALL.iter().chain(tailnet_methods::ALL).copied().collect();
    for path in agents.agent_methods().into_iter().chain(agents.client_methods()) {
        assert!(known.contains(path), "{path} is served but not in this test");
    }
    for path in agents.client_methods() {
        assert!(SHARED.iter().any(|(name, _)| *name == path), "{path}: clients may call the shared service only");
    }
}

#[tokio::test]
async fn no_method_is_reached_without_a_token_or_with_somebody_elses() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let member = world.server.member(&world.owner, "eve").await;
    let coordinate = format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent);
    let agent_rpc = "/api/v2/workspaceagents/me/rpc?version=2.0";
    let organization = world.get("/organizations/default").await;
    let organization = organization["id"].as_str().unwrap();
    let daemons = format!(
        "/api/v2/organizations/{organization}/provisionerdaemons/serve?version=1.15&provisioner=terraform&name=eve&tag=scope%3Dorganization"
    );
    for (path, token, expected) in [
        (agent_rpc, "", 401),
        (agent_rpc, world.owner.as_str(), 401),
        (agent_rpc, "00000000-0000-4000-8000-000000000000", 401),
        (coordinate.as_str(), "", 401),
        (coordinate.as_str(), workspace.token.as_str(), 401),
        (coordinate.as_str(), member.as_str(), 404),
        ("/api/v2/tailnet?version=2.0", "", 401),
        ("/api/v2/tailnet?version=2.0", workspace.token.as_str(), 401),
        (daemons.as_str(), "", 401),
        (daemons.as_str(), workspace.token.as_str(), 401),
    ] {
        assert_eq!(dial(&world, path, token).await.err(), Some(expected), "{path} with {:.8}", token);
    }
    let refused = dial(&world, &daemons, &member).await.err();
    assert_eq!(refused, Some(403), "a member runs no daemon for everybody");
}

#[tokio::test]
async fn agents_and_clients_reach_their_own_methods_only() {
    let world = World::start().await;
    let workspace = world.workspace(8080).await;
    let agents = world.parts.agents();
    let coordinate = format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", workspace.agent);

    // Too little: a client of the workspace's own owner gets at no method of agents or daemons.
    let client = dial(&world, &coordinate, &world.owner).await.unwrap();
    for path in agent_methods::ALL.iter().chain(provisioner_daemon_methods::ALL) {
        assert!(answer(&client, path).await.is_none(), "a client calls {path}");
    }
    // Enough: everything that is meant for it is served.
    for path in agents.client_methods() {
        assert!(answer(&client, path).await.is_some(), "{path} does not answer a client");
    }

    let agent = dial(&world, "/api/v2/workspaceagents/me/rpc?version=2.8&role=agent", &workspace.token).await.unwrap();
    for path in provisioner_daemon_methods::ALL {
        assert!(answer(&agent, path).await.is_none(), "an agent calls {path}");
    }
    for path in agents.agent_methods() {
        assert!(answer(&agent, path).await.is_some(), "{path} does not answer an agent");
    }
}
