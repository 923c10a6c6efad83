//! Expressions, from the loosest binding operator to the tightest.

use std::sync::Arc;

use yaql::Value;

use super::super::ast::{Arguments, Comparison, Expression, Node, Operator};
use super::super::attribute::Name as AttributeName;
use super::super::token::Kind;
use super::{Parsed, Parser};

impl Parser<'_> {
    /// Any expression, `a if b else c` included.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let mut value = self.disjunction()?;
        while self.skip_name("if") {
            let condition = self.disjunction()?;
            let otherwise = match self.skip_name("else") {
                true => Some(self.expression()?),
                false => None,
            };
            value = self.node(Node::Conditional(value, condition, otherwise), start)?;
        }
        Ok(value)
    }

    /// An expression without a conditional at its top.
    pub(super) fn disjunction(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let mut left = self.conjunction()?;
        while self.skip_name("or") {
            let right = self.conjunction()?;
            left = self.node(Node::Or(left, right), start)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let mut left = self.negation()?;
        while self.skip_name("and") {
            let right = self.negation()?;
            left = self.node(Node::And(left, right), start)?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed<Expression> {
        let start = self.start();
        if !self.skip_name("not") {
            return self.comparison();
        }
        let operand = self.nested(Self::negation)?;
        self.node(Node::Not(operand), start)
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator() {
            rest.push((operator, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.node(Node::Compare(first, rest.into()), start)
    }

    fn comparison_operator(&mut self) -> Option<Comparison> {
        let operator = match *self.kind() {
            Kind::Symbol("==") => Comparison::Equal,
            Kind::Symbol("!=") => Comparison::NotEqual,
            Kind::Symbol("<") => Comparison::Less,
            Kind::Symbol("<=") => Comparison::LessOrEqual,
            Kind::Symbol(">") => Comparison::Greater,
            Kind::Symbol(">=") => Comparison::GreaterOrEqual,
            Kind::Name("in") => Comparison::In,
            Kind::Name("not") if *self.next_kind() == Kind::Name("in") => {
                self.advance();
                Comparison::NotIn
            }
            _ => return None,
        };
        self.advance();
        Some(operator)
    }

    fn sum(&mut self) -> Parsed<Expression> {
        let operators = [("+", Operator::Add), ("-", Operator::Subtract)];
        self.binary(&operators, Self::concatenation)
    }

    fn concatenation(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let first = self.product()?;
        if !self.is_symbol("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_symbol("~") {
            parts.push(self.product()?);
        }
        self.node(Node::Concat(parts.into()), start)
    }

    fn product(&mut self) -> Parsed<Expression> {
        let operators = [
            ("*", Operator::Multiply),
            ("/", Operator::Divide),
            ("//", Operator::FloorDivide),
            ("%", Operator::Modulo),
        ];
        self.binary(&operators, Self::power)
    }

    fn power(&mut self) -> Parsed<Expression> {
        self.binary(&[("**", Operator::Power)], |parser| parser.unary(true))
    }

    /// Operands of one level, grouped from the left.
    fn binary(
        &mut self,
        operators: &[(&str, Operator)],
        operand: impl Fn(&mut Self) -> Parsed<Expression>,
    ) -> Parsed<Expression> {
        let start = self.start();
        let mut left = operand(self)?;
        while let Some((_, operator)) = operators.iter().find(|(s, _)| self.is_symbol(s)) {
            self.advance();
            let right = operand(self)?;
            left = self.node(Node::Binary(*operator, left, right), start)?;
        }
        Ok(left)
    }

    fn unary(&mut self, with_filters: bool) -> Parsed<Expression> {
        let start = self.start();
        let value = if self.skip_symbol("-") {
            let operand = self.nested(|parser| parser.unary(false))?;
            self.node(Node::Negative(operand), start)?
        } else if self.skip_symbol("+") {
            let operand = self.nested(|parser| parser.unary(false))?;
            self.node(Node::Positive(operand), start)?
        } else {
            self.primary()?
        };
        let value = self.postfix(value, start)?;
        match with_filters {
            true => self.filters_and_tests(value, start),
            false => Ok(value),
        }
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let start = self.start();
        match self.kind().clone() {
            Kind::Name(name) => {
                self.advance();
                self.node(name_or_constant(name), start)
            }
            Kind::Number(value) => {
                self.advance();
                self.node(Node::Constant(value), start)
            }
            Kind::Text(text) => self.text(text),
            Kind::Symbol("(") => {
                self.advance();
                let value = self.nested(|parser| parser.tuple(Tuple::IN_PARENTHESES))?;
                self.expect_symbol(")")?;
                Ok(value)
            }
            Kind::Symbol("[") => self.list(),
            Kind::Symbol("{") => self.dict(),
            other => Err(self.fail(format!("unexpected '{}'", other.describe()))),
        }
    }

    /// Strings beside each other are one.
    fn text(&mut self, mut text: String) -> Parsed<Expression> {
        let start = self.start();
        self.advance();
        while let Kind::Text(more) = self.kind() {
            text.push_str(more);
            self.advance();
        }
        self.node(Node::Constant(text.into()), start)
    }

    fn list(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let items = self.sequence("[", "]", Self::expression)?;
        self.node(Node::List(items.into()), start)
    }

    fn dict(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let entries = self.sequence("{", "}", |parser| {
            let key = parser.expression()?;
            parser.expect_symbol(":")?;
            Ok((key, parser.expression()?))
        })?;
        self.node(Node::Dict(entries.into()), start)
    }

    /// Items between brackets, a last comma allowed.
    pub(super) fn sequence<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect_symbol(open)?;
        let mut items = Vec::new();
        while !self.is_symbol(close) {
            if !items.is_empty() {
                self.expect_symbol(",")?;
                if self.is_symbol(close) {
                    break;
                }
            }
            items.push(item(self)?);
        }
        self.expect_symbol(close)?;
        Ok(items)
    }

    /// One expression, or several with commas.
    pub(super) fn tuple(&mut self, style: Tuple) -> Parsed<Expression> {
        let start = self.start();
        let mut items = Vec::new();
        let mut is_tuple = false;
        while !self.is_tuple_end(style) {
            items.push(match style.conditional {
                true => self.expression()?,
                false => self.nested(Self::disjunction)?,
            });
            is_tuple |= self.is_symbol(",");
            if !self.skip_symbol(",") {
                break;
            }
        }
        match items.pop() {
            Some(only) if !is_tuple => Ok(only),
            None if !style.may_be_empty => {
                let found = self.kind().describe();
                Err(self.fail(format!("Expected an expression, got '{found}'")))
            }
            last => {
                items.extend(last);
                self.node(Node::Tuple(items.into()), start)
            }
        }
    }

    fn is_tuple_end(&self, style: Tuple) -> bool {
        matches!(self.kind(), Kind::PrintEnd | Kind::BlockEnd)
            || self.is_symbol(")")
            || style.end_word.is_some_and(|word| self.is_name(word))
    }

    fn postfix(&mut self, mut value: Expression, start: usize) -> Parsed<Expression> {
        loop {
            value = match self.kind() {
                Kind::Symbol("." | "[") => self.subscript(value, start)?,
                Kind::Symbol("(") => self.call(value, start)?,
                _ => return Ok(value),
            };
        }
    }

    fn filters_and_tests(&mut self, mut value: Expression, start: usize) -> Parsed<Expression> {
        loop {
            value = match self.kind() {
                Kind::Symbol("|") => {
                    self.advance();
                    self.filter(value, start)?
                }
                Kind::Name("is") => self.test(value, start)?,
                Kind::Symbol("(") => self.call(value, start)?,
                _ => return Ok(value),
            };
        }
    }

    fn call(&mut self, callee: Expression, start: usize) -> Parsed<Expression> {
        let arguments = self.arguments()?;
        self.node(Node::Call(callee, arguments), start)
    }

    fn subscript(&mut self, value: Expression, start: usize) -> Parsed<Expression> {
        if self.skip_symbol(".") {
            return self.attribute(value, start);
        }
        self.expect_symbol("[")?;
        let subscript = self.subscripted(value, start)?;
        self.expect_symbol("]")?;
        Ok(subscript)
    }

    fn attribute(&mut self, value: Expression, start: usize) -> Parsed<Expression> {
        let at = self.start();
        match self.kind().clone() {
            Kind::Name(name) => {
                self.advance();
                self.node(Node::Attribute(value, AttributeName::new(name)), start)
            }
            Kind::Number(index @ (Value::Int(_) | Value::BigInt(_))) => {
                self.advance();
                let index = self.node(Node::Constant(index), at)?;
                self.node(Node::Item(value, index), start)
            }
            _ => Err(self.fail("expected name or number")),
        }
    }

    fn subscripted(&mut self, value: Expression, start: usize) -> Parsed<Expression> {
        let first = match self.is_symbol(":") {
            true => None,
            false => Some(self.expression()?),
        };
        if self.is_symbol(":") {
            let parts = self.slice(first)?;
            return self.node(Node::Slice(value, parts), start);
        }
        let Some(first) = first else {
            return Err(self.fail("Expected an expression"));
        };
        let at = first.range.start;
        let mut indices = vec![first];
        while self.skip_symbol(",") {
            if self.is_symbol("]") {
                break;
            }
            indices.push(self.expression()?);
        }
        let index = match indices.len() {
            1 => indices.remove(0),
            _ => self.node(Node::Tuple(indices.into()), at)?,
        };
        self.node(Node::Item(value, index), start)
    }

    fn slice(&mut self, first: Option<Expression>) -> Parsed<[Option<Expression>; 3]> {
        let mut parts = [first, None, None];
        for part in &mut parts[1..] {
            if !self.skip_symbol(":") {
                break;
            }
            if !self.is_symbol(":") && !self.is_symbol("]") {
                *part = Some(self.expression()?);
            }
        }
        Ok(parts)
    }

    /// `name(…)` behind `|`.
    pub(super) fn filter(&mut self, operand: Expression, start: usize) -> Parsed<Expression> {
        let name = self.dotted_name()?;
        let arguments = match self.is_symbol("(") {
            true => self.arguments()?,
            false => Arguments::default(),
        };
        self.node(Node::Filter(operand, name, arguments), start)
    }

    fn dotted_name(&mut self) -> Parsed<Arc<str>> {
        let first = self.expect_name()?;
        if !self.is_symbol(".") {
            return Ok(first);
        }
        let mut name = first.to_string();
        while self.skip_symbol(".") {
            name.push('.');
            name.push_str(&self.expect_name()?);
        }
        Ok(name.into())
    }

    fn test(&mut self, operand: Expression, start: usize) -> Parsed<Expression> {
        self.advance();
        let negated = self.skip_name("not");
        let name = self.dotted_name()?;
        let arguments = self.test_arguments()?;
        let test = self.node(Node::Test(operand, name, arguments), start)?;
        match negated {
            true => self.node(Node::Not(test), start),
            false => Ok(test),
        }
    }

    /// A test takes one argument without parentheses too.
    fn test_arguments(&mut self) -> Parsed<Arguments> {
        match self.kind() {
            Kind::Symbol("(") => return self.arguments(),
            Kind::Name("is") => return Err(self.fail("You cannot chain multiple tests with is")),
            Kind::Name("else" | "or" | "and") => return Ok(Arguments::default()),
            Kind::Name(_) | Kind::Text(_) | Kind::Number(_) | Kind::Symbol("[" | "{") => {}
            _ => return Ok(Arguments::default()),
        }
        if self.is_name("if") || self.is_name("not") || self.is_name("in") {
            return Ok(Arguments::default());
        }
        let start = self.start();
        let argument = self.primary()?;
        let argument = self.postfix(argument, start)?;
        Ok(Arguments {
            positional: Box::new([argument]),
            ..Arguments::default()
        })
    }

    /// `(a, b=c, *d, **e)`
    pub(super) fn arguments(&mut self) -> Parsed<Arguments> {
        let mut arguments = Collected::default();
        self.sequence("(", ")", |parser| parser.argument(&mut arguments))?;
        Ok(Arguments {
            positional: arguments.positional.into(),
            keywords: arguments.keywords.into(),
            star: arguments.star,
            double_star: arguments.double_star,
        })
    }

    fn argument(&mut self, arguments: &mut Collected) -> Parsed<()> {
        let starred = arguments.star.is_some() || arguments.double_star.is_some();
        if self.skip_symbol("*") {
            if starred {
                return Err(self.bad_argument());
            }
            arguments.star = Some(self.expression()?);
        } else if self.skip_symbol("**") {
            if arguments.double_star.is_some() {
                return Err(self.bad_argument());
            }
            arguments.double_star = Some(self.expression()?);
        } else if matches!(self.kind(), Kind::Name(_)) && *self.next_kind() == Kind::Symbol("=") {
            if arguments.double_star.is_some() {
                return Err(self.bad_argument());
            }
            let name = self.expect_name()?;
            self.advance();
            arguments.keywords.push((name, self.expression()?));
        } else {
            if starred || !arguments.keywords.is_empty() {
                return Err(self.bad_argument());
            }
            arguments.positional.push(self.expression()?);
        }
        Ok(())
    }

    fn bad_argument(&self) -> super::SyntaxError {
        self.fail("invalid syntax for function call expression")
    }
}

#[derive(Default)]
struct Collected {
    positional: Vec<Expression>,
    keywords: Vec<(Arc<str>, Expression)>,
    star: Option<Expression>,
    double_star: Option<Expression>,
}

/// What a tuple may look like at its place.
#[derive(Clone, Copy)]
pub(super) struct Tuple {
    /// Whether items may be `a if b else c`.
    conditional: bool,
    /// Whether nothing is the empty tuple.
    may_be_empty: bool,
    /// A word that ends it.
    end_word: Option<&'static str>,
}

impl Tuple {
    /// In `{{ … }}` and behind `=`.
    pub(super) const PLAIN: Self = Self {
        conditional: true,
        may_be_empty: false,
        end_word: None,
    };
    const IN_PARENTHESES: Self = Self {
        may_be_empty: true,
        ..Self::PLAIN
    };
    /// Behind `if`.
    pub(super) const CONDITION: Self = Self {
        conditional: false,
        ..Self::PLAIN
    };
    /// Behind `for … in`.
    pub(super) const ITEMS: Self = Self {
        conditional: false,
        end_word: Some("recursive"),
        ..Self::PLAIN
    };
}

fn name_or_constant(name: &str) -> Node {
    match name {
        "true" | "True" => Node::Constant(true.into()),
        "false" | "False" => Node::Constant(false.into()),
        "none" | "None" => Node::Constant(Value::Null),
        _ => Node::Name(name.into()),
    }
}
