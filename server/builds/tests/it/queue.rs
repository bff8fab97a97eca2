//! Posting, acquiring, reporting, canceling, losing daemons.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use warren_builds::{Canceled, LogNotice, cancel_job, log_channel};
use warren_db::jobs::list_job_logs;
use warren_proto::provisioner::TemplateVariable;
use warren_proto::provisionerd::provisioner_daemon_methods as methods;
use warren_proto::provisionerd::{CancelAcquire, FailedJob, Log, UpdateJobRequest};
use warren_pubsub::Event;

use crate::world::{World, plain_tags};

fn id(job: &warren_proto::provisionerd::AcquiredJob) -> Uuid {
    job.job_id.parse().unwrap()
}

#[tokio::test]
async fn several_daemons_take_every_job_once_in_order() {
    let world = World::start().await;
    let mut posted = Vec::new();
    for _ in 0..6 {
        posted.push(world.import(plain_tags()).await.1);
    }
    let daemons: Vec<_> = (0..3).map(|n| world.daemon(&format!("d{n}"), plain_tags())).collect();
    let first = id(&daemons[0].acquire().await);
    assert_eq!(first, posted[0], "the oldest first");
    let mut taken = BTreeSet::from([first]);
    for round in 0..5 {
        assert!(taken.insert(id(&daemons[round % 3].acquire().await)), "no job twice");
    }
    assert_eq!(taken, posted.into_iter().collect());
}

#[tokio::test]
async fn waiting_daemons_are_woken_by_a_posting() {
    let world = World::start().await;
    let daemons = [world.daemon("a", plain_tags()), world.daemon("b", plain_tags())];
    let waiting = futures_util::future::join(daemons[0].acquire(), daemons[1].acquire());
    let posting = async { (world.import(plain_tags()).await.1, world.import(plain_tags()).await.1) };
    let ((a, b), (first, second)) = futures_util::future::join(waiting, posting).await;
    assert_eq!(BTreeSet::from([id(&a), id(&b)]), BTreeSet::from([first, second]));
}

#[tokio::test]
async fn tags_decide_who_may_run_a_job() {
    let world = World::start().await;
    let mut tagged = plain_tags();
    tagged.insert("zone".into(), "a".into());
    let special = world.daemon("special", tagged.clone());
    let plain_job = world.import(plain_tags()).await.1;
    let tagged_job = world.import(tagged).await.1;
    assert_eq!(id(&special.acquire().await), tagged_job, "a tagged daemon leaves untagged jobs");
    let plain = world.daemon("plain", plain_tags());
    assert_eq!(id(&plain.acquire().await), plain_job);
}

#[tokio::test]
async fn waiting_can_be_canceled() {
    let world = World::start().await;
    let daemon = world.daemon("d", plain_tags());
    let (mut requests, mut jobs) = daemon.session.bidi(methods::ACQUIRE_JOB_WITH_CANCEL).await.unwrap();
    requests.send(&CancelAcquire {}).await.unwrap();
    assert_eq!(jobs.recv().await.unwrap().unwrap().job_id, "");
    let job = world.import(plain_tags()).await.1;
    assert_eq!(id(&daemon.acquire().await), job, "the session goes on");
}

#[tokio::test]
async fn only_the_worker_may_report() {
    let world = World::start().await;
    let job = world.import(plain_tags()).await.1;
    let worker = world.daemon("worker", plain_tags());
    worker.acquire().await;
    let stranger = world.daemon("stranger", plain_tags());
    let update = UpdateJobRequest { job_id: job.to_string(), ..Default::default() };
    let refused = stranger.session.unary(methods::UPDATE_JOB, &update).await.unwrap_err();
    assert_eq!(refused.to_string(), "you don't own this job");
    let fail = FailedJob { job_id: job.to_string(), error: "x".into(), ..Default::default() };
    assert!(stranger.session.unary(methods::FAIL_JOB, &fail).await.is_err());
    assert!(!worker.session.unary(methods::UPDATE_JOB, &update).await.unwrap().canceled);
    worker.session.unary(methods::FAIL_JOB, &fail).await.unwrap();
    assert!(worker.session.unary(methods::FAIL_JOB, &fail).await.is_err(), "a complete job stays as it is");
    assert_eq!((world.job(job).await.status.as_str(), world.job(job).await.error.as_str()), ("failed", "x"));
}

