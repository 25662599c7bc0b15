//! Text that comes from a subject, as text and nothing else.

use crate::matrix::html;

/// One line without anything that steers a terminal or turns the direction of writing.
pub(crate) fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(
                c,
                '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
            )
    };
    let spaced: String = text
        .chars()
        .map(|c| if steers(c) { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text between tags and within quotes, in HTML and in SVG.
pub(super) fn escaped(text: &str) -> String {
    html::escaped(&plain(text))
}

/// Text in Markdown, also within a table.
pub(crate) fn marked(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '[' | ']' | '`' | '\\' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    // An address that nobody wrote as a link is none.
    out.replace("://", ":&#47;/").replace("www.", "www&#46;")
}

/// A word in code in Markdown, also within a table.
pub(crate) fn code(text: &str) -> String {
    let text = plain(text).replace('|', r"\|");
    let longest = text.split(|c| c != '`').map(str::len).max();
    match longest.unwrap_or_default() {
        0 => format!("`{text}`"),
        n => format!("{fence} {text} {fence}", fence = "`".repeat(n + 1)),
    }
}

/// Whether a link leads to the web, and nowhere else.
pub(super) fn is_web(link: &str) -> bool {
    let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '(' | ')' | '\\');
    let web = link.starts_with("https://") || link.starts_with("http://");
    web && link.chars().all(safe)
}

/// The first `most` characters of `text`, and a sign if there was more.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc\u{202e}d\u{0}"), "a [31mb c d");
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(marked("a|b\n# c"), r"a\|b \# c");
        assert_eq!(marked("see https://x @y"), "see https:&#47;/x &#64;y");
        assert_eq!(code("a`b|"), r"`` a`b\| ``");
        assert_eq!(code("a"), "`a`");
    }

    #[test]
    fn only_the_web_is_led_to() {
        assert!(is_web("https://example.com/a_b#c"));
        for link in ["javascript:alert(1)", "https://x/\"><b", "https://x/ y", ""] {
            assert!(!is_web(link), "{link}");
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
