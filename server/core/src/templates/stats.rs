//! Figures that are shown with templates: read for all of them at once, kept for a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use parking_lot::Mutex;
use uuid::Uuid;
use warren_api::{Template, TransitionStats};
use warren_db::Querier;
use warren_db::templates::{TemplateStatsRow, list_template_stats};

use crate::{Cx, Result};

/// How long figures are kept.
const KEPT: Duration = Duration::from_secs(60);
/// What counts: the last thirty days.
const WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

type Figures = Arc<HashMap<Uuid, TemplateStatsRow>>;

/// The figures and when they were read.
#[derive(Default)]
struct Kept(Mutex<Option<(Instant, Figures)>>);

/// Adds the figures to templates.
pub(super) async fn add(cx: &Cx, q: &impl Querier, mut templates: Vec<Template>) -> Result<Vec<Template>> {
    if templates.is_empty() {
        return Ok(templates);
    }
    let figures = figures(cx, q).await?;
    for template in &mut templates {
        let Some(row) = figures.get(&template.id) else { continue };
        template.active_user_count = row.active_users;
        for (transition, [p50, p95]) in &row.build_times.0 {
            let stats = TransitionStats { p50: Some(*p50), p95: Some(*p95) };
            template.build_time_stats.insert(transition.clone(), stats);
        }
    }
    Ok(templates)
}

async fn figures(cx: &Cx, q: &impl Querier) -> Result<Figures> {
    let kept = match cx.services.extensions.find::<Kept>() {
        Some(kept) => kept,
        None => {
            let kept = Arc::<Kept>::default();
            cx.services.extensions.set(kept.clone());
            kept
        }
    };
    if let Some((read_at, figures)) = kept.0.lock().clone()
        && read_at.elapsed() < KEPT
    {
        return Ok(figures);
    }
    let since = cx.services.now().checked_sub(WINDOW).unwrap_or_default();
    let rows = list_template_stats(q, since).await?;
    let figures: Figures = Arc::new(rows.into_iter().map(|row| (row.id, row)).collect());
    *kept.0.lock() = Some((Instant::now(), figures.clone()));
    Ok(figures)
}
