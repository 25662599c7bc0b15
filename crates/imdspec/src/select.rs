//! Choosing rules and scenarios by glob, and helping with what matches nothing.

/// Whether `name` matches `glob`: `*` stands for any run of characters within one part of a slash
/// name, `**` for any run at all. Case does not matter.
pub(crate) fn matches(glob: &str, name: &str) -> bool {
    fn go(glob: &[u8], name: &[u8]) -> bool {
        match glob {
            [] => name.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=name.len()).any(|i| go(rest, &name[i..])),
            [b'*', rest @ ..] => {
                let part = name.iter().position(|b| *b == b'/').unwrap_or(name.len());
                (0..=part).any(|i| go(rest, &name[i..]))
            }
            [c, rest @ ..] => name
                .split_first()
                .is_some_and(|(n, tail)| n.eq_ignore_ascii_case(c) && go(rest, tail)),
        }
    }
    go(glob.as_bytes(), name.as_bytes())
}

/// Whether `name` is chosen: by any of the globs, or by their absence.
pub(crate) fn chosen(globs: &[String], name: &str) -> bool {
    globs.is_empty() || globs.iter().any(|g| matches(g, name))
}

/// The first glob that chooses none of `names`, with the names nearest to it, as a sentence.
pub(crate) fn matches_nothing<'a>(
    what: &str,
    globs: &[String],
    names: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let idle = globs
        .iter()
        .find(|g| !names.clone().any(|n| matches(g, n)))?;
    let mut near: Vec<(usize, &str)> = names
        .map(|n| {
            (
                strsim::damerau_levenshtein(&idle.to_lowercase(), &n.to_lowercase()),
                n,
            )
        })
        .collect();
    near.sort();
    let near: Vec<_> = near.iter().take(3).map(|(_, n)| *n).collect();
    Some(format!(
        "no {what} matches {idle:?}; the nearest are {}",
        near.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_their_part() {
        assert!(matches("TOKEN-*", "TOKEN-001"));
        assert!(matches("token-00*", "TOKEN-001"));
        assert!(matches("doc/*", "doc/body-null"));
        assert!(!matches("*", "doc/body-null"));
        assert!(matches("**null", "doc/body-null"));
        assert!(!matches("doc", "doc/body-null"));
        assert!(matches("*/*", "a/b") && !matches("*/*", "a/b/c"));
    }

    #[test]
    fn what_matches_nothing_names_the_nearest() {
        let globs = ["TOKEN-001".to_owned(), "TOKN-005".to_owned()];
        let names = ["TOKEN-001", "TOKEN-005", "DOC-001"];
        let said = matches_nothing("rule", &globs, names.into_iter()).unwrap();
        assert!(
            said.starts_with("no rule matches \"TOKN-005\"; the nearest are TOKEN-005"),
            "{said}"
        );
        assert_eq!(matches_nothing("rule", &[], names.into_iter()), None);
    }
}
