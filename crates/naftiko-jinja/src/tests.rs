//! Templates of e-mails: results, problems and limits.
#![expect(clippy::string_slice, reason = "a test speaks by panicking")]

use crate::{FILTERS, Filter, Limits, MAX_LENGTH, Problem, RenderErrorKind, TESTS, Template};
use serde_json::{Value, json};

fn values() -> Value {
    json!({
        "who": "Jane O'Neil",
        "text": "a\nb",
        "list": [3, 1, 2],
        "people": [{"name": "Bo", "age": 7}, {"name": "al", "age": 30}],
        "map": {"k": 1, "j": [true, null, 2.5, "x'y"]},
        "yes": true,
        "nothing": null,
        "float": 2.0,
        "long": "x".repeat(1 << 20),
    })
}

fn rendered_with(
    template: &str,
    values: &Value,
    limits: Limits,
) -> Result<String, (RenderErrorKind, String)> {
    let template = Template::parse(template).unwrap_or_else(|problems| panic!("{template}: {problems:?}"));
    template.render(&|name| values.get(name), limits).map_err(|error| (error.kind, error.message))
}

fn rendered(template: &str) -> Result<String, (RenderErrorKind, String)> {
    rendered_with(template, &values(), Limits::default())
}

fn check(rows: &[(&str, &str)]) {
    for (template, expected) in rows {
        assert_eq!(rendered(template).as_deref(), Ok(*expected), "{template}");
    }
}

/// The problems of a template, each with the text at its range.
fn problems(template: &str) -> Vec<(String, Problem)> {
    let problems = Template::parse(template).expect_err(template);
    let of = |problem: Problem| (template.get(problem.range.clone()).unwrap_or("?").to_owned(), problem);
    problems.into_iter().map(of).collect()
}

#[test]
fn values_are_written_as_jinja_writes_them() {
    check(&[
        ("", ""),
        ("plain { text }", "plain { text }"),
        ("{{ who }}", "Jane O'Neil"),
        ("{{ list }} {{ map }}", "[3, 1, 2] {'k': 1, 'j': [True, None, 2.5, \"x'y\"]}"),
        ("{{ yes }} {{ nothing }} {{ float }}", "True None 2.0"),
        ("{{ map.j[3] }} {{ map['k'] }} {{ people[-1].name }} {{ list.0 }}", "x'y 1 al 3"),
        (
            "{{ list[:2] }} {{ list[1:] }} {{ list[-1:] }} {{ who[0:4] }} {{ who[5] }}",
            "[3, 1] [1, 2] [2] Jane O",
        ),
        ("{{ 'a\\n\\u00e9\\x41' }}", "a\néA"),
        ("{{ {'a': [1, 'b']}.a }} {{ {} }}", "[1, 'b'] {}"),
    ]);
}

#[test]
fn operators_have_the_ranks_and_results_of_jinja() {
    check(&[
        (
            "{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }}",
            "7 9 3.5 3.0 3 -4 2",
        ),
        ("{{ 'a' ~ 1 ~ nothing ~ yes }} {{ 'a' + 'b' }} {{ [1] + [2] }}", "a1NoneTrue ab [1, 2]"),
        (
            "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ 'a' < 'b' }}",
            "True False True False True",
        ),
        ("{{ 1 in list }} {{ 9 not in list }} {{ 'Jane' in who }} {{ 'k' in map }}", "True True True True"),
        (
            "{{ not yes or yes }} {{ yes and who }} {{ '' or 'x' }} {{ not (yes or nothing) }}",
            "True Jane O'Neil x False",
        ),
        ("{{ 'a' if yes else 'b' }}{{ 'c' if nothing }}{{ 'd' if nothing else 'e' }}", "ae"),
        ("{{ -list[0] }} {{ - -1 }} {{ yes + 1 }} {{ 1.5 + 1 }}", "-3 1 2 2.5"),
        (
            "{{ 3 is odd }} {{ 4 is not odd }} {{ 9 is divisibleby(3) }} {{ 9 is divisibleby 2 }}",
            "True True True False",
        ),
        (
            "{{ missing is defined }} {{ who.x is undefined }} {{ nothing is none }} {{ list[1] is number }}",
            "False True True True",
        ),
        (
            "{{ who is startingwith('Jane') }} {{ 1 is in(list) }} {{ 2 is gt(1) }} {{ map is mapping }}",
            "True True True True",
        ),
    ]);
}

