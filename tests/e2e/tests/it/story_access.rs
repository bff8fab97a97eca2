//! Ways into a workspace other than SSH, and who is kept out.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use uuid::Uuid;
use warren_e2e::{Group, PASSWORD, Terminal, free_port, until};

use crate::story::Scene;

/// The app answers through the server, and its health check turns it healthy.
pub async fn path_app(scene: &Scene<'_>) {
    until("the app is healthy", Duration::from_secs(30), || async {
        let agent =
            scene.client.get::<serde_json::Value>(&format!("/api/v2/workspaceagents/{}", scene.agent)).await.ok()?;
        (agent["apps"][0]["health"] == "healthy").then_some(())
    })
    .await;
    let (status, page) = get(scene, "/@admin/dev.main/apps/files/", Some(&scene.admin.token())).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("README.txt"), "{page}");
    let (status, page) = get(scene, "/@admin/dev/apps/files/README.txt", Some(&scene.admin.token())).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("This directory is yours"), "{page}");
}

async fn get(scene: &Scene<'_>, path: &str, token: Option<&str>) -> (u16, String) {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let url = scene.deployment.url().join(path).expect("a path");
    let mut request = http.get(url).timeout(Duration::from_secs(30));
    if let Some(token) = token {
        request = request.header("Cookie", format!("coder_session_token={token}"));
    }
    let response = request.send().await.expect("the server answers");
    (response.status().as_u16(), response.text().await.unwrap_or_default())
}

/// Typing shows up, the size is known, and a terminal that is joined again still has its content.
pub async fn web_terminal(scene: &Scene<'_>) {
    let id = Uuid::new_v4();
    let mut terminal = Terminal::open(&scene.client, scene.agent, id).await.expect("the terminal opens");
    terminal.type_text("echo first-$((40 + 2))\r").await;
    terminal.expect("first-42").await;
    terminal.resize(123, 45).await;
    terminal.type_text("stty size\r").await;
    terminal.expect("45 123").await;
    terminal.close().await;

    let mut again = Terminal::open(&scene.client, scene.agent, id).await.expect("the terminal opens again");
    again.expect("first-42").await;
    again.type_text("exit\r").await;
    again.close().await;
}

/// A local port leads to the app's port in the workspace, and a UDP port to whatever answers there.
pub async fn port_forward(scene: &Scene<'_>) {
    let app = scene
        .client
        .get::<serde_json::Value>(&format!("/api/v2/workspaceagents/{}", scene.agent))
        .await
        .expect("agent");
    let url: url::Url = app["apps"][0]["url"].as_str().expect("an app URL").parse().expect("an app URL");
    let (near, far) = (free_port(), url.port().expect("the app has a port"));

    // The workspace is on this machine: what listens here listens there.
    let echo = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a UDP port");
    let (near_udp, far_udp) = (free_udp_port(), echo.local_addr().expect("its number").port());
    let echo = tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = echo.recv_from(&mut buffer).await {
            let _ = echo.send_to(&buffer[..length], from).await;
        }
    });

    let (tcp, udp) = (format!("127.0.0.1:{near}:{far}"), format!("127.0.0.1:{near_udp}:{far_udp}"));
    let mut command = scene.admin.command(["port-forward", "dev", "--tcp", &tcp, "--udp", &udp]);
    command.stderr(std::process::Stdio::piped());
    let mut group = Group::spawn(&mut command);
    let mut lines = BufReader::new(group.child.stderr.take().expect("piped")).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if line == "Ready!" {
                return;
            }
        }
        panic!("port-forward ended before it was ready");
    };
    tokio::time::timeout(Duration::from_secs(30), ready).await.expect("port-forward is ready");
    let page = reqwest::get(format!("http://127.0.0.1:{near}/README.txt")).await.expect("the app answers");
    assert!(page.text().await.expect("text").contains("This directory is yours"));
    let local = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a UDP port");
    local.connect(("127.0.0.1", near_udp)).await.expect("an address");
    until("a datagram comes back", Duration::from_secs(20), || async {
        local.send(b"hello").await.ok()?; // one or the other may be lost
        let mut buffer = [0; 16];
        let length = tokio::time::timeout(Duration::from_secs(1), local.recv(&mut buffer)).await.ok()?.ok()?;
        (&buffer[..length] == b"hello").then_some(())
    })
    .await;
    echo.abort();
    group.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(group.wait(Duration::from_secs(15)).await, Some(0));
}

fn free_udp_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a UDP port");
    socket.local_addr().expect("its number").port()
}

/// Another user of the deployment neither sees the workspace nor gets in by any door.
pub async fn second_user(scene: &Scene<'_>, program: &Path) {
    scene
        .admin
        .ok([
            "users",
            "create",
            "--username",
            "eve",
            "--full-name",
            "Eve",
            "--email",
            "eve@example.com",
            "--password",
            PASSWORD,
        ])
        .await;
    let nobody = scene.deployment.client(None);
    let token = nobody.login_with_password("eve@example.com", PASSWORD).await.expect("the new user can log in");
    let eve = scene.deployment.cli(program, "eve");
    eve.ok(["login", scene.deployment.url().as_str(), "--token", &token]).await;

    assert_eq!(eve.ok(["list", "--all"]).await, "", "nothing to see");
    for args in [
        &["show", "admin/dev"][..],
        &["ssh", "admin/dev", "--", "true"],
        &["stop", "admin/dev", "-y"],
        &["delete", "admin/dev", "-y"],
    ] {
        let said = eve.fails(args.iter().copied()).await;
        assert!(said.contains("not found") || said.contains("404"), "{args:?}: {said}");
    }
    let client = scene.deployment.client(Some(eve.token()));
    for path in [
        format!("/api/v2/workspaces/{}", scene.workspace),
        format!("/api/v2/workspaceagents/{}", scene.agent),
        format!("/api/v2/workspaceagents/{}/connection", scene.agent),
        format!("/api/v2/workspaceagents/{}/listening-ports", scene.agent),
    ] {
        let error = client.get::<serde_json::Value>(&path).await.expect_err(&path);
        assert!(matches!(&error, warren_client::Error::Api(api) if api.status == 404), "{path}: {error:?}");
    }
    for path in [
        format!("/api/v2/workspaceagents/{}/coordinate?version=2.0", scene.agent),
        format!("/api/v2/workspaceagents/{}/pty?reconnect={}", scene.agent, Uuid::new_v4()),
    ] {
        let error = client.websocket(&path).await.map(drop).expect_err(&path);
        assert!(matches!(&error, warren_client::Error::Api(api) if api.status == 404), "{path}: {error:?}");
    }
    let (status, page) = get(scene, "/@admin/dev.main/apps/files/", Some(&eve.token())).await;
    assert_eq!(status, 404, "{page}");
    let (status, page) = get(scene, "/@admin/dev.main/apps/files/", None).await;
    assert!(status == 303 || status == 307 || status == 302, "nobody is sent to the login page: {status} {page}");
}
