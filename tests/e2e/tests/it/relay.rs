//! Sessions outlive the relay.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use warren_e2e::{Deployment, Group, Options, programs, step};

use crate::story::Scene;

/// All bytes of a session travel through the relay: without it the session stands still, with it again it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_relay_stalls_a_session_and_a_restored_one_resumes_it() {
    let deployment = Deployment::start(Options { through_link: true, ..Options::default() }).await;
    let scene = Scene::set(&deployment, &programs().warren).await;
    let ssh = scene.admin.config_ssh().await;
    let link = deployment.link.as_ref().expect("asked for");

    let mut command = ssh.command("coder.dev", &["cat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut session = Group::spawn(&mut command);
    let mut input = session.child.stdin.take().expect("piped");
    let mut output = BufReader::new(session.child.stdout.take().expect("piped")).lines();

    input.write_all(b"before\n").await.expect("the session is open");
    let line = tokio::time::timeout(Duration::from_secs(60), output.next_line()).await.expect("in time").expect("text");
    assert_eq!(line.as_deref(), Some("before"));

    link.cut();
    input.write_all(b"during\n").await.expect("the session is open");
    let stalled = tokio::time::timeout(Duration::from_secs(3), output.next_line()).await;
    assert!(stalled.is_err(), "something came through a cut link: {stalled:?}");

    link.restore();
    step("session resumes", async {
        let line =
            tokio::time::timeout(Duration::from_secs(60), output.next_line()).await.expect("resumed").expect("text");
        assert_eq!(line.as_deref(), Some("during"));
    })
    .await;
    drop(input);
    assert_eq!(step("session ends", session.wait(Duration::from_secs(30))).await, Some(0));
    step("delete", scene.admin.ok(["delete", "dev", "-y"])).await;
    step("server ends", deployment.stop(&[])).await;
}
