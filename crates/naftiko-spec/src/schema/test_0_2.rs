//! Composition test 0.2: what is given, what the mock says, and what comes of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// Tests of a composition. They run on the mock: nothing is sent, and waits take no time.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "camelCase",
    title = "Naftiko Composition Test 0.2",
    extend("additionalProperties" = false, "patternProperties" = {"^x-": true})
)]
pub(super) struct Tests {
    /// What they are for.
    description: Option<String>,
    /// The kind of document.
    #[schemars(extend("const" = "Naftiko Composition Test"))]
    specification: String,
    /// The edition of the language.
    #[schemars(extend("const" = "0.2"))]
    specification_version: String,
    /// The composition, by its path relative to this document.
    #[schemars(length(min = 1))]
    composition: String,
    /// Inputs that every test is given. What a test gives itself goes before them.
    inputs: Option<Inputs>,
    /// Answers to steps that are done outside, in every test that has no `answers` of its own.
    answers: Option<Map<String, Value>>,
    /// What the mock is told in every test. What a test says of an operation goes before it.
    mock: Option<Mock>,
    /// The tests.
    #[schemars(length(min = 1))]
    tests: Vec<Test>,
}

/// Inputs by name, or the path of a file of them, relative to this document.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Inputs {
    /// By name.
    Named(Map<String, Value>),
    /// The path of a file.
    File(String),
}

/// One run, and what has to come of it.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Test {
    /// Its name, unique among the tests: a sentence that says what is so.
    #[schemars(length(min = 1))]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// The inputs.
    inputs: Option<Inputs>,
    /// Answers to steps that are done outside, by step. One that has none waits.
    answers: Option<Map<String, Value>>,
    /// What the mock is told.
    mock: Option<Mock>,
    /// What has to come of it.
    expect: Expectation,
}

/// What the mock says where schemas alone do not decide.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Mock {
    /// What ids and other made-up values come from; 0 by default.
    seed: Option<u64>,
    /// What operations answer, by the name that compositions use or by `operationId`: answers, each for one call, the
    /// last one for all that follow.
    operations: Option<BTreeMap<String, Vec<Reply>>>,
    /// What exists before the run begins, by an operation whose answer holds it: things with the fields that matter, the
    /// rest is made up. Of what stands here, even as an empty list, lists make up nothing more.
    seeds: Option<BTreeMap<String, Vec<Map<String, Value>>>>,
}

/// What an operation answers to a call. An empty one is what the mock answers by itself.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Reply {
    /// How many calls are answered so; 1 by default.
    #[schemars(range(min = 1))]
    times: Option<u32>,
    /// The status. One that is not 2xx leaves everything as it was.
    #[schemars(range(min = 200, max = 599))]
    status: Option<u16>,
    /// Headers of the answer, by name.
    headers: Option<BTreeMap<String, String>>,
    /// The whole body, in place of what the mock would have answered.
    body: Option<Value>,
    /// What is otherwise in the body: a JSON Merge Patch (RFC 7396) whose lists meet those of the answer item by item.
    patch: Option<Value>,
    /// Takes body or patch although it does not fit the description.
    as_is: Option<bool>,
    /// How long the answer takes: an attempt that may not take as long has none.
    delay: Option<String>,
    /// How the wire fails.
    fault: Option<Fault>,
}

/// How a call fails on the wire.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum Fault {
    /// Nothing reaches the other side.
    Connect,
    /// It is done, and the answer is lost.
    Drop,
    /// It is done, and the answer cannot be read.
    Garbage,
}

/// What has to come of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Expectation {
    /// How it ends, or what it waits for.
    outcome: Outcome,
    /// Outputs by name, each a whole value or a template with `${…}`. Others are not looked at.
    outputs: Option<Map<String, Value>>,
    /// How steps end. Others are not looked at.
    steps: Option<BTreeMap<String, StepOutcome>>,
    /// What has to hold: expressions over `inputs`, the results of steps, `outputs`, and `requests`, a list of what was
    /// sent (`step operation method path query headers body`).
    assert: Option<Vec<String>>,
}

/// How a run stands in the end.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Everything that was to be done is done.
    Succeeded,
    /// A step failed, and there was nothing to undo.
    Failed,
    /// A step failed, and what was done has been undone.
    Compensated,
    /// A step failed, and not everything could be undone.
    Compensating,
    /// It waits for somebody outside.
    Waiting,
    /// Nobody knows whether a call happened.
    InDoubt,
}

/// How a step stands in the end.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum StepOutcome {
    /// It is done.
    Succeeded,
    /// Its `when` did not hold.
    Skipped,
    /// It failed.
    Failed,
    /// Somebody outside was asked and has not answered.
    Waiting,
    /// Nobody knows whether it happened.
    InDoubt,
    /// It was not begun, or not brought to an end.
    NotRun,
}
