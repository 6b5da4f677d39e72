//! Upgrades edition 0.1 to 0.2: writes every inference down, and changes nothing else.
//!
//! The new text is checked before it is returned. It must have no errors and give the same plan as the old text: the
//! same requests, waits and order, whether inferred or written.

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

use crate::ir::options::Options;
use crate::session::check::{Checked, check};
use crate::session::fix::Edited;

/// The result of upgrading a document.
#[derive(Debug)]
pub struct Upgraded {
    /// The check of the original document.
    pub checked: Checked,
    /// The upgraded document, or why there is none.
    pub upgrade: Upgrade,
}

/// The outcome of an upgrade.
#[derive(Debug)]
pub enum Upgrade {
    /// The new text, and the check of it.
    Text(String, Box<Checked>),
    /// The document is of edition 0.2 already; its text.
    UpToDate(String),
    /// The document is not a composition.
    NotAComposition,
    /// The document has errors or no plan, so its inferences are not known.
    Unclear,
    /// The document has a part that cannot be expressed in edition 0.2. Holds the check of the closest attempt, with
    /// its findings, if any.
    Untranslatable(Box<Checked>),
}

/// Upgrades the composition at `path`, in memory.
///
/// # Errors
/// If the document itself cannot be read.
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
        // The kind of the document has to be fixed first.
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

/// A plan without its sources and the origins of its values, for comparison.
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

/// The upgrade of one composition of edition 0.1.
struct Upgrading<'a> {
    root: &'a Node,
    plan: &'a Plan,
    layout: Layout<'a>,
    /// The names that operations take, by the address of the operation.
    names: RefCell<HashMap<usize, step::Names>>,
}

impl Upgrading<'_> {
    /// The text in edition 0.2; `None` if its layout does not allow the edits.
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
                // Edition 0.1 has no sub-compositions.
                Action::Composition(_) => return None,
            }
        }
        apply(file.text(), &edits).ok()
    }

    fn items(&self, list: &str) -> &[Node] {
        self.root.get(list).and_then(Node::as_sequence).unwrap_or_default()
    }

    /// Renames keys that edition 0.1 ignores to `x-…`, since edition 0.2 gives them a meaning or rejects them.
    /// `description` has the same meaning in both editions, and `capabilities` is read in both.
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

    /// Whether a value is written at its own key. An alias shares the value of another place, which must not be
    /// changed twice.
    fn is_own(entry: &Entry) -> bool {
        entry.value.span.start >= entry.key_span.end
    }
}

/// The keys of edition 0.1: of the document, or of one of the definitions in its schema.
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

/// Updates the schema in the `yaml-language-server` comments.
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
