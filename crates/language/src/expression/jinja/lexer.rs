//! Turns a template into tokens, trimming blanks as `trim_blocks` and
//! `lstrip_blocks` demand.
//!
//! Invariant: every step consumes at least one byte, so lexing ends after at
//! most as many steps as the source has bytes.

use std::ops::Range;

use super::literal;
use super::syntax_error::SyntaxError;
use super::token::{Kind, SYMBOLS, Token};

/// The tokens up to the first problem, and that problem. The last token is
/// [`Kind::End`], at the place of the problem if there is one.
///
/// A parser must report the problem only if it gets that far.
pub(crate) struct Tokens<'s> {
    /// The tokens.
    pub(crate) tokens: Vec<Token<'s>>,
    /// What could not be read.
    pub(crate) problem: Option<SyntaxError>,
}

/// The tokens of a whole template.
pub(crate) fn template(source: &str) -> Tokens<'_> {
    let source = source.strip_suffix('\n').unwrap_or(source);
    let mut lexer = Lexer::new(source);
    let result = lexer.rest_of_template();
    lexer.finish(result)
}

/// The tokens of a bare expression, as between `{{` and `}}`.
pub(crate) fn expression(source: &str) -> Tokens<'_> {
    let mut lexer = Lexer::new(source);
    let result = lexer.inside(Delimiter::Print);
    let result = result.and_then(|()| lexer.rest_of_template());
    lexer.finish(result)
}

