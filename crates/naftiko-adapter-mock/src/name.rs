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

/// Names of fields that hold the id of what they stand in.
const ID_NAMES: [&str; 5] = ["id", "uuid", "guid", "sid", "gid"];

/// Names of fields by which people tell resources apart where there is no id.
const NAME_NAMES: [&str; 9] =
    ["name", "slug", "key", "code", "login", "username", "handle", "number", "email"];

/// Whether a field of this name holds the id of what it stands in, whatever that is.
pub(crate) fn is_own_id(name: &str) -> bool {
    ID_NAMES.contains(&plain(name).as_str())
}

/// Whether a field of this name is one by which people tell resources apart.
pub(crate) fn is_own_name(name: &str) -> bool {
    NAME_NAMES.contains(&plain(name).as_str())
}

/// The field that holds the id of a resource of this kind: `id`, `organization_id`, `sid`.
pub(crate) fn id_field<'a>(fields: &[&'a str], kind: &str) -> Option<&'a str> {
    let is = |wanted: &str| fields.iter().copied().find(|name| plain(name) == wanted);
    let suffixed =
        || ["id", "uuid", "guid", "sid", "gid"].into_iter().find_map(|suffix| is(&format!("{kind}{suffix}")));
    is("id").or_else(suffixed).or_else(|| ID_NAMES.into_iter().find_map(is))
}

/// The field that identifies the resources of a collection: their id, or else what the last parameter of the path of
/// one of them is called. `noun` is the word of the path for one of them, `parameter` the one that picks one.
pub(crate) fn identity_field<'a>(
    fields: &[&'a str],
    kind: &str,
    noun: &str,
    parameter: Option<&str>,
) -> Option<&'a str> {
    let named = || parameter.and_then(|parameter| named_by(fields, parameter, noun));
    let id_like = || {
        // `eventId` of a special event, `envelopeId` of an envelope summary.
        let belongs =
            |stem: String| kind.starts_with(&stem) || kind.ends_with(&stem) || noun.ends_with(&stem);
        fields.iter().copied().find(|field| referred_kind(field).is_some_and(belongs))
    };
    let strict = id_field(fields, kind).or_else(|| id_field(fields, noun));
    strict.filter(|field| plain(field) == "id").or_else(named).or(strict).or_else(id_like)
}

/// The field that a parameter of a path speaks of: `gid` for `task_gid` of a `task`, `name` for `name`.
pub(crate) fn named_by<'a>(fields: &[&'a str], parameter: &str, noun: &str) -> Option<&'a str> {
    let parameter = plain(parameter);
    let short = parameter.strip_prefix(noun).filter(|rest| !rest.is_empty()).unwrap_or(&parameter);
    let is = |wanted: &str| fields.iter().copied().find(|field| plain(field) == wanted);
    is(&parameter).or_else(|| is(short)).or_else(|| is(&format!("{noun}{parameter}")))
}

/// Whether a field may be what a parameter picks a resource by: `name` for `project_name_or_id`, `login` for `id`.
pub(crate) fn may_pick(field: &str, parameter: &str) -> bool {
    let (field, parameter) = (plain(field), plain(parameter));
    let contains = field.len() > 1 && (parameter.contains(&field) || field.ends_with(&parameter));
    contains || is_own_id(&field) || is_own_name(&field)
}
