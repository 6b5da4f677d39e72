//! Edition 0.1 to 0.2: every inference written down, and nothing else touched.
//!
//! The new text is checked before it is returned. It must have no errors and the plan of the old one: the same
//! requests, waits and order, whether they were inferred or written.

mod step;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use naftiko_diagnostics::{Edit, FileId, SourceFile};
use naftiko_plan::{Action, Origin, Plan};
use naftiko_spec::{Composition, Edition, Files, Header, Kind};
use naftiko_syntax::{Entry, Layout, Limits, Mapping, Node, apply, comments, parse};
use serde_json::Value as Json;

use crate::check::{Checked, Options, check};
use crate::fix::Edited;

/// The result of upgrading a document.
#[derive(Debug)]
pub struct Upgraded {
    /// What was found in the document as it is.
    pub checked: Checked,
    /// What it becomes.
    pub upgrade: Upgrade,
}

/// What a document becomes in edition 0.2.
#[derive(Debug)]
pub enum Upgrade {
    /// This text, and what was found in it.
    Text(String, Box<Checked>),
    /// It is of edition 0.2: this is its text.
    UpToDate(String),
    /// It is a document of another kind.
    NotAComposition,
    /// It has errors, or no plan: what is not understood cannot be written down.
    Unclear,
    /// It says something that edition 0.2 says otherwise and that nobody can translate; these are the findings in what
    /// came closest, if there are any.
    Untranslatable(Box<Checked>),
}

/// Upgrades the composition at `path`, in memory.
///
/// # Errors
/// When the file itself cannot be read.
pub fn upgrade(path: &Path, options: &Options, files: &dyn Files) -> io::Result<Upgraded> {
    let checked = check(path, options, files)?;
    let upgrade = of(&checked, path, options, files)?;
    Ok(Upgraded { checked, upgrade })
}

fn of(checked: &Checked, path: &Path, options: &Options, files: &dyn Files) -> io::Result<Upgrade> {
    let Some((id, file)) = checked.sources.files().next() else { return Ok(Upgrade::Unclear) };
    let Some(root) = parse(file.text(), id, &Limits::default()).root else { return Ok(Upgrade::Unclear) };
    match Header::read(&root) {
        Ok(Header { kind: Kind::Composition, edition: Edition::V0_1 }) => {}
        Ok(Header { kind: Kind::Composition, edition: Edition::V0_2 }) => {
            return Ok(Upgrade::UpToDate(file.text().to_string()));
        }
        Ok(Header { kind: Kind::Capabilities | Kind::Test, .. }) => return Ok(Upgrade::NotAComposition),
        // Of what kind it is, is the first thing to mend.
        Err(_) => return Ok(Upgrade::Unclear),
    }
    let Some(plan) = &checked.plan else { return Ok(Upgrade::Unclear) };
    let text =
        Upgrading { root: &root, plan, layout: Layout::new(file.text(), &root), names: RefCell::default() }
            .text(id, file);
    let mut edited = Edited::new(files);
    edited.set(path, text.clone().unwrap_or_else(|| file.text().to_string()));
    let again = check(path, options, &edited)?;
    let same = again.plan.as_ref().is_some_and(|new| meaning(new) == meaning(plan));
    Ok(match text.filter(|_| same) {
        Some(text) => Upgrade::Text(text, Box::new(again)),
        None => Upgrade::Untranslatable(Box::new(again)),
    })
}

/// A plan without what tells which text it was made from.
fn meaning(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.sources.clear();
    for step in &mut plan.steps {
        if let Action::Invoke(invoke) = &mut step.action {
            invoke.arguments.iter_mut().for_each(|argument| argument.origin = Origin::Written);
            if let Some(poll) = &mut invoke.poll {
                poll.origin = Origin::Written;
            }
        }
    }
    plan
}

/// A composition of edition 0.1 on its way.
struct Upgrading<'a> {
    root: &'a Node,
    plan: &'a Plan,
    layout: Layout<'a>,
    /// The names that operations take, by the address of each operation.
    names: RefCell<HashMap<usize, step::Names>>,
}

impl Upgrading<'_> {
    /// The text in edition 0.2; `None` where it is written in a way that cannot be continued.
    fn text(&self, id: FileId, file: &SourceFile) -> Option<String> {
        let mut edits = modeline(id, file);
        let version = self.root.entry("specificationVersion")?;
        edits.push(self.layout.reword(version.value.span, Edition::V0_2.as_str())?);
        edits.extend(self.ignored_keys(self.root, None));
        for (list, definition) in [("inputs", "Input"), ("outputs", "Output")] {
            for item in self.items(list) {
                edits.extend(self.ignored_keys(item, Some(definition)));
            }
        }
        let (composition, _) = Composition::lower(self.root, Edition::V0_1);
        let steps = self.items("steps");
        if steps.len() != self.plan.steps.len() || steps.len() != composition.steps.len() {
            return None;
        }
        for ((node, planned), written) in steps.iter().zip(&self.plan.steps).zip(&composition.steps) {
            match &planned.action {
                Action::Invoke(invoke) => edits.extend(self.operation(node, invoke, written)?),
                Action::External(_) => edits.extend(self.ignored_keys(node, Some("Step"))),
                // Edition 0.1 has none.
                Action::Composition(_) => return None,
            }
        }
        apply(file.text(), &edits).ok()
    }

    fn items(&self, list: &str) -> &[Node] {
        self.root.get(list).and_then(Node::as_sequence).unwrap_or_default()
    }

    /// What edition 0.1 ignores means something in 0.2, or is an error there: it becomes an `x-…` key, which is free.
    /// A description means the same, and the plan looks for `capabilities` in both.
    fn ignored_keys(&self, node: &Node, definition: Option<&str>) -> Vec<Edit> {
        let known = keys(definition);
        let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
        let free = |key: &str| key.starts_with("x-") || key == "description";
        entries
            .filter(|(key, _)| !known.iter().any(|known| known == key) && !free(key))
            .filter(|(key, _)| definition.is_some() || *key != "capabilities")
            .map(|(key, entry)| self.layout.rename(entry, &format!("x-{key}")))
            .collect()
    }

    /// Whether a value stands where it is read: an alias shares that of another place, which must not be changed twice.
    fn is_own(entry: &Entry) -> bool {
        entry.value.span.start >= entry.key_span.end
    }
}

/// The keys of edition 0.1: of the document, or of one of the types in its schema.
fn keys(definition: Option<&str>) -> Vec<String> {
    let schemas = naftiko_spec::schemas();
    let schema = schemas.iter().find(|(name, _)| name.contains("composition-0.1")).map(|(_, schema)| schema);
    let object = match definition {
        Some(name) => schema.and_then(|schema| schema.get("$defs")?.get(name)),
        None => schema,
    };
    let properties = object.and_then(|object| object.get("properties")).and_then(Json::as_object);
    properties.into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// The schema that an editor is told of in the first comment.
fn modeline(id: FileId, file: &SourceFile) -> Vec<Edit> {
    let old = "composition-0.1.schema.json";
    let edit = |comment: naftiko_syntax::Comment| {
        let words = file.text().get(comment.span.range())?;
        let at = words.contains("yaml-language-server:").then(|| words.find(old)).flatten()?;
        let start = comment.span.range().start + at;
        let span = naftiko_diagnostics::Span::new(id, start..start + old.len());
        Some(Edit::new(span, "composition-0.2.schema.json"))
    };
    comments(file.text(), id).into_iter().filter_map(edit).collect()
}
