//! The words in names of operations.

/// Words without a meaning of their own.
const SMALL: [&str; 14] =
    ["a", "an", "and", "by", "for", "from", "id", "in", "of", "on", "or", "the", "to", "with"];

/// The action of an operation on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Create,
    Get,
    List,
    Update,
    Delete,
}

impl Action {
    /// The action that a word is a synonym for.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "add" | "create" | "insert" | "new" | "post" | "register" => Self::Create,
            "fetch" | "find" | "get" | "lookup" | "read" | "retrieve" | "show" => Self::Get,
            "all" | "index" | "list" | "search" => Self::List,
            "change" | "edit" | "modify" | "patch" | "put" | "replace" | "set" | "update" => Self::Update,
            "delete" | "destroy" | "remove" => Self::Delete,
            _ => return None,
        })
    }
}

/// The words of a name, each once, in lower case and singular: `ApiKeys_list[0]` is `api`, `key`, `list`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in split(name).iter().map(|word| singular(&word.to_lowercase())) {
        let says_something =
            !word.bytes().all(|byte| byte.is_ascii_digit()) && !SMALL.contains(&word.as_str());
        if says_something && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Splits at everything but letters and digits, and before capitals that start a word: `getSSOUrl` is `get`, `SSO`,
/// `Url`.
fn split(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let capital = c.is_uppercase();
        let begins =
            capital && (!before.is_uppercase() || rest.peek().is_some_and(|next| next.is_lowercase()));
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c);
        }
        before = c;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// The singular of a word, by its ending; it only matters that singular and plural give the same result.
fn singular(word: &str) -> String {
    let stays = word.chars().count() <= 3 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    let shorter = match word {
        _ if stays => None,
        _ if word.chars().count() > 4 && word.ends_with("ies") => {
            return word.strip_suffix("ies").map_or_else(String::new, |stem| format!("{stem}y"));
        }
        _ if ["sses", "xes", "ches", "shes"].iter().any(|end| word.ends_with(end)) => word.strip_suffix("es"),
        _ => word.strip_suffix('s'),
    };
    shorter.unwrap_or(word).to_owned()
}
