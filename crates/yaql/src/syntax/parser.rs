//! The grammar: a Pratt parser over the table of operators in YAQL §3.
//!
//! Invariant: a fault is reported at the first token that no expression could
//! have there, with yaql's text. The height of the tree is at most
//! [`MAX_HEIGHT`].

use std::sync::Arc;

use super::ast::{Arg, Call, Member, Node, NodeKind, Selector, Span, Variable};
use super::error::{ParseError, ParseErrorKind};
use super::lexer::{Lexer, Token, TokenKind};
use super::{Delegates, Legacy, ParseOptions};

/// How high a tree may be.
const MAX_HEIGHT: usize = 200;

/// A tree with its height, so that long chains of operators count, too.
struct Tree {
    node: Arc<Node>,
    height: usize,
}

type Parsed<T> = Result<T, ParseError>;

/// Parses a whole text.
pub(crate) fn parse(source: &str, options: &ParseOptions) -> Parsed<Arc<Node>> {
    let (tokens, fault) = Lexer::new(source, &options.keyword_operator).tokens();
    let mut parser = Parser {
        source,
        tokens: &tokens,
        fault,
        at: 0,
        depth: 0,
        delegates: options.delegates != Delegates::Off,
        tuples: options.legacy == Legacy::Full,
    };
    let tree = parser.expression(LOOSEST)?;
    match (parser.peek(), &parser.fault) {
        (None, None) => Ok(tree.node),
        _ => Err(parser.unexpected()),
    }
}

/// How tightly operators bind; larger is tighter.
const LOOSEST: u8 = 0;
const CONTEXT: u8 = 1;
const TUPLE: u8 = 2;
const NOT: u8 = 5;
const SIGN: u8 = 10;
const INDEX: u8 = 11;
const MEMBER: u8 = 12;

/// The level of a binary operator.
fn level(operator: &str) -> Option<u8> {
    Some(match operator {
        "." | "?." => MEMBER,
        "=~" | "!~" => 9,
        "*" | "/" | "mod" => 8,
        "+" | "-" => 7,
        ">" | "<" | ">=" | "<=" | "=" | "!=" | "in" => 6,
        "and" => 4,
        "or" => 3,
        "->" => CONTEXT,
        _ => return None,
    })
}

