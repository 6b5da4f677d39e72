//! Where a reference of a schema leads.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::place::unescaped;

/// A schema with everything that its references can lead to.
pub(crate) struct Document<'s> {
    root: &'s Value,
    definitions: &'s Map<String, Value>,
    /// The schemas that have an `$id` or an anchor, found when a reference first needs one.
    named: Option<Named<'s>>,
}

#[derive(Default)]
struct Named<'s> {
    ids: BTreeMap<&'s str, &'s Value>,
    anchors: BTreeMap<&'s str, &'s Value>,
}

impl<'s> Document<'s> {
    pub(crate) fn new(root: &'s Value, definitions: &'s Map<String, Value>) -> Self {
        Self { root, definitions, named: None }
    }

    /// The schema that `reference` leads to; `resource` is the schema with an `$id` around it, or the root.
    pub(crate) fn find(&mut self, reference: &str, resource: &'s Value) -> Option<&'s Value> {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = if base.is_empty() { resource } else { self.identified(base)? };
        if fragment.is_empty() {
            return Some(resource);
        }
        let fragment = percent_decode_str(fragment).decode_utf8_lossy();
        if !fragment.starts_with('/') {
            return self.named().anchors.get(&*fragment).copied();
        }
        self.defined(&fragment)
            .or_else(|| resource.pointer(&fragment))
            .or_else(|| self.root.pointer(&fragment))
    }

    /// The target of a pointer into `$defs`, among the definitions.
    fn defined(&self, pointer: &str) -> Option<&'s Value> {
        let rest = pointer.strip_prefix("/$defs/")?;
        let (name, inner) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some((name, inner)) => (name, inner),
            None => (rest, ""),
        };
        self.definitions.get(&unescaped(name))?.pointer(inner)
    }

    /// The schema whose `$id` is `base`, or ends in it where `base` is relative.
    fn identified(&mut self, base: &str) -> Option<&'s Value> {
        let named = self.named();
        let relative = || {
            let tail = format!("/{}", base.trim_start_matches("./").trim_start_matches('/'));
            named.ids.iter().find(|(id, _)| id.ends_with(&tail)).map(|(_, schema)| *schema)
        };
        named.ids.get(base).copied().or_else(relative)
    }

    fn named(&mut self) -> &Named<'s> {
        let (root, definitions) = (self.root, self.definitions);
        self.named.get_or_insert_with(|| {
            let mut named = Named::default();
            let mut pending: Vec<&Value> = definitions.values().rev().collect();
            pending.push(root);
            while let Some(next) = pending.pop() {
                match next {
                    Value::Array(items) => pending.extend(items.iter().rev()),
                    Value::Object(keywords) => {
                        named.note(keywords, next);
                        pending.extend(keywords.values().rev());
                    }
                    _ => {}
                }
            }
            named
        })
    }
}

impl<'s> Named<'s> {
    /// Notes the names of one schema. The first of a name counts: for `$dynamicRef` that is the outermost.
    fn note(&mut self, keywords: &'s Map<String, Value>, schema: &'s Value) {
        let text = |keyword: &str| keywords.get(keyword).and_then(Value::as_str);
        if let Some(id) = text("$id") {
            self.ids.entry(id.trim_end_matches('#')).or_insert(schema);
        }
        for anchor in [text("$anchor"), text("$dynamicAnchor")].into_iter().flatten() {
            self.anchors.entry(anchor).or_insert(schema);
        }
    }
}
