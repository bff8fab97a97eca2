//! The process itself, as far as /proc tells.

use super::Text;

/// Writes CPU time, memory, descriptors and network traffic of this process.
pub fn process(text: &mut Text) {
    #[cfg(target_os = "linux")]
    if let Ok(me) = procfs::process::Process::myself() {
        linux(&me, text);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = text;
}

#[cfg(target_os = "linux")]
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn linux(me: &procfs::process::Process, text: &mut Text) {
    let mut gauge = |kind, name: &str, help, value: f64| {
        text.family(name, kind, help);
        text.sample(name, &[], value);
    };
    if let Ok(stat) = me.stat() {
        let ticks = procfs::ticks_per_second() as f64;
        let cpu = (stat.utime + stat.stime) as f64 / ticks;
        gauge("counter", "process_cpu_seconds_total", "CPU time used.", cpu);
        if let Ok(boot) = procfs::boot_time_secs() {
            let start = boot as f64 + stat.starttime as f64 / ticks;
            gauge("gauge", "process_start_time_seconds", "Start of the process.", start);
        }
        let resident = stat.rss as f64 * procfs::page_size() as f64;
        gauge("gauge", "process_resident_memory_bytes", "Resident memory.", resident);
        gauge("gauge", "process_virtual_memory_bytes", "Virtual memory.", stat.vsize as f64);
    }
    if let Ok(count) = me.fd_count() {
        gauge("gauge", "process_open_fds", "Open file descriptors.", count as f64);
    }
    if let Ok(limits) = me.limits() {
        let value = |limit: procfs::process::LimitValue| match limit {
            procfs::process::LimitValue::Unlimited => 1.844_674_407_370_955_2e19,
            procfs::process::LimitValue::Value(value) => value as f64,
        };
        let files = value(limits.max_open_files.soft_limit);
        gauge("gauge", "process_max_fds", "Largest number of file descriptors.", files);
        let memory = value(limits.max_address_space.soft_limit);
        gauge("gauge", "process_virtual_memory_max_bytes", "Limit of virtual memory.", memory);
    }
    if let Ok(devices) = me.dev_status() {
        let (received, sent) =
            devices.values().fold((0, 0), |(r, s), device| (r + device.recv_bytes, s + device.sent_bytes));
        gauge("counter", "process_network_receive_bytes_total", "Bytes received.", received as f64);
        gauge("counter", "process_network_transmit_bytes_total", "Bytes sent.", sent as f64);
    }
}
