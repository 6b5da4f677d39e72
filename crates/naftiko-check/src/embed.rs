//! Compositions that run as steps of others: found, checked once, and told apart from those that contain themselves.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use naftiko_diagnostics::{Span, Spanned};
use naftiko_expr::Type;
use naftiko_plan::Plan;
use naftiko_spec::{Composition, Header, Kind, Work};

use crate::check::Options;
use crate::faults;
use crate::load::Loader;
use crate::resolve::Parameter;

/// A composition as a step sees it.
pub(crate) struct Embedded {
    /// Its path as the step names it.
    pub(crate) path: String,
    /// What it takes.
    pub(crate) inputs: Vec<Parameter>,
    /// What it gives: its outputs by name.
    pub(crate) result: Type,
    /// Its plan; nothing if it has errors or its operations are not described.
    pub(crate) plan: Option<Plan>,
}

/// A composition that is being checked.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Where it is, whatever it was called.
    key: PathBuf,
    /// What people call it.
    pub(crate) name: String,
    /// Where a step names it; nothing for the one that was asked for.
    pub(crate) from: Option<Span>,
}

/// One check, with all compositions that it comes across.
pub(crate) struct Session<'s, 'f> {
    pub(crate) options: &'s Options,
    pub(crate) loader: &'s mut Loader<'f>,
    /// The one that is asked for and those that run within each other, outermost first.
    open: Vec<Opened>,
    done: BTreeMap<PathBuf, Option<Rc<Embedded>>>,
}

impl<'s, 'f> Session<'s, 'f> {
    /// The check of the composition at `path`.
    pub(crate) fn new(path: &Path, options: &'s Options, loader: &'s mut Loader<'f>) -> Self {
        let opened = Opened { key: key(loader, path), name: path.display().to_string(), from: None };
        Self { options, loader, open: vec![opened], done: BTreeMap::new() }
    }

    /// The compositions that the steps of the one at `path` run, a place for each step.
    pub(crate) fn embedded(&mut self, composition: &Composition, path: &Path) -> Vec<Option<Rc<Embedded>>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        composition
            .steps
            .iter()
            .map(|step| match &step.work {
                Work::Composition(sub) => self.open(&sub.path, &folder.join(&sub.path.value)),
                _ => None,
            })
            .collect()
    }

    fn open(&mut self, named: &Spanned<String>, path: &Path) -> Option<Rc<Embedded>> {
        let key = key(self.loader, path);
        if let Some(at) = self.open.iter().position(|opened| opened.key == key) {
            let chain = self.open.get(at..).unwrap_or_default();
            let fault = faults::composition_cycle::report(named, chain);
            self.loader.report([fault]);
            return None;
        }
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        if self.open.len() > faults::composition_cycle::DEEPEST {
            self.loader.report([faults::composition_cycle::too_deep(named)]);
            return None;
        }
        self.open.push(Opened { key: key.clone(), name: path.display().to_string(), from: Some(named.span) });
        let embedded = self.read(named, path).map(Rc::new);
        self.open.pop();
        self.done.insert(key, embedded.clone());
        embedded
    }

    fn read(&mut self, named: &Spanned<String>, path: &Path) -> Option<Embedded> {
        let Ok(root) = self.loader.read(path) else {
            self.loader.report([faults::missing_file::report(named, path, "composition")]);
            return None;
        };
        let root = root?;
        let composition = match Header::read(&root) {
            Ok(Header { kind: Kind::Composition, edition }) => {
                let (composition, diagnostics) = Composition::lower(&root, edition);
                self.loader.report(diagnostics);
                composition
            }
            Ok(header) => {
                self.loader.report([faults::wrong_document::not_a_composition(named, &root, header.kind)]);
                return None;
            }
            Err(diagnostic) => {
                self.loader.report([*diagnostic]);
                return None;
            }
        };
        Some(crate::check::composition(&composition, &named.value, path, self))
    }
}

/// The path from the root, without `.` and `..`: two ways to one file are one.
fn key(loader: &Loader<'_>, path: &Path) -> PathBuf {
    let mut key = PathBuf::new();
    for component in loader.absolute(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                key.pop();
            }
            other => key.push(other),
        }
    }
    key
}
