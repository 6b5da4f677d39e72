//! The compositions of the crash matrix: small, and together covering every key of edition 0.2.

/// A composition, and what is needed to run it to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Composition {
    pub(crate) name: &'static str,
    pub(crate) body: &'static str,
    pub(crate) child: Option<&'static str>,
    /// Sensitive inputs, which are given to every process.
    pub(crate) secrets: &'static [&'static str],
    /// The answers to external steps.
    pub(crate) answers: &'static [(&'static str, &'static str)],
    /// Whether the run is cancelled once it waits; the value says whether it is compensated.
    pub(crate) cancelled: Option<bool>,
    /// The status at the end.
    pub(crate) status: &'static str,
    /// Paths of operations that the author declared to be repeatable.
    pub(crate) repeated: &'static [&'static str],
    /// Paths of operations whose uncertain outcome the author declared to be acceptable.
    pub(crate) uncertain: &'static [&'static str],
    /// Whether effects are compensated strictly in reverse order, even with concurrent steps.
    pub(crate) is_undone_in_order: bool,
}

const PLAIN: Composition = Composition {
    name: "",
    body: "",
    child: None,
    secrets: &[],
    answers: &[],
    cancelled: None,
    status: "succeeded",
    repeated: &[],
    uncertain: &[],
    is_undone_in_order: true,
};

/// A sub-composition that creates a thing, reads it, and can compensate it.
const CHILD: &str = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: make, capability: things, operation: createThing, with: {name: '${inputs.name}'}, compensate: {capability: things, operation: deleteThing, with: {id: '${make.id}'}}}
  - {id: look, capability: things, operation: getThing, with: {id: '${make.id}'}}
outputs: [{name: id, source: look.id}]
";