/// The function that a binary operator calls.
fn function(operator: &str) -> &'static str {
    match operator {
        "=" => "*equal",
        "!=" => "*not_equal",
        "=~" => "#operator_=~",
        "!~" => "#operator_!~",
        "*" => "#operator_*",
        "/" => "#operator_/",
        "mod" => "#operator_mod",
        "+" => "#operator_+",
        "-" => "#operator_-",
        ">" => "#operator_>",
        "<" => "#operator_<",
        ">=" => "#operator_>=",
        "<=" => "#operator_<=",
        "in" => "#operator_in",
        "and" => "#operator_and",
        "or" => "#operator_or",
        _ => "#operator_->",
    }
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    /// What ended the tokens, if that was not the end of the text.
    fault: Option<ParseError>,
    at: usize,
    depth: usize,
    delegates: bool,
    tuples: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn peek_kind(&self) -> Option<&'a TokenKind> {
        self.peek().map(|token| &token.kind)
    }

    fn is_at(&self, punctuation: char) -> bool {
        self.peek_kind() == Some(&TokenKind::Punctuation(punctuation))
    }

    fn expect(&mut self, punctuation: char) -> Parsed<Span> {
        match self.peek() {
            Some(token) if self.is_at(punctuation) => {
                self.at += 1;
                Ok(token.span)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> ParseError {
        if let (None, Some(fault)) = (self.peek(), &self.fault) {
            return fault.clone();
        }
        let (message, span) = match self.peek() {
            None => (
                "Parse error: unexpected end of statement".into(),
                Span::new(self.source.len()..self.source.len()),
            ),
            Some(token) => {
                let position = self.source[..token.span.start as usize].chars().count();
                let message = format!(
                    "Parse error: unexpected '{}' at position {position} of expression '{}'",
                    token.shown(self.source),
                    self.source
                );
                (message, token.span)
            }
        };
        ParseError {
            kind: ParseErrorKind::Grammar,
            message,
            span,
            help: self.advice(),
        }
    }

    fn advice(&self) -> Option<String> {
        let before = self.at.checked_sub(1).map(|i| &self.tokens[i].kind);
        let text = match (before, self.peek_kind()) {
            (_, None) => "the expression is not finished",
            (Some(TokenKind::Operator("=")), Some(TokenKind::Operator("="))) => {
                "write a single `=` to compare"
            }
            (Some(TokenKind::Word(_)), Some(TokenKind::Punctuation('('))) => {
                "no blank between a function's name and its `(`"
            }
            (Some(TokenKind::Punctuation(',')), Some(TokenKind::Punctuation(')' | ']' | '}'))) => {
                "remove the last comma"
            }
            (_, Some(TokenKind::Mapping)) => "`=>` belongs directly into an argument list",
            (
                Some(TokenKind::Operator(".")),
                Some(TokenKind::Operator("and" | "or" | "not" | "in" | "mod")),
            ) => "this word is an operator; write get('name')",
            _ => return None,
        };
        Some(text.into())
    }

    fn too_complex(&self, span: Span) -> ParseError {
        ParseError {
            kind: ParseErrorKind::TooComplex,
            message: format!("The expression is nested more than {MAX_HEIGHT} levels deep"),
            span,
            help: Some("split it, for example with let(x => …) -> …".into()),
        }
    }

    fn tree(&self, kind: NodeKind, span: Span, height: usize) -> Parsed<Tree> {
        if height > MAX_HEIGHT {
            return Err(self.too_complex(span));
        }
        Ok(Tree {
            node: Node::new(kind, span),
            height,
        })
    }

    /// An expression of operators that bind tighter than `loosest`.
    fn expression(&mut self, loosest: u8) -> Parsed<Tree> {
        self.depth += 1;
        if self.depth > MAX_HEIGHT {
            let span = self.peek().map(|t| t.span).unwrap_or_default();
            return Err(self.too_complex(span));
        }
        let mut left = self.operand()?;
        while let Some(next) = self.continuation(loosest) {
            left = self.extend(left, next)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator at this place, if it continues an expression.
    fn continuation(&self, loosest: u8) -> Option<&'a TokenKind> {
        let kind = self.peek_kind()?;
        let level = match kind {
            TokenKind::Operator(operator) => level(operator)?,
            TokenKind::Punctuation('[') => INDEX,
            TokenKind::Punctuation('(') if self.delegates => INDEX,
            TokenKind::Mapping if self.tuples => TUPLE,
            _ => return None,
        };
        (level > loosest).then_some(kind)
    }

    fn extend(&mut self, left: Tree, next: &TokenKind) -> Parsed<Tree> {
        match next {
            TokenKind::Operator("." | "?.") => self.member(left),
            TokenKind::Operator(operator) => {
                self.at += 1;
                let level = level(operator).unwrap_or(LOOSEST);
                let loosest = if level == CONTEXT { level - 1 } else { level };
                let right = self.expression(loosest)?;
                self.binary(function(operator), left, right)
            }
            TokenKind::Mapping => self.tuple(left),
            TokenKind::Punctuation('[') => self.postfix("#indexer", left, ']'),
            _ => self.postfix("#call", left, ')'),
        }
    }

    fn binary(&self, name: &str, left: Tree, right: Tree) -> Parsed<Tree> {
        let span = left.node.span.to(right.node.span);
        let height = left.height.max(right.height) + 1;
        let args = vec![Arg::Positional(left.node), Arg::Positional(right.node)];
        self.tree(NodeKind::Call(Call::new(name, args)), span, height)
    }

    /// `a => b => c`: one tuple of all the items.
    fn tuple(&mut self, first: Tree) -> Parsed<Tree> {
        let (mut span, mut height) = (first.node.span, first.height);
        let mut items = vec![Arg::Positional(first.node)];
        while self.peek_kind() == Some(&TokenKind::Mapping) {
            self.at += 1;
            let item = self.expression(TUPLE)?;
            span = span.to(item.node.span);
            height = height.max(item.height);
            items.push(Arg::Positional(item.node));
        }
        let call = NodeKind::Call(Call::new("#tuple", items));
        self.tree(call, span, height + 1)
    }

    fn postfix(&mut self, name: &str, left: Tree, close: char) -> Parsed<Tree> {
        self.at += 1;
        let start = left.node.span;
        let (mut args, height, end) = self.arguments(close)?;
        args.insert(0, Arg::Positional(left.node));
        let call = NodeKind::Call(Call::new(name, args));
        self.tree(call, start.to(end), left.height.max(height) + 1)
    }

    fn member(&mut self, left: Tree) -> Parsed<Tree> {
        let safe = self.peek_kind() == Some(&TokenKind::Operator("?."));
        self.at += 1;
        let right = self.expression(MEMBER)?;
        let span = left.node.span.to(right.node.span);
        let height = left.height.max(right.height) + 1;
        let right_span = right.node.span;
        let member = Member {
            left: left.node,
            right: match Arc::try_unwrap(right.node).map(|node| node.kind) {
                Ok(NodeKind::Word(name)) => Selector::Property(name),
                Ok(NodeKind::Call(call)) if !call.name.starts_with(['#', '*']) => {
                    Selector::Method(call, right_span)
                }
                Ok(kind) => Selector::Other(Node::new(kind, right_span)),
                Err(shared) => Selector::Other(shared),
            },
            safe,
        };
        self.tree(NodeKind::Member(member), span, height)
    }

    fn operand(&mut self) -> Parsed<Tree> {
        let Some(token) = self.peek() else {
            return Err(self.unexpected());
        };
        let span = token.span;
        let leaf = match &token.kind {
            TokenKind::Constant(value) => NodeKind::Constant(value.clone()),
            TokenKind::Word(word) => NodeKind::Word(word.clone()),
            TokenKind::Dollar(name) => NodeKind::Variable(Variable::from_name(name)),
            TokenKind::Call(name) => {
                self.at += 1;
                return self.call(name, span, ')');
            }
            TokenKind::Punctuation('[') => {
                self.at += 1;
                return self.call("#list", span, ']');
            }
            TokenKind::Punctuation('{') => {
                self.at += 1;
                return self.call("#map", span, '}');
            }
            TokenKind::Punctuation('(') => return self.group(),
            TokenKind::Operator(sign @ ("+" | "-" | "not")) => return self.prefix(sign),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        self.tree(leaf, span, 1)
    }

    fn call(&mut self, name: &str, start: Span, close: char) -> Parsed<Tree> {
        let (args, height, end) = self.arguments(close)?;
        let call = NodeKind::Call(Call::new(name, args));
        self.tree(call, start.to(end), height + 1)
    }

    fn group(&mut self) -> Parsed<Tree> {
        let start = self.expect('(')?;
        let inner = self.expression(LOOSEST)?;
        let end = self.expect(')')?;
        let height = inner.height + 1;
        self.tree(NodeKind::Group(inner.node), start.to(end), height)
    }

    fn prefix(&mut self, sign: &str) -> Parsed<Tree> {
        let start = self.expect_operator()?;
        let (name, loosest) = match sign {
            "not" => ("#unary_operator_not", NOT),
            "-" => ("#unary_operator_-", SIGN),
            _ => ("#unary_operator_+", SIGN),
        };
        let operand = self.expression(loosest)?;
        let span = start.to(operand.node.span);
        let height = operand.height + 1;
        let args = vec![Arg::Positional(operand.node)];
        self.tree(NodeKind::Call(Call::new(name, args)), span, height)
    }

    fn expect_operator(&mut self) -> Parsed<Span> {
        let span = self.peek().map(|token| token.span);
        self.at += 1;
        span.ok_or_else(|| self.unexpected())
    }

    /// Arguments up to and including `close`: positional ones, of which some
    /// may be left out, then mappings. Also the height of the highest.
    fn arguments(&mut self, close: char) -> Parsed<(Vec<Arg>, usize, Span)> {
        let mut list = Arguments::default();
        if !self.is_at(close) {
            self.positional(&mut list)?;
            while list.named && self.is_at(',') {
                self.at += 1;
                let key = self.expression(LOOSEST)?;
                self.mapping(key, &mut list)?;
            }
        }
        let end = self.expect(close)?;
        Ok((list.args, list.height, end))
    }

    /// Positional arguments and the first mapping, if there is one.
    fn positional(&mut self, list: &mut Arguments) -> Parsed<()> {
        loop {
            if self.is_at(',') {
                self.at += 1;
                list.args.push(Arg::Skipped);
                continue;
            }
            let value = self.expression(LOOSEST)?;
            let only_holes = !list.args.is_empty() && !list.has_value;
            if self.peek_kind() == Some(&TokenKind::Mapping) && !only_holes && !self.tuples {
                list.named = true;
                return self.mapping(value, list);
            }
            list.push(value);
            if !self.is_at(',') {
                return Ok(());
            }
            self.at += 1;
        }
    }

    fn mapping(&mut self, key: Tree, list: &mut Arguments) -> Parsed<()> {
        if self.peek_kind() != Some(&TokenKind::Mapping) {
            return Err(self.unexpected());
        }
        self.at += 1;
        let value = self.expression(LOOSEST)?;
        list.height = list.height.max(key.height).max(value.height);
        list.args.push(Arg::Mapping(key.node, value.node));
        Ok(())
    }
}

/// An argument list as far as it was read.
#[derive(Default)]
struct Arguments {
    args: Vec<Arg>,
    height: usize,
    has_value: bool,
    named: bool,
}

impl Arguments {
    fn push(&mut self, value: Tree) {
        self.height = self.height.max(value.height);
        self.has_value = true;
        self.args.push(Arg::Positional(value.node));
    }
}
