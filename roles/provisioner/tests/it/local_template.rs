//! The starter template `local` with a stand-in for the agent.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use warren_proto::provisioner::{VariableValue, WorkspaceTransition};
use warren_proto::provisionerd::acquired_job::Type;
use warren_template::archive::{PackOptions, pack_directory};

use crate::bench::{Bench, build, import};

/// What is downloaded instead of an agent: it leaves a process outside its group, and runs a "shutdown script".
const AGENT: &str = r#"#!/bin/sh
case $1 in --version) echo "Coder stand-in"; exit 0 ;; esac
env > "$HOME/environment"
id -u > "$HOME/uid"
nice > "$HOME/niceness"
setsid sleep 500 &
trap 'echo done > "$HOME/shutdown"; exit 0' TERM
echo $$ > "$HOME/pid"
while :; do sleep 0.1; done
"#;

async fn serve_agent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            assert!(String::from_utf8_lossy(&request[..read]).starts_with("GET /bin/coder-linux-"));
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{AGENT}", AGENT.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

async fn wait_for(path: &Path) -> String {
    let read = async {
        loop {
            match std::fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read)
        .await
        .unwrap_or_else(|_| panic!("{} never came", path.display()))
}

fn marked_processes(workspace: &str) -> usize {
    let marker = format!("WARREN_LOCAL_WORKSPACE={workspace}");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments
        .filter(|environment| environment.split(|byte| *byte == 0).any(|pair| pair == marker.as_bytes()))
        .count()
}

#[tokio::test]
async fn the_local_template_starts_stops_restarts_and_removes_a_workspace() {
    let Some(bench) = Bench::start().await else { return };
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates/local");
    let template = pack_directory(&template, PackOptions::default()).unwrap();
    let url = serve_agent().await;
    // An unprivileged user must be able to walk down to the home.
    std::fs::set_permissions(bench.dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let data = bench.dir.path().join("workspaces");
    let variable =
        |name: &str, value: &str| VariableValue { name: name.to_owned(), value: value.to_owned(), sensitive: false };
    let variables = vec![
        variable("data_dir", data.to_str().unwrap()),
        variable("run_as", "nobody"),
        variable("stop_timeout", "20"),
    ];

    let imported = bench.run(template.clone(), import()).await;
    assert_eq!(imported.error(), "", "{:#?}", imported.rows());
    let imported = imported.import();
    let parameters: Vec<_> = imported.rich_parameters.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(parameters, ["greeting", "niceness"]);
    let process = imported.start_resources.iter().find(|one| one.name == "process").unwrap();
    let agent = &process.agents[0];
    assert_eq!((agent.metadata.len(), agent.scripts.len(), agent.apps.len()), (2, 2, 1));
    assert!(agent.apps[0].healthcheck.is_some() && !agent.apps[0].subdomain);

    let id = uuid::Uuid::new_v4().to_string();
    let home = data.join(&id).join("home");
    let job = |transition, state: &[u8]| {
        let mut job = build(transition, state);
        let metadata = job.metadata.as_mut().unwrap();
        metadata.coder_url.clone_from(&url);
        metadata.workspace_id.clone_from(&id);
        job.variable_values.clone_from(&variables);
        Type::WorkspaceBuild(job)
    };
    let started = bench.run(template.clone(), job(WorkspaceTransition::Start, &[])).await;
    assert_eq!(started.error(), "", "{:#?}", started.rows());
    assert!(started.rows().iter().all(|row| !row[3].contains("CODER_AGENT_TOKEN")));
    let state = started.build().state;
    let first = wait_for(&home.join("pid")).await;
    let environment = std::fs::read_to_string(home.join("environment")).unwrap();
    assert!(!environment.contains("secret-token") && environment.contains("CODER_AGENT_TOKEN="), "{environment}");
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let own: i32 = stat.rsplit(") ").next().unwrap().split(' ').nth(16).unwrap().parse().unwrap();
    assert_eq!(wait_for(&home.join("niceness")).await, (own + 5).min(19).to_string());
    if nix::unistd::Uid::effective().is_root() {
        let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap().uid;
        assert_eq!(wait_for(&home.join("uid")).await, nobody.to_string());
    }
    std::fs::write(home.join("kept"), "x").unwrap();

    // A start without a stop before it replaces the process.
    let again = bench.run(template.clone(), job(WorkspaceTransition::Start, &state)).await;
    assert_eq!(again.error(), "", "{:#?}", again.rows());
    let state = again.build().state;
    let changed = async {
        while wait_for(&home.join("pid")).await == first {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changed).await.unwrap();
    assert_eq!(wait_for(&home.join("shutdown")).await, "done");
    std::fs::remove_file(home.join("shutdown")).unwrap();

    let stopped = bench.run(template.clone(), job(WorkspaceTransition::Stop, &state)).await;
    assert_eq!(stopped.error(), "", "{:#?}", stopped.rows());
    let state = stopped.build().state;
    assert_eq!(wait_for(&home.join("shutdown")).await, "done");
    assert_eq!(marked_processes(&id), 0);
    assert!(home.join("kept").exists());

    let deleted = bench.run(template, job(WorkspaceTransition::Destroy, &state)).await;
    assert_eq!(deleted.error(), "", "{:#?}", deleted.rows());
    assert!(!data.join(&id).exists());
    bench.shut_down().await;
}
