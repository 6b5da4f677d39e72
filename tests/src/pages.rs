//! Parses the page of a code, `docs/codes/<code>.md`, so that its documents can be checked.
//!
//! `CONTRIBUTING.md` describes the format of a page. Parsing is strict: any deviation is an error with the page's name
//! and line, because a page that is parsed only in part proves nothing.

use std::fs;

use crate::workspace;

/// The path of the checked document of a page; the other files are beside it.
pub const MAIN: &str = "composition.yaml";

/// The page of a code.
#[derive(Debug, Default)]
pub struct Page {
    /// The name of its file, without the extension.
    pub name: String,
    /// Its first heading.
    pub title: String,
    /// The sentence below the heading.
    pub summary: String,
    /// The line after that: the severity, and whether there is a fix.
    pub severity: String,
    /// Its other headings, in order.
    pub headings: Vec<String>,
    /// The documents that raise the code.
    pub examples: Vec<Case>,
    /// The corrected documents.
    pub instead: Vec<Case>,
    /// The codes that the page links to.
    pub links: Vec<String>,
}

/// A document of a page, with the files beside it.
#[derive(Debug, Default)]
pub struct Case {
    /// The line of the page at which it begins.
    pub line: usize,
    /// The files by path; the first is the document.
    pub files: Vec<(String, Vec<u8>)>,
    /// The expected finding of a generated document: `error[code]`, at its first line.
    pub gives: Option<String>,
}

/// Reads every page except the table of all pages, sorted by name.
///
/// # Errors
/// If the folder cannot be read, or a page is malformed.
pub fn pages() -> Result<Vec<Page>, String> {
    let folder = workspace().join("docs/codes");
    let entries = fs::read_dir(&folder).map_err(|error| error.to_string())?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").filter(|name| *name != "README").map(str::to_owned))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let text =
                fs::read_to_string(folder.join(format!("{name}.md"))).map_err(|error| error.to_string())?;
            Page::read(&name, &text)
        })
        .collect()
}

impl Page {
    /// Parses the text of a page.
    ///
    /// # Errors
    /// The first line that does not follow the format.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut page = Self { name: name.to_owned(), ..Self::default() };
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            let wrong = |what: &str| format!("docs/codes/{name}.md:{number}: {what}");
            if let Some(info) = line.strip_prefix("```") {
                let content: Vec<&str> =
                    lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
                page.fence(info, &content, number).map_err(|what| wrong(&what))?;
            } else if let Some(directive) = line.strip_prefix("<!-- generate: ") {
                let directive = directive.strip_suffix(" -->").ok_or_else(|| wrong("`-->` is missing"))?;
                let (bytes, gives) = generate(directive).map_err(|what| wrong(&what))?;
                let files = vec![(MAIN.to_owned(), bytes)];
                page.examples.push(Case { line: number, files, gives: Some(gives) });
            } else {
                page.prose(line);
            }
        }
        Ok(page)
    }

    fn prose(&mut self, line: &str) {
        if let Some(title) = line.strip_prefix("# ") {
            title.clone_into(&mut self.title);
        } else if let Some(heading) = line.strip_prefix("## ") {
            self.headings.push(heading.to_owned());
        } else if line.is_empty() {
            // An empty line between two paragraphs.
        } else if self.summary.is_empty() {
            line.clone_into(&mut self.summary);
        } else if self.severity.is_empty() {
            line.clone_into(&mut self.severity);
        }
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(".md)"));
        self.links.extend(links.map(|(link, _)| link.to_owned()).filter(|link| !link.contains('/')));
    }

    /// Handles a code block. A block of YAML is a document or, with a title, a file beside the previous document. Other
    /// blocks are skipped.
    fn fence(&mut self, info: &str, content: &[&str], line: usize) -> Result<(), String> {
        let (language, title) = match info.split_once(" title=") {
            Some((language, title)) => (language, Some(title)),
            None => (info, None),
        };
        let cases = match self.headings.last().map(String::as_str) {
            Some("Example") => &mut self.examples,
            Some("Instead") => &mut self.instead,
            _ => return Ok(()),
        };
        if language != "yaml" {
            return Ok(());
        }
        let text = content.iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        match (title, cases.last_mut()) {
            (None, _) => cases.push(Case { line, files: vec![(MAIN.to_owned(), text)], gives: None }),
            (Some(title), Some(case)) => case.files.push((title.to_owned(), text)),
            (Some(title), None) => return Err(format!("there is no document that `{title}` stands beside")),
        }
        Ok(())
    }
}

/// Parses a directive such as `"…" x 3 "…" gives error[code]`. Returns the bytes of the document and the expected
/// finding.
fn generate(directive: &str) -> Result<(Vec<u8>, String), String> {
    let mut bytes = Vec::new();
    let mut rest = directive.trim_start();
    while let Some(quoted) = rest.strip_prefix('"') {
        let (text, after) = quoted.split_once('"').ok_or("a `\"` is not closed")?;
        let part = unescape(text)?;
        rest = after.trim_start();
        let mut times = 1;
        if let Some(number) = rest.strip_prefix("x ") {
            let (digits, after) = number.split_once(' ').unwrap_or((number, ""));
            times = digits.parse().map_err(|_| format!("`{digits}` is not a number of times"))?;
            rest = after.trim_start();
        }
        bytes.extend(part.repeat(times));
    }
    let gives = rest.strip_prefix("gives ").ok_or("`gives error[code]` is missing")?;
    Ok((bytes, gives.trim().to_owned()))
}

/// Replaces `\n` by a line break and `\x00` by the byte.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        if let Some(after) = escape.strip_prefix('n') {
            bytes.push(b'\n');
            rest = after;
        } else {
            let digits = escape.strip_prefix('x').and_then(|hex| hex.get(..2));
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(byte.ok_or(r"an escape is `\n` or `\x00`")?);
            rest = &escape[3..];
        }
    }
    bytes.extend(rest.bytes());
    Ok(bytes)
}