#[test]
fn statements_choose_repeat_and_remember() {
    check(&[
        ("{% if nothing %}a{% elif yes %}b{% else %}c{% endif %}", "b"),
        (
            "{% for x in list %}{{ loop.index }}:{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1:3, 2:1, 3:2",
        ),
        ("{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}", "k=1;j=[True, None, 2.5, \"x'y\"];"),
        ("{% for x in [] %}a{% else %}none{% endfor %}{% for x in nothing %}a{% endfor %}", "none"),
        ("{% for x in list if x > 1 %}{{ x }}/{{ loop.length }} {% endfor %}", "3/2 2/2 "),
        ("{% for k in map %}{{ k }}{% endfor %}{% for c in 'ab' %}<{{ c }}>{% endfor %}", "kj<a><b>"),
        (
            "{% set a = 1 %}{% set a = a + 1 %}{{ a }}{% for x in [1] %}{% set a = 9 %}{% endfor %}{{ a }}",
            "22",
        ),
        (
            "{% for x in [1, 2] %}{% for y in [3] %}{{ x }}{{ y }}{{ loop.index0 }} {% endfor %}{% endfor %}",
            "130 230 ",
        ),
        ("a {#- no -#} b {# no #}c", "ab c"),
        ("a  {{- 1 -}}  b {%- if yes -%}  c  {%- endif +%} d", "a1bc d"),
        ("{% raw %}{{ x }} {% if %}{% endraw %}!", "{{ x }} {% if %}!"),
        ("line\n", "line"),
        ("line\n\n", "line\n"),
    ]);
}

