//! Expressions.

use indexmap::IndexMap;

use super::super::super::failure::Outcome;
use super::super::arguments::Arguments;
use super::super::ast::{self, Comparison, Expression, Node};
use super::super::run::Run;
use super::super::value::Value;
use super::super::{attribute, operators, text};

impl Run<'_> {
    /// The value of an expression; it may be undefined.
    pub(in super::super) fn evaluate(&mut self, expression: &Expression) -> Outcome<Value> {
        self.steps(1)?;
        let value = self.nested(|run| run.node(&expression.node));
        if value.is_err() {
            self.fail_at(&expression.range);
        }
        value
    }

    fn node(&mut self, node: &Node) -> Outcome<Value> {
        match node {
            Node::Constant(value) => Ok(value.into()),
            Node::Name(name) => Ok(self.resolve(name)),
            Node::Captured => Ok(self.captured.last().cloned().unwrap_or(Value::NONE)),
            Node::List(items) => self.all(items).and_then(Value::list),
            Node::Tuple(items) => self.all(items).and_then(Value::tuple),
            Node::Dict(entries) => self.dict(entries),
            Node::Binary(operator, a, b) => {
                let (a, b) = (self.evaluate(a)?, self.evaluate(b)?);
                operators::binary(self, *operator, &a, &b)
            }
            Node::Compare(first, rest) => self.compare(first, rest),
            Node::And(a, b) => self.choose(a, b, false),
            Node::Or(a, b) => self.choose(a, b, true),
            Node::Not(a) => Ok((!self.evaluate(a)?.is_truthy()?).into()),
            Node::Negative(a) => operators::negative(&self.evaluate(a)?),
            Node::Positive(a) => operators::positive(&self.evaluate(a)?),
            Node::Concat(parts) => self.concat(parts),
            Node::Conditional(value, condition, otherwise) => {
                self.conditional(value, condition, otherwise.as_ref())
            }
            Node::Attribute(value, name) => attribute::attribute(&self.evaluate(value)?, name),
            Node::Item(value, index) => {
                let (value, index) = (self.evaluate(value)?, self.evaluate(index)?);
                attribute::item(&value, &index)
            }
            Node::Slice(value, bounds) => self.slice(value, bounds),
            Node::Call(callee, arguments) => self.call_expression(callee, arguments),
            Node::Filter(operand, name, arguments) => {
                let operand = self.evaluate(operand)?;
                let arguments = self.arguments(arguments)?;
                self.filter(name, &operand, arguments)
            }
            Node::Test(operand, name, arguments) => {
                let operand = self.evaluate(operand)?;
                let arguments = self.arguments(arguments)?;
                self.test(name, &operand, arguments).map(Value::from)
            }
        }
    }

    fn all(&mut self, items: &[Expression]) -> Outcome<Vec<Value>> {
        self.reserve(size_of_val(items))?;
        items.iter().map(|item| self.evaluate(item)).collect()
    }

    fn dict(&mut self, entries: &[(Expression, Expression)]) -> Outcome<Value> {
        self.reserve(size_of_val(entries))?;
        let mut dict = IndexMap::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.evaluate(key)?.as_key()?;
            dict.insert(key, self.evaluate(value)?);
        }
        Value::dict(dict)
    }

    /// `a < b < c` evaluates each operand once, and stops at the first false.
    fn compare(&mut self, first: &Expression, rest: &[(Comparison, Expression)]) -> Outcome<Value> {
        let mut left = self.evaluate(first)?;
        for (operator, operand) in rest {
            let right = self.evaluate(operand)?;
            if !operators::compare(*operator, &left, &right)? {
                return Ok(false.into());
            }
            left = right;
        }
        Ok(true.into())
    }

    /// The left operand if its truth is `wanted`, else the right one.
    fn choose(&mut self, a: &Expression, b: &Expression, wanted: bool) -> Outcome<Value> {
        let left = self.evaluate(a)?;
        match left.is_truthy()? == wanted {
            true => Ok(left),
            false => self.evaluate(b),
        }
    }

    fn concat(&mut self, parts: &[Expression]) -> Outcome<Value> {
        let mut out = String::new();
        let limit = self.limit();
        for part in parts {
            let value = self.evaluate(part)?;
            value.defined()?;
            match &value {
                Value::Undefined(_) => {}
                Value::Markup(markup) => out.push_str(markup),
                value if self.escape => out.push_str(&text::escape(&self.str(value)?)),
                value => text::write_str(&mut out, value, limit)?,
            }
        }
        self.reserve(out.len())?;
        Ok(match self.escape {
            true => Value::Markup(out.into()),
            false => out.into(),
        })
    }

    fn conditional(
        &mut self,
        value: &Expression,
        condition: &Expression,
        otherwise: Option<&Expression>,
    ) -> Outcome<Value> {
        match (self.evaluate(condition)?.is_truthy()?, otherwise) {
            (true, _) => self.evaluate(value),
            (false, Some(otherwise)) => self.evaluate(otherwise),
            (false, None) => Ok(Value::no_else()),
        }
    }

    fn slice(&mut self, value: &Expression, bounds: &[Option<Expression>; 3]) -> Outcome<Value> {
        let value = self.evaluate(value)?;
        let mut evaluated = [const { None }; 3];
        for (place, bound) in evaluated.iter_mut().zip(bounds) {
            *place = bound
                .as_ref()
                .map(|bound| self.evaluate(bound))
                .transpose()?;
        }
        let part = attribute::slice(&value, &evaluated)?;
        self.reserve(part.weight())?;
        Ok(part)
    }

    /// Evaluates what stands in the parentheses of a call.
    pub(super) fn arguments(&mut self, arguments: &ast::Arguments) -> Outcome<Arguments> {
        let mut positional = self.all(&arguments.positional)?;
        if let Some(star) = &arguments.star {
            positional.extend(self.evaluate(star)?.items()?);
        }
        let mut keywords = Vec::with_capacity(arguments.keywords.len());
        for (name, value) in &arguments.keywords {
            keywords.push((name.clone(), self.evaluate(value)?));
        }
        if let Some(stars) = &arguments.double_star {
            let entries = self.evaluate(stars)?;
            entries.defined()?;
            for (key, value) in entries.entries().unwrap_or_default() {
                keywords.push((self.str(&key)?.into(), value));
            }
        }
        Ok(Arguments {
            positional,
            keywords,
        })
    }
}
