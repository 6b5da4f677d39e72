//! Rules about imports inside a crate: the layers of a crate may import only downward, and few modules may import each
//! other in a cycle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::{Import, Path, Source, of};

/// The crates with layers, each with the names of its layers from the lowest to the highest. A layer is a module of the
/// root of the crate; its modules may import modules of the same layer and of lower ones.
const LAYERED: &[(&str, &[&str])] = &[("naftiko-check", &["ir", "analyses", "codes", "stages", "session"])];

/// The number of modules that may import each other in a cycle.
const LARGEST_CYCLE: usize = 4;

/// Crates that still have larger cycles, with the size of the largest. A row is removed with the last such cycle.
const EXCEPTIONS: &[(&str, usize)] = &[("naftiko", 5), ("naftiko-engine", 9), ("naftiko-journal", 6)];

/// All violations in the sources of the workspace, crate by crate.
pub(super) fn problems(sources: &[Source]) -> Vec<String> {
    let crates = of(sources);
    let mut problems = Vec::new();
    for (name, imports) in &crates {
        let layers = LAYERED.iter().find(|(layered, _)| layered == name).map(|(_, layers)| *layers);
        problems.extend(layers.into_iter().flat_map(|layers| upward(name, layers, imports)));
        // Elsewhere, a module that uses and re-exports its children counts as one with them.
        let counted = imports.iter().filter(|import| layers.is_some() || !import.is_of_child);
        let exception = EXCEPTIONS.iter().find(|(excepted, _)| excepted == name).map(|(_, size)| *size);
        problems.extend(large_cycles(name, counted, exception));
    }
    problems
}

/// Imports that leave the layers of a crate or lead to a higher layer.
fn upward(name: &str, layers: &[&str], imports: &BTreeSet<Import>) -> Vec<String> {
    let level = |module: &Path| {
        let layer = module.first()?;
        layers.iter().position(|known| known == layer)
    };
    let mut problems = Vec::new();
    for import in imports {
        let (from, item) = (import.from.join("::"), import.item.join("::"));
        let problem = match (level(&import.from), level(&import.to)) {
            (None, _) => format!("belongs to no layer; the layers are {}", list(layers)),
            (Some(_), None) => {
                format!("imports `crate::{item}`, which belongs to no layer; name the module that defines it")
            }
            (Some(own), Some(other)) if own < other => {
                let allowed = layers.get(..=own).unwrap_or_default();
                format!("imports `crate::{item}` from a higher layer; it may import {}", list(allowed))
            }
            _ => continue,
        };
        problems.push(format!("`{name}`: the module `{from}` {problem}"));
    }
    problems.dedup();
    problems
}

/// Groups of modules that import each other and are larger than allowed, and an exception that is not needed.
fn large_cycles<'a>(
    name: &str,
    imports: impl IntoIterator<Item = &'a Import>,
    exception: Option<usize>,
) -> Vec<String> {
    let mut graph = Graph::new();
    for import in imports.into_iter().filter(|import| !import.to.is_empty()) {
        graph.entry(&import.from).or_default().insert(&import.to);
    }
    let groups = groups(&graph);
    let largest = groups.iter().map(BTreeSet::len).max().unwrap_or_default();
    if let Some(size) = exception.filter(|size| largest < *size) {
        return vec![format!(
            "`{name}`: the largest import cycle has {largest} modules; lower its exception from {size}, or remove it at \
             {LARGEST_CYCLE} or fewer"
        )];
    }
    let allowed = exception.unwrap_or(LARGEST_CYCLE);
    let large = groups.iter().filter(|group| group.len() > allowed);
    let describe = |group: &BTreeSet<&Path>| {
        let members: Vec<String> = group.iter().map(|module| format!("`{}`", module.join("::"))).collect();
        format!(
            "`{name}`: {} modules import each other, more than {allowed}: {}; one cycle is {}",
            group.len(),
            members.join(", "),
            shortest_cycle(group, &graph),
        )
    };
    large.map(describe).collect()
}

type Graph<'a> = BTreeMap<&'a Path, BTreeSet<&'a Path>>;

/// The sets of modules that reach each other, except those of a single module.
fn groups<'a>(graph: &Graph<'a>) -> Vec<BTreeSet<&'a Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        graph.keys().map(|module| (*module, reachable(module, graph))).collect();
    let mut groups: Vec<BTreeSet<&Path>> = Vec::new();
    for (module, to) in &reached {
        if !to.contains(module) || groups.iter().any(|group| group.contains(module)) {
            continue;
        }
        let is_mutual = |other: &&&Path| reached.get(**other).is_some_and(|back| back.contains(module));
        groups.push(to.iter().filter(is_mutual).copied().collect());
    }
    groups
}

/// The modules that a module imports, directly or indirectly.
fn reachable<'a>(from: &'a Path, graph: &Graph<'a>) -> BTreeSet<&'a Path> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        let next = graph.get(module).into_iter().flatten().copied();
        open.extend(next.filter(|module| seen.insert(*module)));
    }
    seen
}

