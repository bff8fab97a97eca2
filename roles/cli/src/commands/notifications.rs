//! `notifications`.

use anyhow::{Context, Result};

use crate::frame::{Args, Command, Cx};

pub static COMMAND: Command = Command::new("notifications", "Manage notifications.")
    .aliases(&["notification"])
    .children(&[&CUSTOM, &PAUSE, &RESUME, &TEST]);

static CUSTOM: Command = Command::new("custom", "Send a notification to yourself.")
    .usage("<title> <message>", Args::Exactly(2))
    .run(crate::action!(custom));
static PAUSE: Command = Command::new("pause", "Pause notifications.").run(crate::action!(pause));
static RESUME: Command = Command::new("resume", "Resume notifications.").run(crate::action!(resume));
static TEST: Command = Command::new("test", "Send a test notification.").run(crate::action!(test));

async fn custom(cx: &Cx) -> Result<()> {
    cx.client()?.send_custom_notification(cx.arg(0), cx.arg(1)).await.context("unable to post custom notification")?;
    eprintln!("A custom notification has been sent.");
    Ok(())
}

async fn pause(cx: &Cx) -> Result<()> {
    cx.client()?.set_notifications_paused(true).await.context("unable to pause notifications")?;
    eprintln!("Notifications are now paused.");
    Ok(())
}

async fn resume(cx: &Cx) -> Result<()> {
    cx.client()?.set_notifications_paused(false).await.context("unable to resume notifications")?;
    eprintln!("Notifications are now resumed.");
    Ok(())
}

async fn test(cx: &Cx) -> Result<()> {
    cx.client()?.send_test_notification().await.context("unable to post test notification")?;
    eprintln!(
        "A test notification has been sent. If you don't receive it, ask an administrator to look at the server's log."
    );
    Ok(())
}
