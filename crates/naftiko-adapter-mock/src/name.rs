//! Compares the names of fields, parameters and kinds of resources.

/// The name without case and separators, so that `organizationId`, `organization_id` and `Organization-ID` are equal.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The singular of a noun: `directories` → `directory`, `statuses` → `status`. Other words are returned unchanged.
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

/// The kind of resource that a schema name denotes: `OrganizationResponse` → `organization`.
pub(crate) fn kind_of_schema(name: &str) -> String {
    let stem = ["Response", "Dto", "DTO", "Object", "Model", "Resource", "Schema"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|stem| !stem.is_empty());
    plain(stem.unwrap_or(name))
}

/// The kind of resource that a path denotes: its last plural word without braces, or else its last word without braces.
/// Both `/organizations/{id}` and `/organizations/{id}/archive` denote an `organization`.
pub(crate) fn kind_of_path(path: &str) -> String {
    let words = path.split('/').rev().filter(|segment| !segment.is_empty() && !segment.contains('{'));
    let last = words.clone().find(|word| is_plural(word)).or_else(|| words.clone().next());
    plain(&singular(last.unwrap_or_default()))
}

/// Whether a word of a path names a collection.
pub(crate) fn is_plural(word: &str) -> bool {
    singular(word) != word
}

/// The kind of resource that a reference names: `organization_id` and `organizationId` → `organization`. `None` for
/// `id` itself and for other names.
pub(crate) fn referred_kind(name: &str) -> Option<String> {
    let stem = name
        .strip_suffix("_id")
        .or_else(|| name.strip_suffix("-id"))
        .or_else(|| name.strip_suffix("Id"))
        .or_else(|| name.strip_suffix("ID"))?;
    let kind = plain(stem);
    (!kind.is_empty()).then_some(kind)
}

/// Whether a field of this name contains a cursor to another page.
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

/// Whether a parameter of this name takes a cursor after which the page starts.
pub(crate) fn leads_on(name: &str) -> bool {
    matches!(
        plain(name).as_str(),
        "after" | "cursor" | "pagetoken" | "nexttoken" | "startingafter" | "continuationtoken" | "marker"
    )
}

/// Whether a parameter or a field of this name refers to the previous page.
pub(crate) fn leads_back(name: &str) -> bool {
    matches!(plain(name).as_str(), "before" | "endingbefore" | "previous" | "prev")
}

/// Whether a parameter of this name selects a page or an order rather than items.
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

/// Whether a parameter of this name limits the number of items.
pub(crate) fn is_limit(name: &str) -> bool {
    matches!(plain(name).as_str(), "limit" | "pagesize" | "perpage" | "maxresults")
}

/// The field among `fields` that an argument called `name` refers to: of the same name, `NAME_id`, or NAME without its
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

/// Names of fields that contain the id of their own object.
const ID_NAMES: [&str; 5] = ["id", "uuid", "guid", "sid", "gid"];

/// Names of fields that identify a resource where it has no id.
const NAME_NAMES: [&str; 9] =
    ["name", "slug", "key", "code", "login", "username", "handle", "number", "email"];

/// Whether a field of this name contains the id of its own object, whatever its kind.
pub(crate) fn is_own_id(name: &str) -> bool {
    ID_NAMES.contains(&plain(name).as_str())
}

/// Whether a field of this name identifies a resource where it has no id.
pub(crate) fn is_own_name(name: &str) -> bool {
    NAME_NAMES.contains(&plain(name).as_str())
}

/// The field that contains the id of a resource of this kind: `id`, `organization_id`, `sid`.
pub(crate) fn id_field<'a>(fields: &[&'a str], kind: &str) -> Option<&'a str> {
    let is = |wanted: &str| fields.iter().copied().find(|name| plain(name) == wanted);
    let suffixed =
        || ["id", "uuid", "guid", "sid", "gid"].into_iter().find_map(|suffix| is(&format!("{kind}{suffix}")));
    is("id").or_else(suffixed).or_else(|| ID_NAMES.into_iter().find_map(is))
}

/// The field that identifies the resources of a collection: an `id`, the field that the last path parameter names, or
/// another field that looks like an id. `noun` is the singular of the collection in the path, `parameter` the last path
/// parameter.
pub(crate) fn identity_field<'a>(
    fields: &[&'a str],
    kind: &str,
    noun: &str,
    parameter: Option<&str>,
) -> Option<&'a str> {
    let named = || parameter.and_then(|parameter| named_by(fields, parameter, noun));
    let id_like = || {
        // `eventId` of the kind `specialevent`, `envelopeId` of the kind `envelopesummary`.
        let belongs =
            |stem: String| kind.starts_with(&stem) || kind.ends_with(&stem) || noun.ends_with(&stem);
        fields.iter().copied().find(|field| referred_kind(field).is_some_and(belongs))
    };
    let strict = id_field(fields, kind).or_else(|| id_field(fields, noun));
    strict.filter(|field| plain(field) == "id").or_else(named).or(strict).or_else(id_like)
}

/// The field that a path parameter names: `gid` for `task_gid` of a `task`, `name` for `name`.
pub(crate) fn named_by<'a>(fields: &[&'a str], parameter: &str, noun: &str) -> Option<&'a str> {
    let parameter = plain(parameter);
    let short = parameter.strip_prefix(noun).filter(|rest| !rest.is_empty()).unwrap_or(&parameter);
    let is = |wanted: &str| fields.iter().copied().find(|field| plain(field) == wanted);
    is(&parameter).or_else(|| is(short)).or_else(|| is(&format!("{noun}{parameter}")))
}

/// Whether a parameter may select a resource by this field: `name` for `project_name_or_id`, `login` for `id`.
pub(crate) fn may_pick(field: &str, parameter: &str) -> bool {
    let (field, parameter) = (plain(field), plain(parameter));
    let contains = field.len() > 1 && (parameter.contains(&field) || field.ends_with(&parameter));
    contains || is_own_id(&field) || is_own_name(&field)
}
