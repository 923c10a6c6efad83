//! Tables on a terminal or in a pipe.
//!
//! On a terminal cells are cut so that a row is a line; elsewhere nothing is cut and
//! nothing is coloured (the colours are taken out by [`crate::out`]).

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Row, Table};

use crate::watch::colour;

/// A cell before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Plain(String),
    State(String),
    /// Names of fields.
    Label(String),
}

impl Text {
    fn cell(&self, one_line: bool) -> Cell {
        let (Self::Plain(text) | Self::State(text) | Self::Label(text)) = self;
        let clean = clean(text, one_line);
        let cell = Cell::new_owned(clean);
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

/// A list: one line for each row. Without a width nothing is cut.
pub(crate) fn list(headers: &[String], rows: &[Vec<Text>], width: Option<u16>) -> String {
    let mut table = bare(width);
    let titles: Vec<Text> = headers
        .iter()
        .map(|header| Text::Label(header.to_uppercase().replace('_', " ")))
        .collect();
    table.set_header(row(&titles, width, true));
    table.add_rows(rows.iter().map(|cells| row(cells, width, true)));
    drawn(table)
}

/// One object: a line or more for each field.
pub(crate) fn fields(rows: &[[Text; 2]], width: Option<u16>) -> String {
    let mut table = bare(width);
    table.add_rows(rows.iter().map(|cells| row(cells, None, false)));
    drawn(table)
}

/// Columns two spaces apart, the first one at the margin.
fn drawn(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

fn bare(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).enforce_styling();
    table.style_text_only();
    table.set_truncation_indicator("…");
    match width {
        Some(width) => table
            .set_width(width)
            .set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn row(cells: &[Text], width: Option<u16>, one_line: bool) -> Row {
    let mut row: Row = cells
        .iter()
        .map(|text| text.cell(one_line))
        .collect::<Vec<_>>()
        .into();
    if width.is_some() {
        row.max_height(1);
    }
    row
}

/// Without control characters: what a task printed must not steer the terminal.
fn clean(text: &str, one_line: bool) -> String {
    let kept = |character: char| match character {
        '\n' if !one_line => '\n',
        '\t' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(kept).collect()
}

fn terminal(colour: anstyle::AnsiColor) -> Color {
    match colour {
        anstyle::AnsiColor::Green => Color::Green,
        anstyle::AnsiColor::Red => Color::Red,
        anstyle::AnsiColor::Cyan => Color::Cyan,
        _ => Color::Yellow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<Text>> {
        let row = |name: &str, state: &str, info: &str| {
            vec![
                Text::Plain(name.to_owned()),
                Text::State(state.to_owned()),
                Text::Plain(info.to_owned()),
            ]
        };
        vec![
            row(
                "upgrade",
                "ERROR",
                "One or more actions\nhad failed, and this is why: \u{1b}[2J",
            ),
            row("hello", "SUCCESS", ""),
        ]
    }

    fn drawn(width: Option<u16>) -> String {
        let headers = ["name", "state", "state_info"].map(str::to_owned);
        anstream::adapter::strip_str(&list(&headers, &rows(), width)).to_string()
    }

    #[test]
    fn nothing_is_cut_in_a_pipe() {
        insta::assert_snapshot!(drawn(None));
    }

    #[test]
    fn a_row_is_a_line_on_a_terminal() {
        let text = drawn(Some(50));
        assert!(
            text.lines().all(|line| line.chars().count() <= 50),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn states_are_coloured() {
        let text = list(
            &["s".to_owned()],
            &[vec![Text::State("ERROR".to_owned())]],
            None,
        );
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
