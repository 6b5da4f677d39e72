//! Finds the resource that a step yields, and the place of its id, from the response schema (rule 4 of "Inference" in
//! `docs/language.md`).

use naftiko_expr::{Segment, Type};

/// A resource in the result of a step.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The folded names of the resource.
    names: Vec<String>,
    /// The path to the id in the result.
    pub(crate) id: Vec<Segment>,
    /// The type of the id.
    pub(crate) ty: Type,
}

impl Resource {
    /// The resource that a result of this type is or lists; `None` if there is no `id`, or more than one list.
    pub(crate) fn of(result: &Type) -> Option<Self> {
        // A response without a body yields nothing, and does not change the resource of the others.
        let (result, _) = result.split_null();
        let resolved = result.resolve();
        if let Some(id) = resolved.field("id") {
            return Some(Self { names: names(&result), id: vec![Segment::Field("id".into())], ty: id.ty });
        }
        let (path, item) = list(&resolved)?;
        let id = item.resolve().field("id")?;
        let id_path = path.into_iter().chain([Segment::Index(0), Segment::Field("id".into())]).collect();
        Some(Self { names: names(&item), id: id_path, ty: id.ty })
    }

    /// Whether the result is a list of the resource.
    pub(crate) fn is_list(&self) -> bool {
        self.id.iter().any(|segment| matches!(segment, Segment::Index(_)))
    }

    /// The folded names of the resource.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the resource has this name, ignoring case and separators.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.names.contains(&fold(name))
    }
}

/// The only list of objects with an `id` in a result, with the type of its items.
fn list(result: &Type) -> Option<(Vec<Segment>, Type)> {
    if let Some(item) = result.items() {
        return Some((Vec::new(), item));
    }
    let mut lists = result.fields().into_iter().filter_map(|(name, field)| {
        let item = field.ty.resolve().items()?;
        item.resolve().field("id").is_some().then_some((vec![Segment::Field(name)], item))
    });
    let first = lists.next()?;
    lists.next().is_none().then_some(first)
}

/// The names of a resource; for a union, the names that all members share.
fn names(ty: &Type) -> Vec<String> {
    let mut members = ty.members().into_iter().map(|member| names_of_one(&member));
    let first = members.next().unwrap_or_default();
    members.fold(first, |common, names| common.into_iter().filter(|name| names.contains(name)).collect())
}

/// The folded name of the schema, with and without a suffix such as `Response`, and the single possible value of the
/// `object` field.
fn names_of_one(ty: &Type) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(name) = ty.name() {
        names.push(fold(name));
        for suffix in ["response", "dto", "resource", "object"] {
            names.extend(fold(name).strip_suffix(suffix).filter(|rest| !rest.is_empty()).map(str::to_owned));
        }
    }
    if let Some(object) = ty.resolve().field("object")
        && let [only] = values(&object.ty).as_slice()
    {
        names.push(fold(only));
    }
    names
}

/// The maximum number of strings of a type that are listed for suggestions.
const MOST_VALUES: usize = 1_024;

/// The first strings that a type allows; empty if it allows any string, or none.
pub(crate) fn values(ty: &Type) -> Vec<String> {
    let members = ty.members();
    let strings = members.iter().filter_map(|member| match member {
        Type::String(Some(values)) => Some(values),
        _ => None,
    });
    strings.flat_map(|values| values.iter()).take(MOST_VALUES).cloned().collect()
}

/// A name in lower case, without `-` and `_`.
pub(crate) fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The resource names that a parameter may refer to: `organization` for `organization`, `organization_id` and
/// `organizationId`.
pub(crate) fn named_by(parameter: &str) -> Vec<String> {
    let mut names = vec![parameter.to_owned()];
    let stem = ["_id", "-id", "Id"].iter().find_map(|suffix| parameter.strip_suffix(suffix));
    names.extend(stem.filter(|stem| !stem.is_empty()).map(str::to_owned));
    names
}

/// The noun of an operation: the singular of the last fixed segment of its path.
pub(crate) fn noun_of_path(path: &str) -> Option<String> {
    let last = path.split('/').rfind(|part| !part.is_empty() && !part.starts_with('{'))?;
    Some(singular(last))
}

fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes", "zes"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) && !stem.is_empty() => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noun_is_the_singular_of_the_last_fixed_part() {
        for (path, noun) in [
            ("/organizations", "organization"),
            ("/organizations/{id}", "organization"),
            ("/directories", "directory"),
            ("/orgs/{org}/addresses", "address"),
            ("/boxes", "box"),
            ("/status", "status"),
        ] {
            assert_eq!(noun_of_path(path).as_deref(), Some(noun), "{path}");
        }
        assert_eq!(noun_of_path("/{id}"), None);
    }

    #[test]
    fn a_parameter_names_a_resource_with_or_without_id() {
        assert_eq!(named_by("organization_id"), ["organization_id", "organization"]);
        assert_eq!(named_by("organizationId"), ["organizationId", "organization"]);
        assert_eq!(named_by("directory"), ["directory"]);
        assert_eq!(named_by("_id"), ["_id"]);
    }
}
