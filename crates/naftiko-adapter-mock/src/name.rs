//! Names of fields, parameters and kinds, and which of them mean the same.

/// `name` without case and separators, so that `organizationId`, `organization_id` and `Organization-ID` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One of many: `directories` → `directory`, `statuses` → `status`. Words that are no plural stay.
pub(crate) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies")
        && stem.len() > 1
    {
        return format!("{stem}y");
    }
    for ending in ["sses", "uses", "xes", "ches", "shes", "zzes"] {
        if name.ends_with(ending) {
            return name.strip_suffix("es").unwrap_or(name).to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if stem.len() > 1 && !stem.ends_with(['s', 'u']) && !stem.ends_with("si") => {
            stem.to_owned()
        }
        _ => name.to_owned(),
    }
}

/// The kind that the name of a schema speaks of: `OrganizationResponse` → `organization`.
pub(crate) fn kind_of_schema(name: &str) -> String {
    let stem = ["Response", "Dto", "DTO", "Object", "Model", "Resource", "Schema"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|stem| !stem.is_empty());
    plain(stem.unwrap_or(name))
}

/// The kind that the fixed parts of a path speak of: the last plural, or else the last word. Both
/// `/organizations/{id}` and `/organizations/{id}/archive` speak of an `organization`.
pub(crate) fn kind_of_path(path: &str) -> String {
    let words = path.split('/').rev().filter(|segment| !segment.is_empty() && !segment.contains('{'));
    let last = words.clone().find(|word| is_plural(word)).or_else(|| words.clone().next());
    plain(&singular(last.unwrap_or_default()))
}

/// Whether a word of a path names a collection.
pub(crate) fn is_plural(word: &str) -> bool {
    singular(word) != word
}

/// The kind that a reference names: `organization_id` and `organizationId` → `organization`. `None` for a name
/// that is no reference, and for `id` itself.
pub(crate) fn referred_kind(name: &str) -> Option<String> {
    let stem = name
        .strip_suffix("_id")
        .or_else(|| name.strip_suffix("-id"))
        .or_else(|| name.strip_suffix("Id"))
        .or_else(|| name.strip_suffix("ID"))?;
    let kind = plain(stem);
    (!kind.is_empty()).then_some(kind)
}

/// Whether a field of this name points to another page of a list.
pub(crate) fn is_cursor(name: &str) -> bool {
    matches!(
        plain(name).as_str(),
        "next"
            | "after"
            | "before"
            | "previous"
            | "prev"
            | "cursor"
            | "nextcursor"
            | "nextpage"
            | "nextpagetoken"
    )
}

/// Whether an argument of this name takes what another page begins behind.
pub(crate) fn leads_on(name: &str) -> bool {
    matches!(
        plain(name).as_str(),
        "after" | "cursor" | "pagetoken" | "nexttoken" | "startingafter" | "continuationtoken" | "marker"
    )
}

/// Whether an argument or a field of this name leads to what comes before.
pub(crate) fn leads_back(name: &str) -> bool {
    matches!(plain(name).as_str(), "before" | "endingbefore" | "previous" | "prev")
}

/// Whether an argument of this name chooses a page and not what is on it.
pub(crate) fn is_paging(name: &str) -> bool {
    let name = plain(name);
    is_limit(&name)
        || is_cursor(&name)
        || leads_on(&name)
        || leads_back(&name)
        || matches!(
            name.as_str(),
            "order" | "sort" | "sortby" | "orderby" | "page" | "pagenumber" | "offset" | "skip"
        )
}

/// Whether an argument of this name says how many at most.
pub(crate) fn is_limit(name: &str) -> bool {
    matches!(plain(name).as_str(), "limit" | "pagesize" | "perpage" | "maxresults")
}

/// The field among `fields` that an argument called `name` speaks of: the same name, `NAME_id`, or NAME without its
/// `_id`.
pub(crate) fn field<'a>(fields: &[&'a str], name: &str) -> Option<&'a str> {
    let without_id = referred_kind(name);
    let name = plain(name);
    let with_id = format!("{name}id");
    let wanted = [Some(name), Some(with_id), without_id];
    wanted
        .into_iter()
        .flatten()
        .find_map(|wanted| fields.iter().copied().find(|field| plain(field) == wanted))
}