/// A shortest cycle through the first module of a group, as `a → b → a`.
fn shortest_cycle(group: &BTreeSet<&Path>, graph: &Graph<'_>) -> String {
    let Some(first) = group.first() else { return String::new() };
    let mut open = VecDeque::from([vec![*first]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop_front() {
        let next = path.last().and_then(|last| graph.get(*last)).into_iter().flatten();
        for module in next.filter(|module| group.contains(*module)) {
            let longer = [path.as_slice(), &[*module]].concat();
            if module == first {
                let names: Vec<String> = longer.iter().map(|module| module.join("::")).collect();
                return names.join(" → ");
            }
            if seen.insert(*module) {
                open.push_back(longer);
            }
        }
    }
    String::new()
}

fn list(layers: &[&str]) -> String {
    layers.iter().map(|layer| format!("`{layer}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the files of one crate, given as pairs of a path below `src` and a text.
    fn check(name: &str, files: &[(&str, &str)], expected: &[&str]) {
        let source = |(path, text): &(&str, &str)| Source {
            path: format!("crates/{name}/src/{path}"),
            text: (*text).to_owned(),
        };
        let sources: Vec<Source> = files.iter().map(source).collect();
        assert_eq!(problems(&sources), expected);
    }

    #[test]
    fn a_layer_imports_lower_layers_and_not_higher_ones() {
        check(
            "naftiko-check",
            &[
                ("ir/slots.rs", "pub struct Slots;"),
                ("stages/bind.rs", "use crate::ir::slots::Slots; use super::order::find;"),
                ("stages/order.rs", "pub fn find() {}"),
            ],
            &[],
        );
        let upward = "`naftiko-check`: the module `ir::slots` imports `crate::stages::bind::bind` from a higher layer; \
            it may import `ir`";
        for import in [
            "use crate::stages::bind::bind;",
            "use crate::{stages::{bind::{self as b, bind}}};",
            "use super::super::stages::bind::bind;",
            "use crate::stages; fn f() { stages::bind::bind() }",
            "mod inner { fn f() { vec![super::super::super::stages::bind::bind()]; } }",
            "/// [`f`](crate::stages::bind::bind)\nfn f() {}",
        ] {
            let files = [("ir/slots.rs", import), ("stages/bind.rs", "pub fn bind() {}")];
            let source = |(path, text): &(&str, &str)| Source {
                path: format!("crates/naftiko-check/src/{path}"),
                text: (*text).to_owned(),
            };
            let found = problems(&files.iter().map(source).collect::<Vec<_>>());
            assert!(found.contains(&upward.to_owned()), "{import}: {found:?}");
        }
    }

    #[test]
    fn an_import_through_the_root_of_a_layered_crate_is_refused() {
        check(
            "naftiko-check",
            &[("lib.rs", "pub use ir::options::Options;"), ("session/check.rs", "use crate::Options;")],
            &[
                "`naftiko-check`: the module `session::check` imports `crate::Options`, which belongs to no layer; \
                name the module that defines it",
            ],
        );
        check(
            "naftiko-check",
            &[("ir/options.rs", ""), ("other.rs", "use crate::ir::options::Options;")],
            &[
                "`naftiko-check`: the module `other` belongs to no layer; the layers are `ir`, `analyses`, `codes`, \
                `stages`, `session`",
            ],
        );
    }

    #[test]
    fn a_comment_and_a_name_of_another_crate_are_no_imports() {
        check(
            "naftiko-check",
            &[
                (
                    "ir/slots.rs",
                    "// crate::stages::bind\nuse stages::bind; fn f() { other::stages::bind(); a.bind(); }",
                ),
                ("stages/bind.rs", ""),
            ],
            &[],
        );
    }

    #[test]
    fn four_modules_may_import_each_other_and_five_may_not() {
        let four = [
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use super::c;"),
            ("c/mod.rs", "fn f() { crate::c::d::f() }"),
            ("c/d.rs", "use crate::a::A;"),
        ];
        check("naftiko-plan", &four, &[]);
        let five = [&four[..3], &[("c/d.rs", "use crate::e::E;"), ("e.rs", "use crate::{a, b};")]].concat();
        check(
            "naftiko-plan",
            &five,
            &[
                "`naftiko-plan`: 5 modules import each other, more than 4: `a`, `b`, `c`, `c::d`, `e`; one cycle is \
                a → b → c → c::d → e → a",
            ],
        );
    }

    #[test]
    fn the_names_of_children_count_in_a_crate_with_layers() {
        let parts = ["a", "b", "c", "d"];
        let children = parts.map(|part| (format!("ir/{part}.rs"), "use super::Parent;".to_owned()));
        let parent =
            "mod a; use self::a::A; pub use b::B; fn f() { c::f(); d::f() } struct Parent;".to_owned();
        let files: Vec<(String, String)> =
            [vec![("ir/mod.rs".to_owned(), parent)], children.to_vec()].concat();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        check("naftiko-plan", &files, &[]);
        check(
            "naftiko-check",
            &files,
            &[
                "`naftiko-check`: 5 modules import each other, more than 4: `ir`, `ir::a`, `ir::b`, `ir::c`, `ir::d`; \
                one cycle is ir → ir::a → ir",
            ],
        );
    }

    #[test]
    fn modules_in_a_row_are_no_cycle() {
        let row = [("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::d;")];
        let row = [&row[..], &[("d.rs", "use crate::e;"), ("e.rs", "use crate::f;"), ("f.rs", "")]].concat();
        check("naftiko-plan", &row, &[]);
    }

    #[test]
    fn an_exception_that_is_larger_than_the_cycle_is_a_problem() {
        let wanted =
            "the largest import cycle has 0 modules; lower its exception from 6, or remove it at 4 or fewer";
        assert_eq!(large_cycles("naftiko-plan", &[], Some(6)), [format!("`naftiko-plan`: {wanted}")]);
    }
}
