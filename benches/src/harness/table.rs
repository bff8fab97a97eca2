//! The figures of one benchmark, printed as a table.

use anyhow::{Result, bail};

use super::programs::Side;

/// What is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Less,
    More,
}

#[derive(Debug)]
struct Row {
    what: String,
    unit: &'static str,
    better: Better,
    ours: Option<f64>,
    official: Option<f64>,
    target: String,
    /// What the same run gave for the thing that bounds this one.
    limit: String,
}

/// A benchmark's figures.
#[derive(Debug)]
pub struct Table {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// A figure's name, unit, direction and target.
#[derive(Debug, Clone, Copy)]
pub struct Figure<'a> {
    pub what: &'a str,
    pub unit: &'static str,
    pub better: Better,
    pub target: &'a str,
}

/// Less is better.
pub fn less<'a>(what: &'a str, unit: &'static str, target: &'a str) -> Figure<'a> {
    Figure { what, unit, better: Better::Less, target }
}

/// More is better.
pub fn more<'a>(what: &'a str, unit: &'static str, target: &'a str) -> Figure<'a> {
    Figure { what, unit, better: Better::More, target }
}

impl Table {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), rows: Vec::new(), notes: Vec::new() }
    }

    /// Records a figure of one side. What is no number was not measured and is left out.
    pub fn set(&mut self, figure: Figure<'_>, side: Side, value: f64) {
        if !value.is_finite() {
            eprintln!("  {}: not measured", figure.what);
            return;
        }
        eprintln!("  {side:?}: {} = {} {}", figure.what, number(value), figure.unit);
        let row = self.row(figure);
        match side {
            Side::Ours => row.ours = Some(value),
            Side::Official => row.official = Some(value),
        }
    }

    /// Says what bounds a figure, as measured in the same run.
    pub fn limit(&mut self, what: &str, limit: impl Into<String>) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.what == what) {
            row.limit = limit.into();
        }
    }

    /// A line below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn row(&mut self, figure: Figure<'_>) -> &mut Row {
        let index = self.rows.iter().position(|row| row.what == figure.what).unwrap_or_else(|| {
            self.rows.push(Row {
                what: figure.what.to_owned(),
                unit: figure.unit,
                better: figure.better,
                ours: None,
                official: None,
                target: figure.target.to_owned(),
                limit: String::new(),
            });
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    /// Fails when a side that was to be measured has no figure at all.
    pub fn check(&self, sides: &[Side]) -> Result<()> {
        for side in sides {
            let measured = self.rows.iter().filter(|row| match side {
                Side::Ours => row.ours.is_some(),
                Side::Official => row.official.is_some(),
            });
            if measured.count() == 0 {
                bail!("nothing was measured ({side:?})");
            }
        }
        Ok(())
    }

    /// Prints it.
    pub fn print(&self) {
        println!("\n## {}\n", self.title);
        let header = ["what", "unit", "ours", "official", "ratio", "target", "limit (same run)"].map(str::to_owned);
        let mut lines = vec![header];
        for row in &self.rows {
            let show = |value: Option<f64>| value.map_or("-".to_owned(), number);
            let ratio = match (row.ours, row.official) {
                (Some(ours), Some(official)) if ours > 0.0 && official > 0.0 => {
                    let ratio = if row.better == Better::Less { official / ours } else { ours / official };
                    format!("{}×", number(ratio))
                }
                _ => "-".to_owned(),
            };
            lines.push([
                row.what.clone(),
                row.unit.to_owned(),
                show(row.ours),
                show(row.official),
                ratio,
                row.target.clone(),
                row.limit.clone(),
            ]);
        }
        let mut widths = [0; 7];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let cells: Vec<_> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("| {} |", cells.join(" | "));
            if index == 0 {
                println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
            }
        }
        for note in &self.notes {
            println!("- {note}");
        }
    }
}

/// Three significant digits, no exponent.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_without_figures_fails() {
        let mut table = Table::new("t");
        assert!(table.check(&[Side::Ours]).is_err());
        table.set(less("a", "ms", ""), Side::Ours, f64::NAN);
        assert!(table.check(&[Side::Ours]).is_err());
        table.set(less("a", "ms", ""), Side::Ours, 1.0);
        assert!(table.check(&[Side::Ours]).is_ok());
        assert!(table.check(&[Side::Ours, Side::Official]).is_err());
    }
}