/// What opened the code that is being read.
#[derive(Clone, Copy, PartialEq)]
enum Delimiter {
    Print,
    Block,
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Token<'s>>,
    /// The last thing read ended a line, so what follows starts one.
    line_starting: bool,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            at: 0,
            tokens: Vec::new(),
            line_starting: true,
        }
    }

    fn finish(mut self, result: Result<(), SyntaxError>) -> Tokens<'s> {
        let problem = result.err();
        let end = problem
            .as_ref()
            .map_or(self.source.len(), |problem| problem.range.start);
        self.push(Kind::End, end..end);
        Tokens {
            tokens: self.tokens,
            problem,
        }
    }

    fn rest_of_template(&mut self) -> Result<(), SyntaxError> {
        while self.at < self.source.len() {
            self.root()?;
        }
        Ok(())
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind<'s>, range: Range<usize>) {
        self.tokens.push(Token { kind, range });
    }

    /// Moves on to `to` and remembers whether that is the start of a line.
    fn advance(&mut self, to: usize) {
        self.line_starting = self.source[..to].ends_with('\n');
        self.at = to;
    }

    /// Text up to the next delimiter, and what that delimiter opens.
    fn root(&mut self) -> Result<(), SyntaxError> {
        let Some(offset) = find_opening(self.rest()) else {
            self.data(self.at, self.source.len());
            self.at = self.source.len();
            return Ok(());
        };
        let open = self.at + offset;
        let print = self.source[open..].starts_with("{{");
        let sign = self.sign(open + 2);
        self.text_before(open, sign, !print);
        let inner = open + 2 + sign.map_or(0, char::len_utf8);
        if print {
            self.push(Kind::PrintBegin, open..inner);
            self.at = inner;
            self.inside(Delimiter::Print)
        } else if self.source[open..].starts_with("{#") {
            self.comment(open, inner)
        } else if let Some(body) = raw_begin(&self.source[inner..]) {
            self.raw(open, inner + body)
        } else {
            self.push(Kind::BlockBegin, open..inner);
            self.at = inner;
            self.inside(Delimiter::Block)
        }
    }

    fn sign(&self, at: usize) -> Option<char> {
        self.source[at..]
            .chars()
            .next()
            .filter(|c| matches!(c, '-' | '+'))
    }

    fn data(&mut self, from: usize, to: usize) {
        if from < to {
            self.push(Kind::Data(&self.source[from..to]), from..to);
        }
    }

    /// The text before a delimiter, trimmed by its sign or by `lstrip_blocks`.
    fn text_before(&mut self, open: usize, sign: Option<char>, lstrip: bool) {
        let text = &self.source[self.at..open];
        let kept = match sign {
            Some('-') => text.trim_end().len(),
            Some(_) => text.len(),
            None if lstrip => self.without_indent(text),
            None => text.len(),
        };
        self.data(self.at, self.at + kept);
    }

    fn without_indent(&self, text: &str) -> usize {
        let line = text.rfind('\n').map_or(0, |newline| newline + 1);
        let blank = line < text.len() && text[line..].chars().all(char::is_whitespace);
        if blank && (line > 0 || self.line_starting) {
            line
        } else {
            text.len()
        }
    }

    fn comment(&mut self, open: usize, inner: usize) -> Result<(), SyntaxError> {
        let Some(length) = self.source[inner..].find("#}") else {
            return Err(SyntaxError::new(
                "Missing end of comment tag",
                open..self.source.len(),
            ));
        };
        let close = inner + length;
        let sign = self.source[inner..close].chars().next_back();
        let end = self.block_end(close + 2, sign.filter(|c| matches!(c, '-' | '+')));
        self.advance(end);
        Ok(())
    }

    fn raw(&mut self, open: usize, body: usize) -> Result<(), SyntaxError> {
        self.advance(body);
        let Some(end) = raw_end(&self.source[body..]) else {
            let message = "Missing end of raw directive";
            return Err(SyntaxError::new(message, open..self.source.len()));
        };
        self.text_before(body + end.open, end.sign, true);
        let after = self.block_end(body + end.close, end.closing_sign);
        self.advance(after);
        Ok(())
    }

    /// Where text goes on after `%}` or `#}`: `-` eats all blanks, and without a
    /// sign `trim_blocks` eats one newline.
    fn block_end(&self, end: usize, sign: Option<char>) -> usize {
        let rest = &self.source[end..];
        match sign {
            Some('-') => self.source.len() - rest.trim_start().len(),
            Some(_) => end,
            None => end + usize::from(rest.starts_with('\n')),
        }
    }

    /// Code, up to the delimiter that closes it outside of any bracket.
    fn inside(&mut self, delimiter: Delimiter) -> Result<(), SyntaxError> {
        let mut open: Vec<&'static str> = Vec::new();
        while self.at < self.source.len() {
            if open.is_empty() && self.closing(delimiter) {
                return Ok(());
            }
            self.code(&mut open)?;
        }
        Ok(())
    }

    fn closing(&mut self, delimiter: Delimiter) -> bool {
        let rest = self.rest();
        let (mark, kind) = match delimiter {
            Delimiter::Print => ("}}", Kind::PrintEnd),
            Delimiter::Block => ("%}", Kind::BlockEnd),
        };
        let sign = rest
            .chars()
            .next()
            .filter(|c| *c == '-' || (*c == '+' && delimiter == Delimiter::Block));
        let start = sign.map_or(0, char::len_utf8);
        if !rest[start..].starts_with(mark) {
            return false;
        }
        let end = self.at + start + mark.len();
        self.push(kind, self.at..end);
        let after = match (delimiter, sign) {
            (Delimiter::Print, None) => end,
            _ => self.block_end(end, sign),
        };
        self.advance(after);
        true
    }

    fn code(&mut self, open: &mut Vec<&'static str>) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            self.at += blank;
            return Ok(());
        }
        let after_dot = self.source[..self.at].ends_with('.');
        if let Some((value, length)) = literal::number(rest, after_dot) {
            return self.token(Kind::Number(value), length);
        }
        if let Some(length) = word(rest) {
            return self.name(length);
        }
        if let Some((text, length)) = literal::string(rest) {
            return self.token(Kind::Text(text), length);
        }
        self.symbol(open)
    }

    fn token(&mut self, kind: Kind<'s>, length: usize) -> Result<(), SyntaxError> {
        self.push(kind, self.at..self.at + length);
        self.at += length;
        Ok(())
    }

    fn name(&mut self, length: usize) -> Result<(), SyntaxError> {
        let name = &self.rest()[..length];
        if name.starts_with(|c: char| c.is_numeric()) {
            return Err(self.error("Invalid character in identifier".into(), length));
        }
        self.token(Kind::Name(name), length)
    }

    fn symbol(&mut self, open: &mut Vec<&'static str>) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) else {
            let found = rest.chars().next().unwrap_or('\0');
            let place = self.source[..self.at].chars().count();
            let message = format!("unexpected char {} at {place}", quote(found));
            return Err(self.error(message, found.len_utf8()));
        };
        self.balance(symbol, open)?;
        self.token(Kind::Symbol(symbol), symbol.len())
    }

    fn balance(&self, symbol: &str, open: &mut Vec<&'static str>) -> Result<(), SyntaxError> {
        match symbol {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            ")" | "]" | "}" => match open.pop() {
                None => return Err(self.error(format!("unexpected '{symbol}'"), 1)),
                Some(wanted) if wanted != symbol => {
                    let message = format!("unexpected '{symbol}', expected '{wanted}'");
                    return Err(self.error(message, 1));
                }
                Some(_) => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn error(&self, message: String, length: usize) -> SyntaxError {
        SyntaxError::new(message, self.at..self.at + length)
    }
}

fn quote(c: char) -> String {
    match c {
        '\'' => "\"'\"".into(),
        '\\' => "'\\\\'".into(),
        _ => format!("'{c}'"),
    }
}

fn find_opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|&i| bytes[i] == b'{' && matches!(bytes[i + 1], b'{' | b'%' | b'#'))
}

