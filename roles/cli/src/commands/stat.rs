//! `stat`: use of processor, memory and disk; what most templates call for the metadata of agents.

mod host;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::commands::{OUTPUT, OUTPUT_TEXT, columns};
use crate::frame::{Command, Cx, Opt};
use crate::output::table::{Column, render};

const PREFIX: Opt = Opt::choice("prefix", &["Ki", "Mi", "Gi", "Ti"], "Unit prefix.").default("Gi");
const HOST: Opt = Opt::flag("host", "Ignore the limits of the container.");

pub static COMMAND: Command = Command::new("stat", "Show the use of resources.")
    .options(&[&[
        columns(
            &["host cpu", "host memory", "home disk", "container cpu", "container memory"],
            "host cpu,host memory,home disk,container cpu,container memory",
        ),
        OUTPUT,
    ]])
    .children(&[&CPU, &DISK, &MEM])
    .run(crate::action!(all));

static CPU: Command = Command::new("cpu", "Show the use of the processor, in cores.")
    .options(&[&[HOST, OUTPUT_TEXT]])
    .run(crate::action!(cpu));

static MEM: Command =
    Command::new("mem", "Show the use of memory.").options(&[&[HOST, PREFIX, OUTPUT_TEXT]]).run(crate::action!(mem));

static DISK: Command = Command::new("disk", "Show the use of a disk.")
    .usage("[path]", crate::frame::Args::Between(0, 1))
    .options(&[&[Opt::text("path", "A path on the disk.").default("/"), PREFIX, OUTPUT_TEXT]])
    .run(crate::action!(disk));

/// One measured value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    pub total: Option<f64>,
    pub unit: &'static str,
    pub used: f64,
}

impl Measure {
    fn json(&self) -> serde_json::Value {
        let number = |value: f64| {
            if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
        };
        json!({ "total": self.total.map(number), "unit": self.unit, "used": number(self.used) })
    }

    /// `1.5/4 cores (38%)`, `3.2/15.6 GiB (21%)`.
    fn text(&self, prefix: &str) -> String {
        let factor = match prefix {
            "Ki" => 1024.0,
            "Mi" => 1024.0 * 1024.0,
            "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
            "Gi" => 1024.0 * 1024.0 * 1024.0,
            _ => 1.0,
        };
        let used = short(self.used / factor);
        match self.total.filter(|total| *total > 0.0) {
            Some(total) => {
                let percent = self.used / total * 100.0;
                format!("{used}/{} {prefix}{} ({percent:.0}%)", short(total / factor), self.unit)
            }
            None => format!("{used} {prefix}{}", self.unit),
        }
    }
}

/// Three significant digits, without useless zeros.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

struct All {
    host_cpu: Measure,
    host_memory: Measure,
    home_disk: Measure,
    container_cpu: Option<Measure>,
    container_memory: Option<Measure>,
}

fn or_nil(value: &Option<Measure>, prefix: &str) -> String {
    value.as_ref().map_or_else(|| "<nil>".into(), |value| value.text(prefix))
}

const COLUMNS: &[Column<All>] = &[
    Column::new("host cpu", |a| a.host_cpu.text("")),
    Column::new("host memory", |a| a.host_memory.text("Gi")),
    Column::new("home disk", |a| a.home_disk.text("Gi")),
    Column::new("container cpu", |a| or_nil(&a.container_cpu, "")),
    Column::new("container memory", |a| or_nil(&a.container_memory, "Gi")),
];

async fn all(cx: &Cx) -> Result<()> {
    let home = crate::config::expand_home("~");
    let (host_cpu, container_cpu) = host::cpu_both().await?;
    let values = All {
        host_cpu,
        container_cpu,
        host_memory: host::memory()?,
        container_memory: host::container_memory(),
        home_disk: host::disk(&home)?,
    };
    if cx.opts.json() {
        let value = json!([{
            "host_cpu": values.host_cpu.json(),
            "host_memory": values.host_memory.json(),
            "home_disk": values.home_disk.json(),
            "container_cpu": values.container_cpu.as_ref().map(Measure::json),
            "container_memory": values.container_memory.as_ref().map(Measure::json),
        }]);
        outln!("{}", crate::output::json(&value)?);
        return Ok(());
    }
    outln!("{}", render(COLUMNS, &cx.opts.columns(), &[values])?);
    Ok(())
}

fn show(cx: &Cx, value: &Measure, prefix: &str) -> Result<()> {
    if cx.opts.json() {
        outln!("{}", crate::output::json(&value.json())?)
    } else {
        outln!("{}", value.text(prefix))
    }
    Ok(())
}

async fn cpu(cx: &Cx) -> Result<()> {
    let (host, container) = host::cpu_both().await?;
    let value = container.filter(|_| !cx.opts.flag("host")).unwrap_or(host);
    show(cx, &value, "")
}

async fn mem(cx: &Cx) -> Result<()> {
    let container = if cx.opts.flag("host") { None } else { host::container_memory() };
    let value = match container {
        Some(value) => value,
        None => host::memory()?,
    };
    show(cx, &value, cx.opts.text("prefix").unwrap_or("Gi"))
}

async fn disk(cx: &Cx) -> Result<()> {
    let path = cx.args.first().map_or_else(|| cx.opts.text("path").unwrap_or("/"), String::as_str);
    let value = host::disk(std::path::Path::new(path))?;
    show(cx, &value, cx.opts.text("prefix").unwrap_or("Gi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_that_templates_show() {
        let cores = Measure { total: Some(4.0), unit: "cores", used: 1.5 };
        assert_eq!(cores.text(""), "1.5/4 cores (38%)");
        let memory = Measure { total: Some(25_276_502_016.0), unit: "B", used: 3_094_396_928.0 };
        assert_eq!(memory.text("Gi"), "2.88/23.5 GiB (12%)");
        assert_eq!(memory.text("Mi"), "2951/24106 MiB (12%)");
        assert_eq!(Measure { total: None, unit: "cores", used: 0.25 }.text(""), "0.25 cores");
    }
}
