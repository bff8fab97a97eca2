use super::*;

#[tokio::test]
async fn initialises_starts_stops_and_starts_again() {
    let dir = tempfile::tempdir().unwrap();
    let first = start(options(dir.path())).await.unwrap();
    assert!(first.url().starts_with("postgres://coder:"));
    let pid = running_pid(dir.path());
    first.stop().await;
    assert!(!is_database(pid, &data_dir(dir.path())));
    let second = start(options(dir.path())).await.unwrap();
    assert_eq!(first.url(), second.url());
    second.stop().await;
}

#[tokio::test]
async fn starts_again_after_the_database_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = start(options(dir.path())).await.unwrap();
    let pid = running_pid(dir.path());
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let again = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let now = running_pid(dir.path());
            if now != pid && is_ready(&data_dir(dir.path()), now) {
                return;
            }
            tokio::time::sleep(START_POLL).await;
        }
    });
    again.await.unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn takes_over_data_with_a_stale_pid_file() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = start(options(dir.path())).await.unwrap();
    let pid_file = data_dir(dir.path()).join("postmaster.pid");
    let text = std::fs::read_to_string(&pid_file).unwrap();
    cluster.stop().await;
    // The number now belongs to another process: this one.
    let own = std::process::id().to_string();
    std::fs::write(&pid_file, text.replacen(text.lines().next().unwrap(), &own, 1)).unwrap();
    start(options(dir.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn refuses_data_of_another_major_version() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    std::fs::write(dir.path().join("data/PG_VERSION"), "9\n").unwrap();
    let error = start(options(dir.path())).await.unwrap_err();
    assert!(matches!(error, Error::OtherMajor { cluster: 9, .. }), "{error}");
}

fn options(dir: &Path) -> Options {
    Options { durable: false, ..Options::new(dir) }
}

fn data_dir(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap().join("data")
}

fn running_pid(dir: &Path) -> i32 {
    let text = std::fs::read_to_string(data_dir(dir).join("postmaster.pid")).unwrap_or_default();
    text.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}