#[test]
fn each_filter_gives_what_it_says() {
    check(&[
        ("{{ -3|abs }} {{ -2.5|abs }}", "3 2.5"),
        ("{{ 'jANE oNEIL'|capitalize }}", "Jane oneil"),
        ("{{ 'abc'|count }} {{ list|length }} {{ map|length }} {{ who|upper|length }}", "3 3 2 11"),
        (
            "{{ missing|default('d') }} {{ nothing|default('d') }} {{ ''|default('d', true) }} {{ map.x|d(7) }}",
            "d None d 7",
        ),
        ("{{ missing|default }}|", "|"),
        (
            "{{ list|first }} {{ list|last }} {{ who|first }} {{ people|first }}",
            "3 2 J {'name': 'Bo', 'age': 7}",
        ),
        (
            "{{ '3.5'|float }} {{ 2|float }} {{ 'x'|float(0) }} {{ '12'|int }} {{ 2.9|int }} {{ 'x'|int(5) }}",
            "3.5 2.0 0 12 2 5",
        ),
        (
            "{{ text|indent(2) }}|{{ text|indent(2, true) }}|{{ 'a\\n\\nb'|indent(1, blank=true) }}",
            "a\n  b|  a\n  b|a\n \n b",
        ),
        ("{{ map|items }}", "[['k', 1], ['j', [True, None, 2.5, \"x'y\"]]]"),
        ("{{ list|join(', ') }} {{ people|join('+', 'name') }} {{ 'abc'|join('.') }}", "3, 1, 2 Bo+al a.b.c"),
        (
            "{{ text|lines }} {{ 'ab'|list }} {{ map|list }} {{ list|list }}",
            "['a', 'b'] ['a', 'b'] ['k', 'j'] [3, 1, 2]",
        ),
        ("{{ who|lower }} {{ who|upper }} {{ 'hello wORLD'|title }}", "jane o'neil JANE O'NEIL Hello World"),
        ("{{ people|map(attribute='name')|join(' ') }}", "Bo al"),
        ("{{ list|max }} {{ list|min }} {{ ['b', 'a']|min }} {{ list|sum }}", "3 1 a 6"),
        ("{{ 'a-b-c'|replace('-', '+') }} {{ 'ab'|replace('', 'x') }}", "a+b+c ab"),
        ("{{ list|reverse }} {{ 'abc'|reverse }}", "[2, 1, 3] cba"),
        ("{{ 2.567|round(1) }} {{ 2.5|round }} {{ 3|round }} {{ 1234.5|round(-2) }}", "2.6 2.0 3 1200.0"),
        (
            "{{ list|sort }} {{ list|sort(reverse=true) }} {{ ['b', 'A', 'c']|sort }} {{ ['b', 'A']|sort(case_sensitive=true) }}",
            "[1, 2, 3] [3, 2, 1] ['A', 'b', 'c'] ['A', 'b']",
        ),
        ("{{ people|sort(attribute='age', reverse=true)|map(attribute='name')|list }}", "['al', 'Bo']"),
        ("{{ 'a, b'|split(', ') }} {{ ' a  b '|split }}", "['a', 'b'] ['a', 'b']"),
        ("{{ 5|string ~ 'x' }} {{ list|string }}", "5x [3, 1, 2]"),
        ("{{ map|tojson }}", "{\"k\": 1, \"j\": [true, null, 2.5, \"x'y\"]}"),
        (
            "{{ {'a': [1, {}], 'b': []}|tojson(indent=2) }}",
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}",
        ),
        ("{{ '  a '|trim }}|{{ 'xax'|trim('x') }}", "a|a"),
        ("{{ [1, 2, 1, 'a', 'a']|unique }}", "[1, 2, 'a']"),
    ]);
    for filter in FILTERS {
        assert!(!filter.summary().is_empty() && filter.signature().starts_with(filter.name()));
    }
    assert!(FILTERS.is_sorted_by_key(Filter::name), "they are listed by name");
    assert_eq!(TESTS[0].name(), "defined");
}

