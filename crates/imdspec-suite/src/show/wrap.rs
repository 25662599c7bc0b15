//! Long sentences in lines that fit.

/// How wide a line of prose may be, in characters.
const WIDTH: usize = 96;

/// `text` in lines, the first after `head`, the others indented as far as `head` is long.
#[must_use]
pub fn wrap(head: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(head.chars().count());
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let longer = line.chars().count() + usize::from(!empty) + word.chars().count();
        if !empty && longer > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let text = "word ".repeat(60);
        let lines = wrap("head: ", &text);
        assert!(lines.len() > 2 && lines.iter().all(|l| l.chars().count() <= WIDTH));
        assert!(lines[1].starts_with("      word"));
        let words: usize = lines.iter().map(|l| l.matches("word").count()).sum();
        assert_eq!(words, 60);
        assert_eq!(wrap("  ", &"x".repeat(200)).len(), 1);
    }
}
