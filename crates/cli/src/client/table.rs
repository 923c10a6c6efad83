//! Tables on a terminal or in a pipe.
//!
//! On a terminal a row is a line: columns are left out or cut so that it fits ([`fit`]).
//! Elsewhere nothing is cut and nothing is coloured (the colours are taken out by
//! [`crate::out`]).

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width,
};

use super::fit::{GAP, Wish, fit};
use crate::watch::colour;

/// A cell before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Plain(String),
    State(String),
    /// Names of fields.
    Label(String),
}

/// A column of a list with its cells.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) field: String,
    pub(crate) is_extra: bool,
    pub(crate) cells: Vec<Text>,
}

impl Text {
    fn text(&self) -> &str {
        let (Self::Plain(text) | Self::State(text) | Self::Label(text)) = self;
        text
    }

    fn cell(&self, one_line: bool) -> Cell {
        let cell = Cell::new_owned(clean(self.text(), one_line));
        match self {
            Self::Plain(_) => cell,
            Self::Label(_) => cell.add_attribute(Attribute::Bold),
            Self::State(state) => match colour(state) {
                Some(colour) => cell.fg(terminal(colour)),
                None => cell,
            },
        }
    }
}

impl Column {
    fn title(&self) -> Text {
        Text::Label(self.field.to_uppercase().replace('_', " "))
    }

    fn wish(&self) -> Wish {
        let length = |text: &Text| text.text().chars().count();
        let cells = self.cells.iter().map(length).max().unwrap_or(0);
        Wish {
            width: cells.max(length(&self.title())),
            is_extra: self.is_extra,
            is_empty: cells == 0,
        }
    }
}

/// A list: one line for each row. Without a width nothing is cut.
pub(crate) fn list(columns: &[Column], width: Option<u16>) -> String {
    let Some(width) = width else {
        let all: Vec<&Column> = columns.iter().collect();
        return drawn(lines(bare(None), &all));
    };
    let wishes: Vec<Wish> = columns.iter().map(Column::wish).collect();
    let places = fit(&wishes, usize::from(width));
    let kept: Vec<&Column> = places.iter().map(|(at, _)| &columns[*at]).collect();
    // The last column has a gap behind it, too.
    let mut table = lines(bare(Some(width.saturating_add(2))), &kept);
    table.set_truncation_indicator("…");
    let widths = places.iter().map(|(_, cells)| {
        let cells = u16::try_from(cells + GAP).unwrap_or(u16::MAX);
        ColumnConstraint::Absolute(Width::Fixed(cells))
    });
    table.set_constraints(widths.collect::<Vec<_>>());
    drawn(table)
}

fn lines(mut table: Table, columns: &[&Column]) -> Table {
    let row = |cells: Vec<Cell>| {
        let mut row = Row::from(cells);
        row.max_height(1);
        row
    };
    let titles = columns.iter().map(|column| column.title().cell(true));
    table.set_header(row(titles.collect()));
    let count = columns.first().map_or(0, |column| column.cells.len());
    for number in 0..count {
        let cells = columns.iter().map(|column| column.cells[number].cell(true));
        table.add_row(row(cells.collect()));
    }
    table
}

/// One object: a line or more for each field.
pub(crate) fn fields(rows: &[[Text; 2]], width: Option<u16>) -> String {
    let mut table = bare(width);
    for row in rows {
        table.add_row(row.iter().map(|text| text.cell(false)).collect::<Vec<_>>());
    }
    drawn(table)
}

fn bare(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).enforce_styling();
    table.style_text_only();
    match width {
        Some(width) => table
            .set_width(width)
            .set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

/// Columns a gap apart, the first one at the margin.
fn drawn(mut table: Table) -> String {
    let gap = u16::try_from(GAP).unwrap_or(1);
    for column in table.column_iter_mut() {
        column.set_padding((0, gap));
    }
    table.trim_fmt()
}

/// Without control characters: what a task printed must not steer the terminal.
fn clean(text: &str, one_line: bool) -> String {
    let kept = |character: char| match character {
        '\n' if !one_line => '\n',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(kept).collect()
}

fn terminal(colour: anstyle::AnsiColor) -> Color {
    match colour {
        anstyle::AnsiColor::Green => Color::DarkGreen,
        anstyle::AnsiColor::Red => Color::DarkRed,
        anstyle::AnsiColor::Cyan => Color::DarkCyan,
        _ => Color::DarkYellow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let column = |field: &str, is_extra, cells: [&str; 2]| Column {
            field: field.to_owned(),
            is_extra,
            cells: cells.map(|text| Text::Plain(text.to_owned())).to_vec(),
        };
        let states = ["ERROR", "SUCCESS"].map(|state| Text::State(state.to_owned()));
        let info = "One or more actions\nhad failed, and this is why: \u{1b}[2J";
        vec![
            column("name", false, ["upgrade", "hello"]),
            Column {
                cells: states.to_vec(),
                ..column("state", false, ["", ""])
            },
            column("tags", true, ["", ""]),
            column(
                "created_at",
                true,
                ["2026-11-21 12:00:00", "2026-11-21 12:00:01"],
            ),
            column("state_info", false, [info, ""]),
        ]
    }

    fn drawn(width: Option<u16>) -> String {
        let text = anstream::adapter::strip_str(&list(&columns(), width)).to_string();
        let width = width.map_or(usize::MAX, usize::from);
        assert!(
            text.lines().all(|line| line.chars().count() <= width),
            "{text}"
        );
        text
    }

    #[test]
    fn nothing_is_cut_in_a_pipe() {
        insta::assert_snapshot!(drawn(None));
    }

    #[test]
    fn a_row_is_a_line_on_a_terminal() {
        insta::assert_snapshot!(drawn(Some(70)));
        insta::assert_snapshot!(drawn(Some(40)));
    }

    #[test]
    fn states_are_coloured() {
        let text = list(&columns(), None);
        assert!(text.contains("\u{1b}["), "{text:?}");
    }

    #[test]
    fn fields_keep_their_lines() {
        let rows = [
            [
                Text::Label("name".to_owned()),
                Text::Plain("hello".to_owned()),
            ],
            [
                Text::Label("input".to_owned()),
                Text::Plain("{\n  \"a\": 1\n}".to_owned()),
            ],
        ];
        let text = fields(&rows, None);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
