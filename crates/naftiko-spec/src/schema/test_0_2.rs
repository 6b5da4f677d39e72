//! Composition test 0.2: inputs, answers, the script of the mock, and the expected result.

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
    /// The purpose of the tests.
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
    /// Inputs of every test. A test's own inputs take precedence.
    inputs: Option<Inputs>,
    /// Answers to steps that are done outside, in every test that has no `answers` of its own.
    answers: Option<Map<String, Value>>,
    /// The script for the mock in every test. A test's own script for an operation takes precedence.
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

/// One run, and its expected result.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Test {
    /// The name, unique among the tests: a sentence that states the expectation.
    #[schemars(length(min = 1))]
    name: String,
    /// The purpose.
    description: Option<String>,
    /// The inputs.
    inputs: Option<Inputs>,
    /// Answers to steps that are done outside, by step. A step without one waits.
    answers: Option<Map<String, Value>>,
    /// The script for the mock.
    mock: Option<Mock>,
    /// The expected result.
    expect: Expectation,
}

/// The responses of the mock that the schemas do not determine.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Mock {
    /// The seed for ids and other made-up values; 0 by default.
    seed: Option<u64>,
    /// The responses of operations, by the name that compositions use or by `operationId`: a list of responses, each
    /// for one call, the last one for all further calls.
    operations: Option<BTreeMap<String, Vec<Reply>>>,
    /// The resources that exist before the run starts, by an operation that responds with such a resource. Give the
    /// fields that matter; the rest is generated. A kind of resource that is listed here, even with an empty list, has
    /// no other resources.
    seeds: Option<BTreeMap<String, Vec<Map<String, Value>>>>,
}

/// A response of an operation. An empty one is the mock's own response.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Reply {
    /// How many calls get this answer; 1 by default.
    #[schemars(range(min = 1))]
    times: Option<u32>,
    /// The status. A status other than 2xx changes nothing in the mock.
    #[schemars(range(min = 200, max = 599))]
    status: Option<u16>,
    /// Headers of the response, by name.
    headers: Option<BTreeMap<String, String>>,
    /// The whole body, in place of what the mock would have answered.
    body: Option<Value>,
    /// Changes to the body: a JSON Merge Patch (RFC 7396) whose lists are merged with those of the answer item by item.
    patch: Option<Value>,
    /// Uses `body` or `patch` even if it does not fit the description.
    as_is: Option<bool>,
    /// How long the call takes. An attempt with a shorter timeout gets no answer.
    delay: Option<String>,
    /// How the connection fails.
    fault: Option<Fault>,
}

/// How a connection fails.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum Fault {
    /// Nothing reaches the provider.
    Connect,
    /// The call is carried out, and the response is lost.
    Drop,
    /// The call is carried out, and the response cannot be read.
    Garbage,
}

/// The expected result of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Expectation {
    /// How it ends, or what it waits for.
    outcome: Outcome,
    /// Outputs by name, each a whole value or a template with `${…}`. Other outputs are not compared.
    outputs: Option<Map<String, Value>>,
    /// How steps end. Other steps are not compared.
    steps: Option<BTreeMap<String, StepOutcome>>,
    /// Conditions that must be true: expressions over `inputs`, the results of steps, `outputs`, and `requests`, a list
    /// of what was sent (`step operation method path query headers body`).
    assert: Option<Vec<String>>,
}

/// The final status of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Every step that had to run succeeded.
    Succeeded,
    /// A step failed, and there was nothing to compensate.
    Failed,
    /// A step failed, and the finished steps were compensated.
    Compensated,
    /// A step failed, and a compensation failed too.
    Compensating,
    /// The run waits for an answer from outside.
    Waiting,
    /// The outcome of a call is unknown.
    InDoubt,
}

/// The final status of a step.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum StepOutcome {
    /// The step succeeded.
    Succeeded,
    /// The `when` of the step was false.
    Skipped,
    /// The step failed.
    Failed,
    /// A person or system outside was asked and has not answered.
    Waiting,
    /// The outcome of the step is unknown.
    InDoubt,
    /// The step did not start, or did not end.
    NotRun,
}
