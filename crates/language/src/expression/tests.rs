//! Behaviour that both languages share, limits, and what the corpora do not have.

use std::error::Error;

use proptest::prelude::*;
use yaql::{DateTime, Limits, Value, json};

use super::*;

/// Answers from the name of what was asked; `task('missing')` must be loaded first.
pub(super) struct Engine;

#[derive(Debug, thiserror::Error)]
#[error("not loaded")]
struct NotLoaded;

impl Functions for Engine {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(json::parse(r#"{"region": "north"}"#)?)
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        Ok(json::parse(r#"{"id": "e1"}"#)?)
    }

    fn executions(&self, filter: ExecutionsFilter) -> Result<Value, Interrupt> {
        Ok(format!("{filter:?}").into())
    }

    fn global(&self, name: &str) -> Result<Value, Interrupt> {
        Ok(format!("global {name}").into())
    }

    fn task(&self, name: Option<&str>) -> Result<Value, Interrupt> {
        match name {
            Some("missing") => Err(Box::new(NotLoaded)),
            Some("bad") => Err(Box::new(FunctionError {
                message: "no such task".into(),
            })),
            name => Ok(format!("task {name:?}").into()),
        }
    }

    fn tasks(&self, filter: TasksFilter) -> Result<Value, Interrupt> {
        Ok(format!("{filter:?}").into())
    }
}

const VIEW: &str = r#"{"n": 7, "list": [3, 1], "d": {"a": [1]}, "s": "text", "nothing": null,
                       "__env": {"region": "north"}}"#;

fn evaluate_within(text: &str, limits: &Limits) -> Result<Value, ExpressionError> {
    let scope = Scope {
        view: json::parse(VIEW).unwrap(),
        functions: &Engine,
        now: DateTime::EPOCH,
        random: &Random::seeded(1),
        limits,
        expired: None,
    };
    Template::lenient(&text.into(), &Languages::default()).evaluate(&scope)
}

/// The result as JSON, or the error's text.
fn eval(text: &str) -> String {
    match evaluate_within(text, &Limits::default()) {
        Ok(value) => json::to_string(&value),
        Err(error) => error.to_string(),
    }
}

fn class_within(text: &str, limits: &Limits) -> String {
    match evaluate_within(text, limits) {
        Err(ExpressionError::Evaluation { class, .. }) => class,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_whole_expression_keeps_its_type() {
    assert_eq!(eval("<% $.list %>"), "[3,1]");
    assert_eq!(eval("{{ _.list }}"), "[3,1]");
    assert_eq!(eval("<% $.n %> <% $.nothing %>"), r#""7 None""#);
    assert_eq!(eval("{{ _.list }}!"), r#""[3, 1]!""#);
    assert_eq!(eval("no expression"), r#""no expression""#);
}

#[test]
fn expressions_with_the_same_text_are_evaluated_once() {
    let Ok(Value::String(text)) = evaluate_within("<% uuid() %>/<% uuid() %>", &Limits::default())
    else {
        panic!("not a text");
    };
    let (a, b) = text.split_once('/').unwrap();
    assert_eq!(a, b);
}

#[test]
fn results_are_not_evaluated_again() {
    assert_eq!(eval("{{ '<' ~ '% 1 %' ~ '>' }}"), r#""<% 1 %>""#);
}

#[test]
fn values_are_evaluated_inside_of_containers_but_not_keys() {
    let value = json::parse(r#"{"<% 1 %>": ["<% $.n %>", {"x": "{{ _.n }}"}], "y": [1]}"#).unwrap();
    let template = Template::compile(&value, &Languages::default()).unwrap();
    assert!(template.as_literal().is_none());
    let scope = Scope {
        view: json::parse(VIEW).unwrap(),
        functions: &Engine,
        now: DateTime::EPOCH,
        random: &Random::seeded(1),
        limits: &Limits::default(),
        expired: None,
    };
    let result = template.evaluate(&scope).unwrap();
    assert_eq!(
        json::to_string(&result),
        r#"{"<% 1 %>":[7,{"x":7}],"y":[1]}"#
    );
    let part = |value: &Value| value.as_dict().and_then(|d| d.get("y")).cloned().unwrap();
    assert!(
        Value::ptr_eq(&part(&result), &part(&value)),
        "literal parts are shared"
    );
}

#[test]
fn errors_name_the_language_and_the_expression() {
    assert_eq!(
        eval("x <% $.zzz %>"),
        "Can not evaluate YAQL expression [expression=$.zzz, error='zzz']"
    );
    assert_eq!(
        eval("{{ _.zzz }}"),
        "Can not evaluate Jinja expression [expression={{ _.zzz }}, \
         error='dict object' has no attribute 'zzz']"
    );
    assert_eq!(
        eval("{{ 1 + }}"),
        "Can not evaluate Jinja expression [expression={{ 1 + }}, error=unexpected 'end of template']"
    );
}

#[test]
fn functions_take_their_arguments_in_both_spellings() {
    assert_eq!(eval("<% task(t1) %>"), eval("{{ task('t1') }}"));
    assert_eq!(eval("<% task() %>"), eval("{{ _ | task }}"));
    assert_eq!(eval("<% global(x) %>"), eval("{{ _ | global('x') }}"));
    assert_eq!(
        eval("<% tasks(workflowExecutionId => w, flat => true, state => ERROR) %>"),
        eval("{{ tasks(workflow_execution_id='w', flat=true, state='ERROR') }}")
    );
    assert_eq!(
        eval("<% executions(rootExecutionId => r, fromTime => f) %>"),
        eval("{{ executions(root_execution_id='r', from_time='f') }}")
    );
    assert_eq!(
        eval("<% env().region + $__env.region %>"),
        eval("{{ env().region + __env.region }}")
    );
    assert!(eval("{{ tasks(rootExecutionId='r') }}").contains("unexpected keyword"));
}

#[test]
fn an_interrupt_passes_through_unchanged() {
    for text in [
        "<% task(missing).x %>",
        "{{ task('missing').x }}",
        "{% if task('missing') %}a{% endif %}",
    ] {
        let Err(ExpressionError::Interrupted(interrupt)) =
            evaluate_within(text, &Limits::default())
        else {
            panic!("{text} was not interrupted");
        };
        assert!(interrupt.is::<NotLoaded>());
    }
    assert!(eval("{{ task('bad') }}").ends_with("error=no such task]"));
    assert!(eval("<% task(bad) %>").ends_with("error=no such task]"));
}

#[test]
fn data_functions_agree() {
    for (yaql, jinja) in [
        (
            r#"<% json_parse('{"a": [1]}') %>"#,
            r#"{{ json_parse('{"a": [1]}') }}"#,
        ),
        ("<% json_dump($.d) %>", "{{ json_dump(_.d) }}"),
        ("<% yaml_parse('a: 010') %>", "{{ yaml_parse('a: 010') }}"),
        ("<% yaml_dump($.d) %>", "{{ _ | yaml_dump(_.d) }}"),
    ] {
        assert_eq!(eval(yaql), eval(jinja));
    }
    assert_eq!(eval("{{ yaml_dump(_.d) }}"), r#""a:\n- 1\n""#);
    assert_eq!(eval("{{ yaml_parse('') }}"), "null");
}

#[test]
fn sets_and_lazy_lists_have_no_yaml() {
    for text in [
        "<% yaml_dump(set(1)) %>",
        "<% yaml_dump([$.list.select($)]) %>",
    ] {
        assert_eq!(class_within(text, &Limits::default()), "RepresenterError");
    }
    assert_eq!(
        eval("<% yaml_dump($.list.select($).toList()) %>"),
        r#""- 3\n- 1\n""#
    );
}

#[test]
fn changes_reach_variables_of_the_template_but_not_the_context() {
    assert_eq!(
        eval("{% set l = [1] %}{% for i in [2, 3] %}{% set _x = l.append(i) %}{% endfor %}{{ l }}"),
        r#""[1, 2, 3]""#
    );
    assert_eq!(
        eval("{% set l = _.list %}{% set x = l.append(9) %}{{ l }}{{ _.list }}"),
        r#""[3, 1, 9][3, 1]""#
    );
    assert_eq!(
        eval(
            "{% set d = _.d %}{% set x = d['a'].append(2) %}{% set x = d.update(b=1) %}{{ d }}{{ _.d }}"
        ),
        r#""{'a': [1, 2], 'b': 1}{'a': [1]}""#
    );
    assert_eq!(
        eval(
            "{% set ns = namespace(l=[]) %}{% set x = ns.l.append(1) %}{{ ns.l }}{{ ns.l.pop() }}{{ ns.l }}"
        ),
        r#""[1]1[]""#
    );
    assert_eq!(eval("{{ [3, 1].pop(0) }}"), "3");
}

#[test]
fn macros_see_what_is_around_them() {
    assert_eq!(
        eval(
            "{% set a = 1 %}{% macro m(x) %}{{ a }}{{ x }}{{ varargs }}{% endmacro %}{% set a = 2 %}{{ m(3, 4) }}"
        ),
        r#""23(4,)""#
    );
    assert_eq!(
        eval("{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}"),
        r#""3210""#
    );
    assert_eq!(
        eval(
            "{% macro m() %}{{ caller(1) }}{% endmacro %}{% for i in [5] %}{% call(x) m() %}{{ i }}{{ x }}{% endcall %}{% endfor %}"
        ),
        r#""51""#
    );
    assert!(
        eval("{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}").contains("'a' was not provided")
    );
}

#[test]
fn what_can_not_be_stored_says_why() {
    assert!(eval("{{ _.items }}").contains("'items' is a method of a dict"));
    assert!(eval("{{ uuid }}").contains("call it with parentheses"));
    assert!(eval("<% [regex(a)] %>").contains("Cannot convert"));
    assert_eq!(eval("{{ 1 if false }}"), "null");
    assert_eq!(eval("[{{ 1 if false }}]"), r#""[]""#);
    assert_eq!(eval("<% [1, 2, 2].toSet() %>"), "[1,2]");
}

#[test]
fn limits_hold() {
    let small = Limits {
        iterations: 10_000,
        memory: 100_000,
        depth: 100,
    };
    let memory = "MemoryQuotaExceededException";
    for (text, class) in [
        ("{{ 'a' * 1000000000000 }}", memory),
        ("{{ [0] * 1000000000000 }}", memory),
        ("{{ 'a'.center(1000000000) }}", memory),
        ("{{ '%999999d' % 1 }}", memory),
        ("{{ '{:999999}'.format(1) }}", memory),
        ("{{ 'aaaa'.replace('a', 'b' * 50000) }}", memory),
        ("{{ 'a\nb' | indent(1000000) }}", memory),
        (
            "{% for i in range(99) %}{% set s = 'a' * 5000 %}{{ s }}{% endfor %}",
            memory,
        ),
        (
            "{% set ns = namespace(l=[0]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
            memory,
        ),
        (
            "{% set r = range(99) %}{% for a in r %}{% for b in r %}{% for c in r %}{% endfor %}{% endfor %}{% endfor %}",
            "IterationLimitExceededException",
        ),
        (
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "RecursionError",
        ),
        (
            "{% set ns = namespace(l=[]) %}{% for i in range(999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
            "RecursionError",
        ),
        ("{{ 10 ** (10 ** 10) }}", "OverflowError"),
        ("{{ range(100001) }}", "OverflowError"),
    ] {
        // On one line, as only that is an expression.
        assert_eq!(
            class_within(&text.replace('\n', " "), &small),
            class,
            "{text}"
        );
    }
}

#[test]
fn values_that_hold_each_other_are_freed() {
    let chain = "{% set h = namespace(x=0) %}{% for i in range(99999) %}\
                 {% set h.x = namespace(prev=h.x, top=h) %}{% endfor %}{{ h.x.prev.top.x is defined }}";
    assert_eq!(eval(chain), r#""True""#);
    let callers = "{% set h = namespace(c=0) %}{% macro m() %}{% set h.c = caller %}{% endmacro %}\
                   {% for i in range(9999) %}{% set x = h.c %}{% call m() %}{{ x }}{% endcall %}{% endfor %}";
    assert!(eval(callers).contains("recursion"));
    let loops = "{% set h = namespace(x=0) %}{% for i in range(9999) %}{% for y in [h.x, h.x] %}\
                 {% set h.x = loop %}{% set z = loop.changed(loop) %}{% endfor %}{% endfor %}";
    assert!(eval(loops).contains("recursion"));
    let maps = format!(
        "{{{{ 'a' | map({}'upper') | list }}}}",
        "'map', ".repeat(5_000)
    );
    assert!(eval(&maps).contains("recursion"));
    assert!(eval("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").contains("recursion"));
}

#[test]
fn a_deadline_ends_an_evaluation() {
    let expired = || true;
    let scope = Scope {
        view: Value::Null,
        functions: &Engine,
        now: DateTime::EPOCH,
        random: &Random::seeded(1),
        limits: &Limits::default(),
        expired: Some(&expired),
    };
    let text = "{% for a in range(9999) %}{{ a }}{% endfor %}";
    let template = Template::compile(&text.into(), &Languages::default()).unwrap();
    let error: Box<dyn Error> = template.evaluate(&scope).unwrap_err().into();
    assert!(
        error
            .to_string()
            .ends_with("error=Expression took too much time]")
    );
}

proptest! {
    #[test]
    fn nothing_panics(parts in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14)) {
        let limits = Limits { iterations: 2_000, memory: 100_000, depth: 50 };
        let inner = parts.join(" ");
        for text in [format!("{{{{ {inner} }}}}"), inner.clone(), format!("<% {inner} %>")] {
            // Any outcome will do.
            let _ = evaluate_within(&text, &limits);
            let _ = syntax_check(&text, &Languages::default());
            let _ = references(&text);
        }
    }
}

const PIECES: [&str; 72] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{%-",
    "-%}",
    "{#",
    "#}",
    "if",
    "else",
    "endif",
    "for",
    "in",
    "endfor",
    "set",
    "endset",
    "macro",
    "endmacro",
    "x",
    "_",
    "_.list",
    "_.d",
    "loop",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "|",
    "~",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "==",
    "<",
    "not",
    "and",
    "is",
    "defined",
    "1",
    "0",
    "-1",
    "2.5",
    "'é'",
    "''",
    "[1, 'a']",
    "| sort",
    "| join(',')",
    "| int",
    "| map('upper')",
    "| truncate(1)",
    "| wordwrap(2)",
    "| batch(2)",
    "| slice(3)",
    "| round(-1)",
    ".split()",
    ".format(1)",
    "[1:-1]",
    "[::-1]",
    "range(3)",
    "| list",
    "| tojson(2)",
    "'%5.1f'",
    "'{:>3}'",
];

#[test]
fn shared_values_do_not_explode() {
    let doubled = |start: &str, step: &str| {
        format!(
            "{{% set ns = namespace(x={start}) %}}{{% for i in range(60) %}}\
             {{% set ns.x = {step} %}}{{% endfor %}}{{{{ ns.x == 1 }}}}"
        )
    };
    let appended = "{% set l = [1] %}{% for i in range(60) %}{% set _ok = l.append(l) %}\
                    {% endfor %}{{ l == 1 }}";
    for text in [
        doubled("[1]", "[ns.x, ns.x]"),
        doubled("[1]", "(ns.x, ns.x)"),
        doubled("1", "{'a': ns.x, 'b': ns.x}"),
        appended.to_owned(),
    ] {
        let class = class_within(&text, &Limits::default());
        assert_eq!(class, "MemoryQuotaExceededException", "{text}");
    }
}

#[test]
fn long_sets_of_characters_are_searched_quickly() {
    let text = "{{ ('x' * 1000000).strip((range(5000) | join) + 'x') | length }}\
                {{ ('x' * 1000000) | trim((range(5000) | join) + 'x') | length }}";
    assert_eq!(eval(text), r#""00""#);
}