#[test]
fn what_cannot_be_read_is_said_at_its_place() {
    let rows: Vec<String> = [
        "{{ who",
        "{{ who %}",
        "{{ }}",
        "{{ 1 + }}",
        "{{ (1 }}",
        "{{ [1, 2 }}",
        "{{ 'open }}",
        "{{ a b }}",
        "{{ a ? b }}",
        "{{ a.1b }}",
        "{{ 2 ** 3 }}",
        "{{ '\\xzz' }}",
        "{# open",
        "{% if yes %}a",
        "{% for x in list %}a{% else %}b",
        "{% for in list %}{% endfor %}",
        "{% endif %}",
        "{% if yes %}{% endfor %}",
        "{% raw %}a",
        "{% include '/etc/passwd' %}",
        "{% macro x() %}{% endmacro %}",
        "{% set x %}a{% endset %}",
        "{% filter upper %}a{% endfilter %}",
        "{{ a if }}",
    ]
    .iter()
    .flat_map(|template| {
        problems(template).into_iter().map(move |(at, problem)| format!("{template}\n  `{at}`: {problem}"))
    })
    .collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn an_unknown_filter_test_or_function_is_said_at_its_name_and_all_of_them_are() {
    let found = problems("{{ who|uper|lower }} {{ who is odd and who is strange }} {{ range(9) }}");
    let found: Vec<(&str, &str)> =
        found.iter().map(|(at, problem)| (at.as_str(), problem.message.as_str())).collect();
    assert_eq!(
        found,
        [
            ("uper", "there is no filter `uper`"),
            ("strange", "there is no test `strange`"),
            ("range", "there are no functions in the template of an e-mail"),
        ]
    );
    let wrong = |template: &str| problems(template)[0].1.to_string();
    assert_eq!(
        wrong("{{ who|replace('a') }}"),
        "the filter `replace` needs the argument `new`; it is written `replace(old, new)`"
    );
    assert_eq!(
        wrong("{{ who|upper(1) }}"),
        "the filter `upper` takes fewer arguments; it is written `upper`"
    );
    assert_eq!(
        wrong("{{ who|indent(x=1) }}"),
        "the filter `indent` takes no argument `x`; it is written `indent([width], [first], [blank])`"
    );
    assert_eq!(
        wrong("{{ who|indent(1, width=2) }}"),
        "the filter `indent` is given an argument twice; it is written `indent([width], [first], [blank])`"
    );
    assert_eq!(
        wrong("{{ who|map('upper') }}"),
        "the filter `map` takes fewer arguments; it is written `map(attribute=…)`"
    );
    assert_eq!(wrong("{{ who is defined(1) }}"), "the test `defined` takes no argument");
    assert_eq!(wrong("{{ who is divisibleby }}"), "the test `divisibleby` needs an argument");
    assert!(problems("{{ who|uper }}")[0].1.candidates.contains(&"upper"));
}

#[test]
fn a_name_that_is_not_handed_over_is_said_once_where_it_is_read_first() {
    let unknown = |template: &str| {
        let parsed = Template::parse(template).expect(template);
        let found = parsed.unknown_names(&|name| ["who", "list"].contains(&name));
        found.into_iter().map(|it| template[it.range].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(unknown("{{ who }}{% for x in list %}{{ x }}{{ loop.index }}{% endfor %}"), [""; 0]);
    assert_eq!(unknown("{{ whom }} {{ x|default(y) }} {{ whom }} {{ who[z:] }}"), ["whom", "x", "y", "z"]);
    assert_eq!(unknown("{% for x in list %}{% endfor %}{{ x }}{{ loop }}"), ["x", "loop"]);
    assert_eq!(unknown("{{ a }}{% set a = b %}{{ a }}"), ["a", "b"]);
    let inside =
        "{% set a = who %}{% for x in list %}{% set b = a %}{% for a in b %}{{ b }}{% endfor %}{% endfor %}";
    assert_eq!(unknown(&format!("{inside}{{{{ a }}}}{{{{ b }}}}")), ["b"]);
    assert!(Template::parse("{{ answerUrl }}").expect("it is one").reads(&["answerUrl"]));
    assert!(!Template::parse("answerUrl {# answerUrl #}").expect("it is one").reads(&["answerUrl"]));
}

#[test]
fn a_value_that_is_missing_or_of_the_wrong_kind_ends_it_and_is_not_shown() {
    for (template, kind, told) in [
        ("{{ missing }}", RenderErrorKind::Missing, "a value is missing in `missing`"),
        ("a {{ who.nothing.x }}", RenderErrorKind::Missing, "a value is missing in `who.nothing.x`"),
        ("{{ list[7] }}", RenderErrorKind::Missing, "a value is missing in `list[7]`"),
        ("{% if missing %}{% endif %}", RenderErrorKind::Missing, "a value is missing in `missing`"),
        ("{% for x in yes %}{% endfor %}", RenderErrorKind::Type, "a boolean has no items in `yes`"),
        ("{% for a, b in list %}{% endfor %}", RenderErrorKind::Type, "a number has no items in `list`"),
        ("{{ who + 1 }}", RenderErrorKind::Type, "arithmetic does not apply to a text in `who + 1`"),
        ("{{ who * 3 }}", RenderErrorKind::Type, "arithmetic does not apply to a text in `who * 3`"),
        ("{{ -who }}", RenderErrorKind::Type, "`-` does not apply to a text in `-who`"),
        ("{{ 1 / 0 }}", RenderErrorKind::Type, "the result is not a number in `1 / 0`"),
        ("{{ 1 // 0 }}", RenderErrorKind::Type, "the result is not a number in `1 // 0`"),
        (
            "{{ 9223372036854775807 + 1 }}",
            RenderErrorKind::Type,
            "the result is not a number in `9223372036854775807 + 1`",
        ),
        (
            "{{ nothing|length }}",
            RenderErrorKind::Type,
            "`length` does not apply to none in `nothing|length`",
        ),
        ("{{ [1, 'a']|max }}", RenderErrorKind::Type, "these items have no order in `[1, 'a']|max`"),
    ] {
        assert_eq!(rendered(template), Err((kind, told.to_owned())), "{template}");
    }
    for template in ["{{ who|join(list) }}", "{{ who|int }}", "{{ people|sum }}", "{{ who.x|upper }}"] {
        let (_, told) = rendered(template).expect_err(template);
        assert!(!told.contains("Jane") && !told.contains("Bo"), "{template}: {told}");
    }
}

/// The kind of error of each template, with the default limits.
fn ended(template: &str) -> RenderErrorKind {
    rendered(template).expect_err(template).0
}

#[test]
fn nothing_that_a_template_makes_is_too_large() {
    // A text of a hundred characters, repeatedly.
    let doubled: String =
        (0..64).fold("{% set a = 'x' %}".to_owned(), |text, _| text + "{% set a = a ~ a %}");
    let added: String = (0..64).fold("{% set a = 'x' %}".to_owned(), |text, _| text + "{% set a = a + a %}");
    let listed: String = (0..64).fold("{% set a = [1] %}".to_owned(), |text, _| text + "{% set a = a + a %}");
    let nested: String =
        (0..64).fold("{% set a = [1] %}".to_owned(), |text, _| text + "{% set a = [a, a] %}");
    let mapped: String =
        (0..64).fold("{% set a = 1 %}".to_owned(), |text, _| text + "{% set a = {'a': a, 'b': a} %}");
    let replaced: String =
        (0..64).fold("{% set a = 'xx' %}".to_owned(), |text, _| text + "{% set a = a|replace('x', a) %}");
    let joined: String =
        (0..64).fold("{% set a = 'xx' %}".to_owned(), |text, _| text + "{% set a = a|list|join(a) %}");
    let shown: String =
        (0..64).fold("{% set a = '\\\\' %}".to_owned(), |text, _| text + "{% set a = [a]|string %}");
    let as_json: String =
        (0..64).fold("{% set a = '\"' %}".to_owned(), |text, _| text + "{% set a = a|tojson %}");
    for template in [
        doubled.as_str(),
        &added,
        &listed,
        &nested,
        &mapped,
        &replaced,
        &joined,
        &shown,
        &as_json,
        "{{ 'a\nb'|indent(2000000000) }}",
        "{{ 'a\nb'|indent(9223372036854775807) }}",
        "{{ long }}",
        "{{ long|upper }}",
        "{{ long|replace('x', 'yy') }}",
        "{{ long|list|length }}",
        "{{ long|split('x')|length }}",
        "{{ long ~ '' }}",
        "{{ [long]|string }}",
        "{{ [long]|tojson }}",
        "{{ long|reverse|length }}",
        "{{ long|title }}{{ long|trim }}",
        "{% for a in 'xxxxxxxxxx'|list %}{% for b in 'xxxxxxxxxx'|list %}{{ long[:9999] }}{% endfor %}{% endfor %}",
    ] {
        assert_eq!(ended(template), RenderErrorKind::Size, "{}", &template[..template.len().min(80)]);
    }
    assert_eq!(rendered("{{ long|length }} {{ long[:3] }} {{ long|first }}").as_deref(), Ok("1048576 xxx x"));
}

#[test]
fn nothing_that_a_template_computes_takes_too_long() {
    let million = "{% set a = '0123456789'|list %}";
    let loops = |depth: usize| {
        let (begin, end) = ("{% for x in a %}".repeat(depth), "{% endfor %}".repeat(depth));
        format!("{million}{begin}{end}")
    };
    for template in [
        loops(7),
        format!("{million}{}", "{% for x in a if a == a and x in a %}".repeat(7) + &"{% endfor %}".repeat(7)),
        "{% for x in long[:2000] %}{{ '' if long == long else 1 }}{% endfor %}".to_owned(),
        "{% for x in long[:2000] %}{{ '' if 'xy' in long else 1 }}{% endfor %}".to_owned(),
        "{% for x in long[:2000] %}{{ long[500000][:0] }}{% endfor %}".to_owned(),
        "{% for x in long[:2000] %}{{ (long|length)|string|length }}{% endfor %}".to_owned(),
    ] {
        // Values created in each round count too.
        let ended = ended(&template);
        assert!(matches!(ended, RenderErrorKind::Work | RenderErrorKind::Size), "{template}: {ended:?}");
    }
    assert_eq!(rendered(&loops(4)).as_deref(), Ok(""));
}

#[test]
fn work_grows_with_what_there_is_to_do() {
    /// The least work that renders a template, up to one part in sixteen.
    fn work(template: &str, values: &Value) -> u64 {
        let suffices = |work: u64| {
            let limits = Limits { work, ..Limits::default() };
            rendered_with(template, values, limits).is_ok()
        };
        let mut work = 16;
        while !suffices(work) {
            work += work / 16;
        }
        work
    }
    let with = |length: usize| json!({"list": vec!["some text"; length]});
    for template in [
        "{% for x in list %}{{ x }}{% endfor %}",
        "{{ list|join(', ') }}",
        "{{ list|map(attribute='0')|list|length if no is defined else list|length }}",
        "{{ list|unique }}",
        "{{ list|reverse|tojson }}",
    ] {
        let (few, many) = (work(template, &with(200)), work(template, &with(2000)));
        assert!(many <= few * 12, "{template}: {few}, then {many}");
    }
    // Sorting takes slightly more than linear work.
    let (few, many) =
        (work("{{ list|sort|length }}", &with(200)), work("{{ list|sort|length }}", &with(2000)));
    assert!(many <= few * 16, "{few}, then {many}");
}

#[test]
fn a_template_is_short_and_does_not_nest_deep() {
    let said = |template: &str| problems(template).pop().expect("a problem").1.message;
    assert_eq!(said(&"x".repeat(MAX_LENGTH + 1)), "a template is longer than 64 KiB");
    for deep in [
        format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{{{{ {}1{} }}}}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(20_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(10_000)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(5_000)),
        format!("{{{{ a{} }}}}", "[a".repeat(20_000)),
        "{% if 1 %}".repeat(6_000),
        format!("{{{{ a{} }}}}", "|default(a".repeat(5_000)),
    ] {
        assert_eq!(said(&deep), "a template nests deeper than 50", "{}", &deep[..20]);
        for end in 0..=deep.len().min(800) {
            for text in [deep[..end].to_owned(), deep[..end].to_owned() + "é"] {
                let problems = Template::parse(&text).err().unwrap_or_default();
                let is_shown = |problem: &Problem| text.get(problem.range.clone()).is_some();
                assert!(problems.iter().all(is_shown), "{text}: {problems:?}");
            }
        }
    }
    // A sequence does not nest.
    for row in [
        format!("{{{{ 1{} }}}}", "+1".repeat(20_000)),
        format!("{{{{ 'a'{} }}}}", "|upper".repeat(9_000)),
        format!("{{{{ 1{} }}}}", "<2".repeat(20_000)),
        format!("{{{{ who{} }}}}", ".a".repeat(20_000)),
        format!("{{% if nothing %}}{}{{% endif %}}", "{% elif nothing %}".repeat(3_000)),
        "{{ 1 }}".repeat(9_000),
        "{#-#}".repeat(9_000),
    ] {
        let _rendered = Template::parse(&row).expect("it is one").render(&|_| None, Limits::default());
    }
    assert_eq!(problems(&format!("{{{{ a{} }}}}", "|x".repeat(20_000))).len(), 100, "and no more");
}
