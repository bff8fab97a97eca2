//! Tables without borders: upper-case headers, cells padded to the column, two spaces after each.

use anyhow::{Result, bail};

/// A column of a table of `R`.
pub struct Column<R> {
    /// The name as `-c` takes it; in capitals it is the header.
    pub name: &'static str,
    pub cell: fn(&R) -> String,
    /// Numbers stand at the right.
    pub right: bool,
}

impl<R> Column<R> {
    pub const fn new(name: &'static str, cell: fn(&R) -> String) -> Self {
        Self { name, cell, right: false }
    }

    pub const fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// Renders rows with the wanted columns in their order; no newline at the end.
pub fn render<R>(columns: &[Column<R>], wanted: &[String], rows: &[R]) -> Result<String> {
    let mut chosen = Vec::new();
    for name in wanted {
        match columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)) {
            Some(column) => chosen.push(column),
            None => bail!("unknown column {name:?}"),
        }
    }
    let header: Vec<String> = chosen.iter().map(|column| column.name.to_uppercase()).collect();
    let right: Vec<bool> = chosen.iter().map(|column| column.right).collect();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| chosen.iter().map(|column| (column.cell)(row)).collect()).collect();
    Ok(render_cells(&header, &right, &cells))
}

/// Renders ready cells.
pub fn render_cells(header: &[String], right: &[bool], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|text| width(text)).collect();
    for row in rows {
        for (known, cell) in widths.iter_mut().zip(row) {
            *known = (*known).max(width(cell));
        }
    }
    std::iter::once(header)
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| line(row, &widths, right))
        .collect::<Vec<_>>()
        .join("\n")
}

fn line(cells: &[String], widths: &[usize], right: &[bool]) -> String {
    let mut text = String::new();
    for ((cell, column_width), right) in cells.iter().zip(widths).zip(right) {
        let pad = " ".repeat(column_width.saturating_sub(width(cell)));
        if *right {
            text.push_str(&pad);
            text.push_str(cell);
        } else {
            text.push_str(cell);
            text.push_str(&pad);
        }
        text.push_str("  ");
    }
    text
}

/// The number of terminal cells of a text, for the characters that we print.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, u32);
    const COLUMNS: &[Column<Row>] =
        &[Column::new("workspace", |r| r.0.to_owned()), Column::new("total", |r: &Row| r.1.to_string()).right()];

    #[test]
    fn cells_are_padded_and_end_with_two_spaces() {
        let wanted = ["workspace".to_owned(), "total".to_owned()];
        let text = render(COLUMNS, &wanted, &[("dev", 1), ("★ alice/web-long", 20)]).expect("table");
        assert_eq!(text, "WORKSPACE         TOTAL  \ndev                   1  \n★ alice/web-long     20  ");
    }

    #[test]
    fn columns_come_in_the_order_asked_for_whatever_their_case() {
        let text = render(COLUMNS, &["TOTAL".to_owned(), "Workspace".to_owned()], &[("a", 3)]).expect("table");
        assert_eq!(text, "TOTAL  WORKSPACE  \n    3  a          ");
        assert!(render(COLUMNS, &["nosuch".to_owned()], &[]).is_err());
    }
}
