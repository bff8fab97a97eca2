#![doc = include_str!("../README.md")]

mod harness;
mod p1;
mod p10;
mod p11;
mod p13;
mod p15;
mod p2;
mod p3;
mod p4;
mod p6;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use harness::programs::{Programs, Side};
use harness::table::Table;

/// Prints figures of this build, and of the official programs where they are given: their figures come from the same
/// run on the same machine. See docs/benchmarks.md.
#[derive(Debug, Parser)]
#[command(name = "warren-benches")]
struct Options {
    /// Which to run; `all` for each of them.
    #[arg(required = true)]
    benchmarks: Vec<Name>,
    /// Smaller sizes and shorter times: minutes instead of half an hour, noisier figures.
    #[arg(long)]
    quick: bool,
    /// Measure one side alone.
    #[arg(long, value_enum)]
    only: Option<Side>,
    /// The largest fleet of P2 and P4, and the longest list of P6.
    #[arg(long, default_value_t = 10_000)]
    largest: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    P1,
    P2,
    P3,
    P4,
    P6,
    P10,
    P11,
    P13,
    P15,
    All,
}

const ALL: [Name; 9] = [Name::P1, Name::P3, Name::P15, Name::P13, Name::P6, Name::P10, Name::P11, Name::P4, Name::P2];

/// What every benchmark needs.
pub struct Bench {
    /// What to measure.
    pub programs: Programs,
    /// Smaller and shorter.
    pub quick: bool,
    /// The largest size of those that grow.
    pub largest: usize,
}

impl Bench {
    /// Chooses between the quick and the full value.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Three sizes up to the largest, for cost growth.
    pub fn sizes(&self, side: Side, quick: [usize; 3], full: [usize; 3]) -> Vec<usize> {
        // The official server needs minutes of both cores for what follows: its growth shows at smaller sizes.
        let official = [20, 40, 80];
        let sizes = if side == Side::Official { official } else { self.pick(quick, full) };
        let mut sizes: Vec<usize> = sizes.into_iter().map(|size| size.min(self.largest)).collect();
        sizes.dedup();
        sizes
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    // Ten thousand agents are twenty thousand sockets, here and in the server, which inherits this limit.
    harness::process::raise_file_limit();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} of the benchmarks measured nothing");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what was asked for; the number of those that failed or measured nothing.
async fn run(options: Options) -> Result<usize> {
    let programs = Programs::find(options.only).context("find the programs to measure")?;
    println!("{}", programs.describe());
    let bench = Bench { programs, quick: options.quick, largest: options.largest };
    let names: &[Name] = if options.benchmarks.contains(&Name::All) { &ALL } else { &options.benchmarks };
    let mut failed = 0;
    for name in names {
        let started = std::time::Instant::now();
        let result = run_one(&bench, *name).await.and_then(|table| {
            table.print();
            table.check(&bench.programs.sides())
        });
        if let Err(error) = result {
            eprintln!("\n{name:?} failed: {error:#}");
            failed += 1;
        }
        eprintln!("({name:?}: {:.0} s)", started.elapsed().as_secs_f64());
    }
    Ok(failed)
}

async fn run_one(bench: &Bench, name: Name) -> Result<Table> {
    match name {
        Name::P1 => p1::run(bench).await,
        Name::P2 => p2::run(bench).await,
        Name::P3 => p3::run(bench).await,
        Name::P4 => p4::run(bench).await,
        Name::P6 => p6::run(bench).await,
        Name::P10 => p10::run(bench).await,
        Name::P11 => p11::run(bench).await,
        Name::P13 => p13::run(bench).await,
        Name::P15 => p15::run(bench).await,
        Name::All => anyhow::bail!("`all` is not one benchmark"),
    }
}
