//! The text under construction: columns, indentation and blanks.

/// Spaces per level.
const INDENT: usize = 2;
/// Text is folded behind this column.
pub(super) const WIDTH: usize = 80;

pub(super) struct Writer {
    out: String,
    /// In characters.
    pub(super) column: usize,
    /// Indentation of the current collection; `None` outside of all.
    indent: Option<usize>,
    /// Whether the last character separates.
    whitespace: bool,
    /// Whether the line has only indentation and structure so far.
    indentation: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            whitespace: true,
            indentation: true,
        }
    }
}

impl Writer {
    pub(super) fn finish(mut self) -> String {
        if self.column > 0 {
            self.line_break('\n');
        }
        self.out
    }

    /// A plain scalar as a whole document needs an end marker.
    pub(super) fn end_open_document(&mut self) {
        self.line_break('\n');
        self.write("...");
    }

    pub(super) fn at_indentation(&self) -> bool {
        self.indentation
    }

    /// Enters a collection; gives the indentation to come back to.
    pub(super) fn indent(&mut self, deeper: bool) -> Option<usize> {
        let outer = self.indent;
        let step = if deeper { INDENT } else { 0 };
        self.indent = Some(outer.map_or(0, |indent| indent + step));
        outer
    }

    /// Enters a scalar, whose further lines are indented more.
    pub(super) fn indent_text(&mut self) -> Option<usize> {
        let outer = self.indent;
        self.indent = Some(outer.unwrap_or(0) + INDENT);
        outer
    }

    pub(super) fn outdent(&mut self, outer: Option<usize>) {
        self.indent = outer;
    }

    /// Moves to the indentation of the current collection, on this line if
    /// nothing but structure stands there.
    pub(super) fn start_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let passed = self.column > indent || self.column == indent && !self.whitespace;
        if !self.indentation || passed {
            self.line_break('\n');
        }
        if self.column < indent {
            self.whitespace = true;
            let missing = indent - self.column;
            self.out.extend(std::iter::repeat_n(' ', missing));
            self.column = indent;
        }
    }

    /// Writes a sign of content, behind a space if one is needed.
    pub(super) fn indicator(&mut self, indicator: &str, spaced: bool) {
        self.separate(spaced);
        self.write(indicator);
        self.whitespace = false;
        self.indentation = false;
    }

    /// Writes `-`, `?` or `:` as structure: a collection may begin behind it on
    /// the same line.
    pub(super) fn structure(&mut self, indicator: &str) {
        let indentation = self.indentation;
        self.indicator(indicator, true);
        self.indentation = indentation;
    }

    fn separate(&mut self, spaced: bool) {
        if spaced && !self.whitespace {
            self.write(" ");
        }
    }

    /// Begins a plain scalar, or goes on with a folded one.
    pub(super) fn begin_content(&mut self) {
        self.separate(true);
        self.continue_content();
    }

    pub(super) fn continue_content(&mut self) {
        self.whitespace = false;
        self.indentation = false;
    }

    pub(super) fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    pub(super) fn write_char(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    pub(super) fn line_break(&mut self, c: char) {
        self.out.push(c);
        self.whitespace = true;
        self.indentation = true;
        self.column = 0;
    }
}