#[tokio::test]
async fn cancel_reaches_the_worker_and_ends_what_nobody_took() {
    let world = World::start().await;
    let (taken, waiting) = (world.import(plain_tags()).await.1, world.import(plain_tags()).await.1);
    let daemon = world.daemon("d", plain_tags());
    let job = daemon.acquire().await;
    let conn = world.database.conn().await.unwrap();
    let cancel = async |job| cancel_job(&conn, world.builds.bus(), job, Timestamp::now()).await.unwrap();
    assert_eq!(cancel(taken).await, Canceled::Requested);
    assert_eq!(cancel(waiting).await, Canceled::Complete);
    assert_eq!(cancel(waiting).await, Canceled::Nothing);
    let update = UpdateJobRequest { job_id: taken.to_string(), ..Default::default() };
    assert!(daemon.session.unary(methods::UPDATE_JOB, &update).await.unwrap().canceled);
    daemon.complete(&job).await;
    assert_eq!(world.job(taken).await.status, "canceled", "complete after a cancel request is canceled");
    assert_eq!(world.job(waiting).await.status, "canceled");
}

#[tokio::test]
async fn logs_are_stored_announced_and_bounded() {
    let world = World::start().await;
    let job = world.import(plain_tags()).await.1;
    let daemon = world.daemon("d", plain_tags());
    let acquired = daemon.acquire().await;
    let mut news = world.builds.bus().subscribe(&log_channel(job));
    let line =
        |output: String| Log { source: 1, level: 2, created_at: 1_700_000_000_123, stage: "Planning".into(), output };
    let send = async |logs: Vec<Log>| {
        let update = UpdateJobRequest { job_id: job.to_string(), logs, ..Default::default() };
        daemon.session.unary(methods::UPDATE_JOB, &update).await.unwrap();
    };
    send(vec![line("one".into()), line("two".into())]).await;
    let conn = world.database.conn().await.unwrap();
    let stored = list_job_logs(&conn, job, 0).await.unwrap();
    assert_eq!(stored.iter().map(|line| line.output.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(stored[0].created_at.as_millisecond(), 1_700_000_000_123);
    let Event::Message(notice) = news.recv().await else { panic!("dropped") };
    assert_eq!(serde_json::from_str::<LogNotice>(&notice).unwrap().created_after, stored[0].id - 1);
    for _ in 0..3 {
        send((0..400).map(|_| line("x".repeat(2_000))).collect()).await;
    }
    assert!(world.job(job).await.logs_overflowed);
    let mut last = list_job_logs(&conn, job, 0).await.unwrap();
    while let Some(end) = last.last().map(|line| line.id) {
        let page = list_job_logs(&conn, job, end).await.unwrap();
        if page.is_empty() {
            break;
        }
        last = page;
    }
    assert!(last.last().unwrap().output.contains("limit"), "one line tells of the limit");
    daemon.complete(&acquired).await;
    loop {
        let Event::Message(notice) = news.recv().await else { continue };
        if serde_json::from_str::<LogNotice>(&notice).unwrap().end_of_logs {
            break;
        }
    }
    assert!(world.job(job).await.completed_at.is_some(), "complete before the end of the log is announced");
}

#[tokio::test]
async fn required_variables_are_asked_for() {
    let world = World::start().await;
    let job = world.import(plain_tags()).await.1;
    let daemon = world.daemon("d", plain_tags());
    daemon.acquire().await;
    let variable = |name: &str| TemplateVariable { name: name.into(), required: true, ..Default::default() };
    let update = UpdateJobRequest {
        job_id: job.to_string(),
        template_variables: vec![variable("a"), variable("b")],
        ..Default::default()
    };
    let refused = daemon.session.unary(methods::UPDATE_JOB, &update).await.unwrap_err();
    assert_eq!(refused.to_string(), "required template variables need values: a, b");
}

#[tokio::test]
async fn lost_import_goes_back_to_the_queue_and_another_daemon_does_it() {
    let world = World::start().await;
    let job = world.import(plain_tags()).await.1;
    let first = world.daemon("first", plain_tags());
    first.acquire().await;
    first.kill().await;
    let worker = world.job(job).await.worker_id.unwrap();
    world.builds.take_back_now(worker, job).await.unwrap();
    assert_eq!(world.job(job).await.status, "running", "it may come back");
    world.age(job, 60.0).await;
    world.builds.take_back_now(worker, job).await.unwrap();
    assert_eq!(world.job(job).await.status, "pending");
    let second = world.daemon("second", plain_tags());
    let again = second.acquire().await;
    assert_eq!(id(&again), job);
    second.complete(&again).await;
    assert_eq!(world.job(job).await.status, "succeeded");
}

#[tokio::test]
async fn lost_build_fails_and_the_workspace_can_be_built_again() {
    let world = World::start().await;
    let daemon = world.daemon("d", plain_tags());
    let workspace = world.workspace(&daemon, Default::default(), None).await;
    let job = id(&daemon.acquire().await);
    daemon.kill().await;
    world.age(job, 60.0).await;
    let row = world.job(job).await;
    world.builds.take_back_now(row.worker_id.unwrap(), job).await.unwrap();
    assert_eq!(world.job(job).await.status, "failed");
    let row = world.find(workspace).await;
    let (builds, request) = (world.builds.clone(), world.request(workspace, row.template_id, "start"));
    world.database.db.tx(|tx| async move { builds.create_build(&tx, request).await }).await.unwrap();
    assert_eq!(world.find(workspace).await.build_number, 2);
}

#[tokio::test]
async fn jobs_without_a_sign_of_life_are_given_up() {
    let world = World::start().await;
    let (running, pending) = (world.import(plain_tags()).await.1, world.import(plain_tags()).await.1);
    let daemon = world.daemon("d", plain_tags());
    daemon.acquire().await;
    assert_eq!(world.builds.reap_once(Timestamp::now()).await.unwrap(), 0);
    world.age(running, 301.0).await;
    world.age(pending, 301.0).await;
    assert_eq!(world.builds.reap_once(Timestamp::now()).await.unwrap(), 1);
    assert_eq!(
        (world.job(running).await.status.as_str(), world.job(pending).await.status.as_str()),
        ("failed", "pending")
    );
    world.age(pending, 1_600.0).await;
    assert_eq!(world.builds.reap_once(Timestamp::now()).await.unwrap(), 1);
    assert_eq!(world.job(pending).await.status, "failed");
    let log = list_job_logs(&world.database.conn().await.unwrap(), running, 0).await.unwrap();
    assert_eq!(log.len(), 5);
    assert!(log[2].output.contains("hung for 5 minutes"), "{}", log[2].output);
}

#[tokio::test]
async fn two_builds_at_once_collide() {
    let world = World::start().await;
    let daemon = world.daemon("d", plain_tags());
    let workspace = world.workspace(&daemon, Default::default(), None).await;
    daemon.complete_next().await;
    let template = world.find(workspace).await.template_id;
    let build = || {
        let (builds, request) = (world.builds.clone(), world.request(workspace, template, "stop"));
        world.database.db.tx(|tx| async move { builds.create_build(&tx, request).await })
    };
    let (a, b) = futures_util::future::join(build(), build()).await;
    assert!(a.is_ok() != b.is_ok(), "exactly one of two is made");
}