pub(crate) const ALL: &[Composition] = &[
    Composition {
        name: "in a row",
        body: "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a, label: 'of ${run.id}'}}
  - {id: two, capability: things, operation: getThing, with: {id: '${one.id}'}}
  - {id: three, capability: things, operation: createThing, with: {name: 'b-${two.name}'}}
outputs: [{name: id, source: three.id}, {name: run, source: run.id}]
",
        ..PLAIN
    },
    Composition {
        name: "when",
        body: "inputs: [{name: go, type: boolean, default: false}]
steps:
  - {id: one, when: inputs.go, capability: things, operation: createThing, with: {name: a}}
  - {id: two, when: '!inputs.go', capability: things, operation: createThing, with: {name: b}}
  - {id: three, capability: things, operation: createThing, with: {name: \"${one.id ?? 'c'}\"}}
outputs: [{name: two, source: two.id ?? 'none'}, {name: three, source: three.id}]
",
        ..PLAIN
    },
    Composition {
        name: "for each of a list, two at a time",
        body: "inputs: [{name: names, type: array, items: string, default: [a, b, c]}]
steps:
  - {id: make, forEach: inputs.names, concurrency: 2, capability: things, operation: createThing, with: {name: '${item}', label: 'at ${index}'}}
  - {id: look, forEach: make, capability: things, operation: getThing, with: {id: '${item.id}'}}
outputs: [{name: ids, source: 'look[*].id'}]
",
        ..PLAIN
    },
    Composition {
        name: "poll",
        body: "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - id: wait
    capability: things
    operation: getThing
    with: {id: '${make.id}'}
    poll: {until: response.body.state == 'active', failWhen: response.status == 299, every: 2ms, timeout: 1h}
  - {id: last, capability: things, operation: createThing, with: {name: '${wait.state}'}}
outputs: [{name: state, source: wait.state}]
",
        ..PLAIN
    },
    Composition {
        name: "retry to the last attempt",
        body: "steps:
  - {id: write, capability: trouble, operation: flakyThing, with: {name: a}, retry: {attempts: 2, backoff: {initial: 2ms}}}
  - {id: read, capability: trouble, operation: listFlaky, retry: {attempts: 3, backoff: {initial: 2ms}, on: [5xx]}}
outputs: [{name: id, source: write.id}, {name: data, source: read.data}]
",
        ..PLAIN
    },
    Composition {
        name: "paginate",
        body: "steps:
  - {id: all, capability: things, operation: listPages, paginate: true, retry: {backoff: {initial: 2ms}}}
  - {id: make, forEach: all, capability: things, operation: createThing, with: {name: 'of-${item.id}'}}
outputs: [{name: all, source: 'all[*].id'}, {name: made, source: 'make[*].id'}]
",
        ..PLAIN
    },
    Composition {
        name: "timeout",
        body: "steps:
  - {id: look, capability: trouble, operation: getSlow, timeout: 100ms, retry: {attempts: 9, backoff: {initial: 2ms}}}
  - {id: make, capability: things, operation: createThing, with: {name: '${look.name}'}}
outputs: [{name: id, source: make.id}]
",
        ..PLAIN
    },
    Composition {
        name: "expect",
        body: "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}, expect: ['exists(response.body.id)', response.status == 201]}
  - {id: odd, capability: things, operation: keyedThing, with: {name: b}, expect: [response.body.state == 'pending'], onFailure: continue}
  - {id: last, capability: things, operation: createThing, with: {name: \"${odd.id ?? 'c'}\"}}
outputs: [{name: id, source: last.id}]
",
        ..PLAIN
    },
    Composition {
        name: "on failure continue",
        body: "steps:
  - {id: make, capability: things, operation: refuseThing, with: {name: a}, onFailure: continue}
  - {id: other, dependsOn: [], capability: things, operation: createThing, with: {name: b}}
  - {id: last, dependsOn: [make, other], capability: things, operation: createThing, with: {name: \"${make.id ?? 'c'}\"}}
outputs: [{name: id, source: last.id}]
",
        ..PLAIN
    },
    Composition {
        name: "compensate",
        body: "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: two, capability: things, operation: keyedThing, with: {name: b}, compensate: {capability: things, operation: deleteThing, with: {id: '${two.id}'}}}
  - {id: three, capability: things, operation: createThing, with: {name: c}}
  - {id: four, capability: things, operation: refuseThing, with: {name: d}, compensate: {capability: things, operation: deleteThing, with: {id: \"${four.id ?? 'd.1'}\"}, afterFailure: true}}
outputs: [{name: id, source: four.id}]
",
        status: "compensated",
        ..PLAIN
    },
    Composition {
        name: "what cannot be undone at first",
        body: "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: two, capability: things, operation: createThing, with: {name: b}, compensate: {capability: trouble, operation: dropStubborn, with: {id: '${two.id}'}}}
  - {id: three, capability: things, operation: refuseThing, with: {name: c}}
outputs: [{name: id, source: three.id}]
",
        status: "compensated",
        ..PLAIN
    },
    Composition {
        name: "in doubt, and it happened",
        body: "steps:
  - {id: make, capability: trouble, operation: vanishThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${make.id}'}}}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${make.id}'}}
outputs: [{name: id, source: last.id}]
",
        ..PLAIN
    },
    Composition {
        name: "in doubt, and it did not happen",
        body: "steps:
  - {id: make, onDoubt: ask, capability: trouble, operation: loseThing, with: {name: a}}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${make.id}'}}
outputs: [{name: id, source: last.id}]
",
        ..PLAIN
    },
    Composition {
        name: "in doubt, and tried again",
        body: "steps:
  - {id: make, onDoubt: retry, capability: trouble, operation: againThing, with: {name: a}}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${make.id}'}}
outputs: [{name: id, source: last.id}]
",
        repeated: &["/again"],
        ..PLAIN
    },
    Composition {
        name: "in doubt, and taken for failed",
        body: "steps:
  - {id: first, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${first.id}'}}}
  - {id: make, onDoubt: fail, capability: trouble, operation: vanishThing, with: {name: b}}
outputs: [{name: id, source: make.id}]
",
        status: "compensated",
        uncertain: &["/vanish"],
        ..PLAIN
    },
    Composition {
        name: "a composition within",
        body: "steps:
  - {id: inner, composition: child.yaml, with: {name: a}}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${inner.id}'}}
outputs: [{name: id, source: last.id}]
",
        child: Some(CHILD),
        ..PLAIN
    },
    Composition {
        name: "a composition for each, undone",
        body: "inputs: [{name: names, type: array, items: string, default: [a, b]}]
steps:
  - {id: inner, forEach: inputs.names, concurrency: 2, composition: child.yaml, with: {name: '${item}'}}
  - {id: last, capability: things, operation: refuseThing, with: {name: last}}
outputs: [{name: id, source: last.id}]
",
        child: Some(CHILD),
        status: "compensated",
        ..PLAIN
    },
    Composition {
        name: "a composition that undoes itself, and the run continues",
        body: "steps:
  - {id: inner, composition: child.yaml, with: {name: a}, onFailure: continue}
  - {id: last, capability: things, operation: createThing, with: {name: \"${inner.id ?? 'z'}\"}}
outputs: [{name: id, source: last.id}]
",
        child: Some("inputs: [{name: name, type: string, required: true}]
steps:
  - {id: make, capability: things, operation: createThing, with: {name: '${inputs.name}'}, compensate: {capability: things, operation: deleteThing, with: {id: '${make.id}'}}}
  - {id: more, capability: things, operation: createThing, with: {name: 'b-${make.id}'}, compensate: {capability: things, operation: deleteThing, with: {id: '${more.id}'}}}
  - {id: refused, capability: things, operation: refuseThing, with: {name: c}}
outputs: [{name: id, source: refused.id}]
"),
        ..PLAIN
    },
    Composition {
        name: "outside, with a result",
        body: "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - id: ask
    description: Is it good?
    external: {with: {id: '${make.id}'}, result: {type: object, required: [good], properties: {good: {type: string}}}, timeout: 2d}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${ask.good}'}}
outputs: [{name: id, source: last.id}]
",
        answers: &[("ask", r#"{"good": "yes"}"#)],
        ..PLAIN
    },
    Composition {
        name: "outside, and nobody answers in time",
        body: "steps:
  - {id: ask, external: {timeout: 20ms}, onFailure: continue}
  - {id: last, capability: things, operation: createThing, with: {name: \"${ask.name ?? 'b'}\"}}
outputs: [{name: id, source: last.id}]
",
        ..PLAIN
    },
    Composition {
        name: "outside, for each and within",
        body: "inputs: [{name: names, type: array, items: string, default: [a, b]}]
steps:
  - {id: ask, forEach: inputs.names, concurrency: 2, external: {with: {name: '${item}'}, result: {type: string}}}
  - {id: inner, composition: child.yaml, with: {name: \"${ask[0] ?? ''}-${ask[1] ?? ''}\"}}
outputs: [{name: id, source: inner.id}]
",
        child: Some("inputs: [{name: name, type: string, required: true}]
steps:
  - {id: confirm, external: {with: {name: '${inputs.name}'}}}
  - {id: make, capability: things, operation: createThing, with: {name: '${inputs.name}'}}
outputs: [{name: id, source: make.id}]
"),
        answers: &[("ask[0]", "\"x\""), ("ask[1]", "\"y\""), ("inner/confirm", "null")],
        ..PLAIN
    },
    Composition {
        name: "in parallel",
        body: "steps:
  - {id: one, dependsOn: [], capability: things, operation: createThing, with: {name: a}}
  - {id: two, dependsOn: [], capability: things, operation: keyedThing, with: {name: b}}
  - {id: three, dependsOn: [], capability: things, operation: createThing, with: {name: c}}
  - {id: look, dependsOn: [two], capability: things, operation: getThing, with: {id: '${two.id}'}}
  - {id: last, dependsOn: [one, look, three], capability: things, operation: createThing, with: {name: 'd-${one.id}-${three.id}'}}
outputs: [{name: id, source: last.id}, {name: looked, source: look.id}]
",
        ..PLAIN
    },
    Composition {
        name: "in parallel, undone",
        body: "steps:
  - {id: one, dependsOn: [], capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: two, dependsOn: [], capability: things, operation: createThing, with: {name: b}, compensate: {capability: things, operation: deleteThing, with: {id: '${two.id}'}}}
  - {id: three, dependsOn: [one], capability: things, operation: createThing, with: {name: 'c-${one.id}'}, compensate: {capability: things, operation: deleteThing, with: {id: '${three.id}'}}}
  - {id: last, dependsOn: [two, three], capability: things, operation: refuseThing, with: {name: '${two.id}'}}
outputs: [{name: id, source: last.id}]
",
        status: "compensated",
        ..PLAIN
    },
    Composition {
        name: "an item fails, the others are undone",
        body: "inputs: [{name: names, type: array, items: string, default: [a, b, c]}]
steps:
  - id: make
    forEach: inputs.names
    capability: things
    operation: keyedThing
    with: {name: '${item}'}
    expect: [\"response.body.name != 'c'\"]
    compensate: {capability: things, operation: deleteThing, with: {id: \"${make.id ?? 'c.1'}\"}, afterFailure: true}
outputs: [{name: ids, source: 'make[*].id'}]
",
        status: "compensated",
        ..PLAIN
    },
    Composition {
        name: "keyed, then read",
        body: "steps:
  - {id: one, capability: things, operation: keyedThing, with: {name: a}}
  - {id: two, capability: things, operation: keyedThing, with: {name: b}}
  - {id: all, capability: things, operation: listThings}
outputs: [{name: ids, source: 'all.data[*].id'}]
",
        ..PLAIN
    },
    Composition {
        name: "cancelled",
        body: "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: ask, external: true}
outputs: [{name: id, source: one.id}]
",
        cancelled: Some(false),
        status: "cancelled",
        ..PLAIN
    },
    Composition {
        name: "cancelled, and undone",
        body: "inputs: [{name: names, type: array, items: string, default: [b, c]}]
steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: more, forEach: inputs.names, capability: things, operation: createThing, with: {name: '${item}'}, compensate: {capability: things, operation: deleteThing, with: {id: '${more.id}'}}}
  - {id: ask, external: true}
outputs: [{name: id, source: one.id}]
",
        cancelled: Some(true),
        status: "cancelled",
        ..PLAIN
    },
    Composition {
        name: "sensitive, from outside and from the provider",
        body: "inputs: [{name: pin, type: string, required: true, sensitive: true}]
steps:
  - {id: token, capability: secrets, operation: makeToken, with: {name: t}}
  - {id: use, capability: secrets, operation: useToken, with: {name: u, token: '${token.token}'}}
  - {id: ask, external: {with: {id: '${use.id}'}}}
  - {id: pin, capability: secrets, operation: pinThing, with: {name: p, pin: '${inputs.pin}'}}
outputs: [{name: id, source: pin.id}, {name: token, source: token.token, sensitive: true}]
",
        secrets: &["pin=pin-55aa0b71"],
        answers: &[("ask", "null")],
        ..PLAIN
    },
    Composition {
        name: "sensitive, from the provider",
        body: "steps:
  - {id: token, capability: secrets, operation: makeToken, with: {name: t}}
  - {id: use, capability: secrets, operation: useToken, with: {name: u, token: '${token.token}'}}
outputs: [{name: id, source: use.id}]
",
        ..PLAIN
    },
];
