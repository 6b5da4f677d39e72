//! Named character references of HTML for the characters of ASCII and Latin-1.

/// The longest name in the table, in characters.
pub(super) const LONGEST_NAME: usize = 16;

/// The character of `&name;`; `None` for a name that is not in the table.
pub(super) fn named(name: &str) -> Option<char> {
    let at = NAMES.binary_search_by_key(&name, |(known, _)| known).ok()?;
    NAMES.get(at).map(|(_, character)| *character)
}

/// All HTML 5 names of these characters, sorted for binary search.
#[rustfmt::skip]
const NAMES: [(&str, char); 158] = [
    ("AElig", '\u{c6}'), ("AMP", '&'), ("Aacute", '\u{c1}'), ("Acirc", '\u{c2}'), ("Agrave", '\u{c0}'),
    ("Aring", '\u{c5}'), ("Atilde", '\u{c3}'), ("Auml", '\u{c4}'), ("COPY", '\u{a9}'),
    ("Ccedil", '\u{c7}'), ("Cedilla", '\u{b8}'), ("CenterDot", '\u{b7}'), ("DiacriticalAcute", '\u{b4}'),
    ("DiacriticalGrave", '`'), ("Dot", '\u{a8}'), ("DoubleDot", '\u{a8}'), ("ETH", '\u{d0}'),
    ("Eacute", '\u{c9}'), ("Ecirc", '\u{ca}'), ("Egrave", '\u{c8}'), ("Euml", '\u{cb}'), ("GT", '>'),
    ("Hat", '^'), ("Iacute", '\u{cd}'), ("Icirc", '\u{ce}'), ("Igrave", '\u{cc}'), ("Iuml", '\u{cf}'),
    ("LT", '<'), ("NewLine", '\n'), ("NonBreakingSpace", '\u{a0}'), ("Ntilde", '\u{d1}'),
    ("Oacute", '\u{d3}'), ("Ocirc", '\u{d4}'), ("Ograve", '\u{d2}'), ("Oslash", '\u{d8}'),
    ("Otilde", '\u{d5}'), ("Ouml", '\u{d6}'), ("PlusMinus", '\u{b1}'), ("QUOT", '"'), ("REG", '\u{ae}'),
    ("THORN", '\u{de}'), ("Tab", '\t'), ("Uacute", '\u{da}'), ("Ucirc", '\u{db}'), ("Ugrave", '\u{d9}'),
    ("UnderBar", '_'), ("Uuml", '\u{dc}'), ("VerticalLine", '|'), ("Yacute", '\u{dd}'),
    ("aacute", '\u{e1}'), ("acirc", '\u{e2}'), ("acute", '\u{b4}'), ("aelig", '\u{e6}'),
    ("agrave", '\u{e0}'), ("amp", '&'), ("angst", '\u{c5}'), ("apos", '\''), ("aring", '\u{e5}'),
    ("ast", '*'), ("atilde", '\u{e3}'), ("auml", '\u{e4}'), ("brvbar", '\u{a6}'), ("bsol", '\\'),
    ("ccedil", '\u{e7}'), ("cedil", '\u{b8}'), ("cent", '\u{a2}'), ("centerdot", '\u{b7}'),
    ("circledR", '\u{ae}'), ("colon", ':'), ("comma", ','), ("commat", '@'), ("copy", '\u{a9}'),
    ("curren", '\u{a4}'), ("deg", '\u{b0}'), ("die", '\u{a8}'), ("div", '\u{f7}'), ("divide", '\u{f7}'),
    ("dollar", '$'), ("eacute", '\u{e9}'), ("ecirc", '\u{ea}'), ("egrave", '\u{e8}'), ("equals", '='),
    ("eth", '\u{f0}'), ("euml", '\u{eb}'), ("excl", '!'), ("frac12", '\u{bd}'), ("frac14", '\u{bc}'),
    ("frac34", '\u{be}'), ("grave", '`'), ("gt", '>'), ("half", '\u{bd}'), ("iacute", '\u{ed}'),
    ("icirc", '\u{ee}'), ("iexcl", '\u{a1}'), ("igrave", '\u{ec}'), ("iquest", '\u{bf}'),
    ("iuml", '\u{ef}'), ("laquo", '\u{ab}'), ("lbrace", '{'), ("lbrack", '['), ("lcub", '{'),
    ("lowbar", '_'), ("lpar", '('), ("lsqb", '['), ("lt", '<'), ("macr", '\u{af}'), ("micro", '\u{b5}'),
    ("midast", '*'), ("middot", '\u{b7}'), ("nbsp", '\u{a0}'), ("not", '\u{ac}'), ("ntilde", '\u{f1}'),
    ("num", '#'), ("oacute", '\u{f3}'), ("ocirc", '\u{f4}'), ("ograve", '\u{f2}'), ("ordf", '\u{aa}'),
    ("ordm", '\u{ba}'), ("oslash", '\u{f8}'), ("otilde", '\u{f5}'), ("ouml", '\u{f6}'), ("para", '\u{b6}'),
    ("percnt", '%'), ("period", '.'), ("plus", '+'), ("plusmn", '\u{b1}'), ("pm", '\u{b1}'),
    ("pound", '\u{a3}'), ("quest", '?'), ("quot", '"'), ("raquo", '\u{bb}'), ("rbrace", '}'),
    ("rbrack", ']'), ("rcub", '}'), ("reg", '\u{ae}'), ("rpar", ')'), ("rsqb", ']'), ("sect", '\u{a7}'),
    ("semi", ';'), ("shy", '\u{ad}'), ("sol", '/'), ("strns", '\u{af}'), ("sup1", '\u{b9}'),
    ("sup2", '\u{b2}'), ("sup3", '\u{b3}'), ("szlig", '\u{df}'), ("thorn", '\u{fe}'), ("times", '\u{d7}'),
    ("uacute", '\u{fa}'), ("ucirc", '\u{fb}'), ("ugrave", '\u{f9}'), ("uml", '\u{a8}'), ("uuml", '\u{fc}'),
    ("verbar", '|'), ("vert", '|'), ("yacute", '\u{fd}'), ("yen", '\u{a5}'), ("yuml", '\u{ff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        assert!(NAMES.is_sorted());
        for (name, character) in NAMES {
            assert_eq!(named(name), Some(character));
        }
        assert_eq!((named("eacute"), named("sol"), named("nothing")), (Some('é'), Some('/'), None));
        assert_eq!(NAMES.iter().map(|(name, _)| name.len()).max(), Some(LONGEST_NAME));
    }
}
