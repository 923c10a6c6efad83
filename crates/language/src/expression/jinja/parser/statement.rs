//! Statements: text, `{{ … }}` and the tags in `{% … %}`.

use std::sync::Arc;

use super::super::ast::{Body, Expression, For, Macro, Node, Parameter, Statement, Target, Uses};
use super::super::token::Kind;
use super::expression::Tuple;
use super::{Open, Parsed, Parser, SyntaxError};

impl Parser<'_> {
    /// Statements up to a tag in `ends`, or to the end of the source if there
    /// are none. The tag itself is left.
    pub(super) fn body(&mut self, ends: &'static [&'static str]) -> Parsed<Body> {
        let mut body = Vec::new();
        loop {
            match self.kind().clone() {
                Kind::Data(text) => {
                    self.advance();
                    body.push(Statement::Data(text.into()));
                }
                Kind::PrintBegin => {
                    self.advance();
                    body.push(Statement::Print(self.tuple(Tuple::PLAIN)?));
                    self.expect_kind(&Kind::PrintEnd)?;
                }
                Kind::BlockBegin => {
                    self.advance();
                    if ends.iter().any(|end| self.is_name(end)) {
                        return Ok(body.into());
                    }
                    self.nested(|parser| parser.statement(&mut body))?;
                    self.expect_kind(&Kind::BlockEnd)?;
                }
                Kind::End if ends.is_empty() => return Ok(body.into()),
                Kind::End => return Err(self.unexpected_end()),
                other => return Err(self.fail(format!("unexpected '{}'", other.describe()))),
            }
        }
    }

    fn statement(&mut self, body: &mut Vec<Statement>) -> Parsed<()> {
        let Kind::Name(tag) = *self.kind() else {
            return Err(self.fail("tag name expected"));
        };
        let at = self.range();
        self.advance();
        body.push(match tag {
            "if" => self.if_statement()?,
            "for" => self.for_statement()?,
            "set" => self.set_statement()?,
            "with" => self.with_statement()?,
            "macro" => self.macro_statement()?,
            "call" => self.call_statement()?,
            "filter" => self.filter_statement()?,
            "autoescape" => self.autoescape_statement()?,
            "block" => self.block_statement()?,
            "include" | "import" | "extends" | "from" => self.load_statement()?,
            "print" => return self.print_statement(body),
            unknown => return Err(self.unknown_tag(unknown, at)),
        });
        Ok(())
    }

    /// The body of a block: behind the `%}` of its tag, up to one of `ends`,
    /// whose name is consumed and given back.
    fn block(
        &mut self,
        tag: &'static str,
        ends: &'static [&'static str],
    ) -> Parsed<(Body, &'static str)> {
        self.skip_symbol(":");
        self.expect_kind(&Kind::BlockEnd)?;
        self.open.push(Open { tag, ends });
        let body = self.body(ends)?;
        self.open.pop();
        let end = ends.iter().find(|end| self.is_name(end)).copied();
        self.advance();
        Ok((body, end.unwrap_or_default()))
    }

    fn if_statement(&mut self) -> Parsed<Statement> {
        let mut branches = Vec::new();
        loop {
            let condition = self.tuple(Tuple::CONDITION)?;
            let (body, end) = self.block("if", &["elif", "else", "endif"])?;
            branches.push((condition, body));
            let otherwise = match end {
                "elif" => continue,
                "else" => self.block("if", &["endif"])?.0,
                _ => Body::default(),
            };
            return Ok(Statement::If(branches.into(), otherwise));
        }
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        let target = self.target(Some("in"))?;
        self.expect_word("in")?;
        let items = self.tuple(Tuple::ITEMS)?;
        let test = match self.skip_name("if") {
            true => Some(self.expression()?),
            false => None,
        };
        let recursive = self.skip_name("recursive");
        let (body, end) = self.block("for", &["endfor", "else"])?;
        let otherwise = match end {
            "else" => self.block("for", &["endfor"])?.0,
            _ => Body::default(),
        };
        Ok(Statement::For(Arc::new(For {
            target,
            items,
            test,
            recursive,
            body,
            otherwise,
        })))
    }

    fn set_statement(&mut self) -> Parsed<Statement> {
        let target = self.target(None)?;
        if self.skip_symbol("=") {
            return Ok(Statement::Set(target, self.tuple(Tuple::PLAIN)?));
        }
        let value = self.filtered_capture()?;
        let (body, _) = self.block("set", &["endset"])?;
        Ok(Statement::Capture(target, value, body))
    }

    /// The captured text of a block, with the filters that follow.
    fn filtered_capture(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let mut value = self.node(Node::Captured, start)?;
        while self.skip_symbol("|") {
            value = self.filter(value, start)?;
        }
        Ok(value)
    }

    fn with_statement(&mut self) -> Parsed<Statement> {
        let mut bindings = Vec::new();
        while !matches!(self.kind(), Kind::BlockEnd | Kind::End) {
            if !bindings.is_empty() {
                self.expect_symbol(",")?;
            }
            let target = self.single_target()?;
            self.expect_symbol("=")?;
            bindings.push((target, self.expression()?));
        }
        let (body, _) = self.block("with", &["endwith"])?;
        Ok(Statement::With(bindings.into(), body))
    }

    fn macro_statement(&mut self) -> Parsed<Statement> {
        let name = self.expect_name()?;
        let parameters = self.parameters()?;
        let first = self.at;
        let (body, _) = self.block("macro", &["endmacro"])?;
        Ok(Statement::Macro(Arc::new(Macro {
            name,
            parameters,
            body,
            uses: self.uses(first),
        })))
    }

    fn call_statement(&mut self) -> Parsed<Statement> {
        let parameters = match self.is_symbol("(") {
            true => self.parameters()?,
            false => Box::default(),
        };
        let call = self.expression()?;
        if !matches!(*call.node, Node::Call(..)) {
            return Err(self.fail("expected call"));
        }
        let first = self.at;
        let (body, _) = self.block("call", &["endcall"])?;
        let caller = Macro {
            name: "caller".into(),
            parameters,
            body,
            uses: self.uses(first),
        };
        Ok(Statement::Call(call, Arc::new(caller)))
    }

    /// The special names among the tokens since `first`.
    fn uses(&self, first: usize) -> Uses {
        let body = &self.tokens[first..self.at];
        let uses = |name: &str| body.iter().any(|token| token.kind == Kind::Name(name));
        Uses {
            varargs: uses("varargs"),
            kwargs: uses("kwargs"),
            caller: uses("caller"),
        }
    }

    fn parameters(&mut self) -> Parsed<Box<[Parameter]>> {
        let mut defaults = false;
        let parameters = self.sequence("(", ")", |parser| {
            let name = parser.expect_name()?;
            let default = match parser.skip_symbol("=") {
                true => Some(parser.expression()?),
                false if defaults => {
                    return Err(parser.fail("non-default argument follows default argument"));
                }
                false => None,
            };
            defaults |= default.is_some();
            Ok(Parameter { name, default })
        })?;
        Ok(parameters.into())
    }

    fn filter_statement(&mut self) -> Parsed<Statement> {
        let start = self.start();
        let captured = self.node(Node::Captured, start)?;
        let mut value = self.filter(captured, start)?;
        while self.skip_symbol("|") {
            value = self.filter(value, start)?;
        }
        let (body, _) = self.block("filter", &["endfilter"])?;
        Ok(Statement::Filter(value, body))
    }

    fn autoescape_statement(&mut self) -> Parsed<Statement> {
        let enabled = self.expression()?;
        let (body, _) = self.block("autoescape", &["endautoescape"])?;
        Ok(Statement::Autoescape(enabled, body))
    }

    fn block_statement(&mut self) -> Parsed<Statement> {
        let name = self.expect_name()?;
        self.skip_name("scoped");
        self.skip_name("required");
        if self.is_symbol("-") {
            return Err(self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain \
                 hyphens, use an underscore instead.",
            ));
        }
        let (body, _) = self.block("block", &["endblock"])?;
        self.skip_name(&name);
        Ok(Statement::Block(body))
    }

    fn load_statement(&mut self) -> Parsed<Statement> {
        self.expression()?;
        while !matches!(self.kind(), Kind::BlockEnd | Kind::End) {
            self.advance();
        }
        Ok(Statement::Load)
    }

    fn print_statement(&mut self, body: &mut Vec<Statement>) -> Parsed<()> {
        let mut first = true;
        while *self.kind() != Kind::BlockEnd {
            if !std::mem::take(&mut first) {
                self.expect_symbol(",")?;
            }
            body.push(Statement::Print(self.expression()?));
        }
        Ok(())
    }

    /// `a`, `a, b` or, where a namespace is possible, `a.b`.
    fn target(&mut self, end_word: Option<&str>) -> Parsed<Target> {
        let mut targets = Vec::new();
        let mut is_tuple = false;
        loop {
            let ended = end_word.is_some_and(|word| self.is_name(word));
            if ended || self.is_symbol("=") || self.is_symbol(")") {
                break;
            }
            targets.push(self.single_target()?);
            is_tuple |= self.is_symbol(",");
            if !self.skip_symbol(",") {
                break;
            }
        }
        match targets.pop() {
            Some(only) if !is_tuple => Ok(only),
            None => Err(self.expected("name")),
            last => {
                targets.extend(last);
                Ok(Target::Unpack(targets.into()))
            }
        }
    }

    fn single_target(&mut self) -> Parsed<Target> {
        if self.skip_symbol("(") {
            let inner = self.nested(|parser| parser.target(None))?;
            self.expect_symbol(")")?;
            return Ok(inner);
        }
        let at = self.range();
        let name = self.expect_name()?;
        if matches!(
            &*name,
            "true" | "True" | "false" | "False" | "none" | "None"
        ) {
            return Err(SyntaxError::new("can't assign to 'const'", at));
        }
        if self.skip_symbol(".") {
            return Ok(Target::Attribute(name, self.expect_name()?));
        }
        Ok(Target::Name(name))
    }

    fn unknown_tag(&self, tag: &str, at: std::ops::Range<usize>) -> SyntaxError {
        let mut message = format!("Encountered unknown tag '{tag}'.");
        if let Some(open) = self.open.last() {
            let misplaced = self.open.iter().any(|open| open.ends.contains(&tag));
            message.push_str(&match misplaced {
                true => nesting_mistake(open.ends),
                false => looking_for(open.ends),
            });
            message.push_str(&innermost(*open));
        }
        SyntaxError::new(message, at)
    }

    fn unexpected_end(&self) -> SyntaxError {
        let mut message = String::from("Unexpected end of template.");
        if let Some(open) = self.open.last() {
            message.push_str(&looking_for(open.ends));
            message.push_str(&innermost(*open));
        }
        self.fail(message)
    }
}

fn nesting_mistake(ends: &[&str]) -> String {
    let ends: Vec<_> = ends.iter().map(|end| format!("'{end}'")).collect();
    format!(
        " You probably made a nesting mistake. Jinja is expecting this tag, but currently \
         looking for {}.",
        ends.join(" or ")
    )
}

fn looking_for(ends: &[&str]) -> String {
    let ends: Vec<_> = ends.iter().map(|end| format!("'{end}'")).collect();
    format!(
        " Jinja was looking for the following tags: {}.",
        ends.join(" or ")
    )
}

fn innermost(open: Open) -> String {
    format!(
        " The innermost block that needs to be closed is '{}'.",
        open.tag
    )
}