/// The length of the word at the start, if there is one.
fn word(text: &str) -> Option<usize> {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    (end > 0).then_some(end)
}

/// After `{%` and its sign: the length of `raw %}` with what it trims.
fn raw_begin(text: &str) -> Option<usize> {
    let rest = text.trim_start().strip_prefix("raw")?.trim_start();
    let after = match rest.strip_prefix("-%}") {
        Some(after) => after.trim_start(),
        None => rest.strip_prefix("%}")?,
    };
    Some(text.len() - after.len())
}

struct RawEnd {
    /// Where `{%` stands.
    open: usize,
    /// Just behind `%}`.
    close: usize,
    sign: Option<char>,
    closing_sign: Option<char>,
}

fn raw_end(text: &str) -> Option<RawEnd> {
    text.match_indices("{%").find_map(|(open, _)| {
        let inner = &text[open + 2..];
        let sign = inner.chars().next().filter(|c| matches!(c, '-' | '+'));
        let rest = inner[sign.map_or(0, char::len_utf8)..].trim_start();
        let rest = rest.strip_prefix("endraw")?.trim_start();
        let closing_sign = rest.chars().next().filter(|c| matches!(c, '-' | '+'));
        let rest = rest[closing_sign.map_or(0, char::len_utf8)..].strip_prefix("%}")?;
        Some(RawEnd {
            open,
            close: text.len() - rest.len(),
            sign,
            closing_sign,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(source: &str) -> String {
        let Tokens { tokens, problem } = template(source);
        assert_eq!(problem, None);
        let texts = tokens.iter().map(|token| match &token.kind {
            Kind::Data(text) => format!("{text:?}"),
            Kind::Text(text) => format!("'{text}'"),
            Kind::Number(value) => yaql::python::repr(value),
            kind => kind.describe(),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn blocks_take_their_line_with_them() {
        let all = shape("a\n  {% if x %}\nb{# c #}\n{% endif %}");
        assert_eq!(
            all,
            "\"a\\n\" begin of statement block if x end of statement block \"b\" \
             begin of statement block endif end of statement block end of template"
        );
    }

    #[test]
    fn braces_inside_an_expression_do_not_close_it() {
        let all = shape("{{ {'a': {1: 2}} }}");
        assert_eq!(
            all,
            "begin of print statement { 'a' : { 1 : 2 } } end of print statement end of template"
        );
    }

    #[test]
    fn raw_text_stays() {
        let all = shape("a {% raw %}{{ x }}{% endraw %} b");
        assert_eq!(all, r#""a " "{{ x }}" " b" end of template"#);
    }

    #[test]
    fn unbalanced_brackets_are_named() {
        let error = template("{{ (1] }}").problem.unwrap();
        assert_eq!(error.message, "unexpected ']', expected ')'");
        assert_eq!(error.range, 5..6);
    }
}
