//! Untrusted text within other languages: XML, DOT, Mermaid, and the workflow commands of GitHub.
//!
//! Each function escapes text for its language that is already escaped for a terminal, so that no value ends the
//! string, label or command that contains it.

use crate::Printable;

/// Text for XML, in an attribute in double quotes or between tags. Characters that XML excludes are replaced by U+FFFD.
pub fn xml(text: &Printable) -> Printable {
    text.replacing(|character| {
        Some(Printable::from(match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\r' => "&#13;",
            '\n' | '\t' => return None,
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
            _ => return None,
        }))
    })
}

/// The content of a double-quoted string in DOT.
pub fn dot(text: &str) -> Printable {
    Printable::escaped(text).replacing(|character| match character {
        '\\' => Some("\\\\".into()),
        '"' => Some("\\\"".into()),
        _ => None,
    })
}

/// The content of a double-quoted label in Mermaid. Characters that could be markup are written as character numbers:
/// quotes, HTML, Markdown, directives and entities.
pub fn mermaid(text: &str) -> Printable {
    Printable::escaped(text).replacing(|character| {
        let plain = character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.' | '/' | ',');
        (!plain).then(|| Printable::trusted(format!("#{};", u32::from(character))))
    })
}

/// The message of a workflow command of GitHub, after `::`: line ends would end the command.
pub fn workflow_command(text: &Printable) -> Printable {
    text.replacing(|character| {
        Some(Printable::from(match character {
            '%' => "%25",
            '\r' => "%0D",
            '\n' => "%0A",
            _ => return None,
        }))
    })
}

/// The value of a property of a workflow command, in which two more characters are special.
pub fn workflow_property(text: &Printable) -> Printable {
    workflow_command(text).replacing(|character| match character {
        ':' => Some("%3A".into()),
        ',' => Some("%2C".into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_attribute_or_an_element_of_xml() {
        assert_eq!(
            xml(&"a<b & \"c\" ]]>\u{1b}[31m\u{0}é".into()),
            "a&lt;b &amp; &quot;c&quot; ]]&gt;\u{fffd}[31m\u{fffd}é"
        );
    }

    #[test]
    fn nothing_ends_a_string_of_dot() {
        assert_eq!(dot("a\" ]; evil [label=\"\\N\n"), "a\\\" ]; evil [label=\\\"\\\\N\\\\n");
    }

    #[test]
    fn nothing_is_markup_in_a_label_of_mermaid() {
        assert_eq!(mermaid("create-user.1"), "create-user.1");
        assert_eq!(
            mermaid("a\"] --> b<img src=x onerror=y>"),
            "a#34;#93; --#62; b#60;img src#61;x onerror#61;y#62;"
        );
        assert_eq!(
            mermaid("`%%{init}%%`#quot;\n"),
            "#96;#37;#37;#123;init#125;#37;#37;#96;#35;quot#59;#92;n"
        );
    }

    #[test]
    fn nothing_ends_a_workflow_command() {
        assert_eq!(workflow_command(&"100 %\r\n::error::x".into()), "100 %25%0D%0A::error::x");
        assert_eq!(workflow_property(&"a,b:c%2C\n".into()), "a%2Cb%3Ac%252C%0A");
    }
}
