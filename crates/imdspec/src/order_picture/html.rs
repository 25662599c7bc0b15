//! Orders as one page that needs nothing else: the picture, the evidence of every pair, and the
//! documents. It runs no script; evidence is shown where one points, clicks or tabs to.

mod pairs;

use super::facts::{self, Contest};
use super::svg;
use super::text::{escaped, is_web};
use crate::matrix::many;
use imdspec_suite::order::report::{Documented, Found, Report};
use imdspec_wire::{Order, Source};
use std::fmt::Write as _;

const STYLE: &str = include_str!("html/style.css");

/// The page.
pub(crate) fn render(report: &Report) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{} · imdspec {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <div class=\"picture\">\n{}</div>\n<main>\n",
        escaped(&facts::headline(report)),
        escaped(&report.imdspec),
        svg::render(report)
    );
    if report.subjects.len() > 1 {
        out.push_str(&comparison(report));
    }
    for (number, found) in (1..).zip(&report.subjects) {
        out.push_str(&subject(found, number));
    }
    out.push_str(&documents(report));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// A source, in code and in its colour.
fn source(source: Source) -> String {
    let kind = facts::Kind::of(source).class();
    format!(
        "<code class=\"{kind}\" title=\"{}\">{source}</code>",
        source.title()
    )
}

fn subject(found: &Found, number: usize) -> String {
    let good = facts::is_total(found) && found.disagreements.is_empty();
    let class = match (good, found.disagreements.is_empty()) {
        (true, _) => "good",
        (false, true) => "fair",
        (false, false) => "bad",
    };
    let mut out = format!(
        "<section id=\"subject-{number}\">\n<h2>{} <small>{}</small></h2>\n\
         <p class=\"closing {class}\">{}</p>\n",
        escaped(&found.name),
        escaped(&found.version),
        escaped(&facts::closing(found))
    );
    for note in &found.notes {
        let _ = writeln!(out, "<p class=\"note\">Note: {}</p>", escaped(note));
    }
    out.push_str(&ties(found));
    out.push_str(&pairs::render(found));
    out.push_str(&disagreements(found));
    out.push_str(&broken(found));
    out.push_str(&alone(found));
    out.push_str("</section>\n");
    out
}

fn ties(found: &Found) -> String {
    let mut out = String::new();
    for (rank, step) in (1..).zip(&found.ladder.0) {
        for said in facts::ties(found, step) {
            let _ = writeln!(out, "<li>Tied on step {rank}: {}</li>", escaped(&said));
        }
    }
    match out.is_empty() {
        true => out,
        false => format!("<ul class=\"ties\">\n{out}</ul>\n"),
    }
}

fn disagreements(found: &Found) -> String {
    let Some(documented) = &found.documented else {
        return String::new();
    };
    if found.disagreements.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<h3>Not as in {}</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th>documented first</th>\
         <th>found first</th><th>scenario</th></tr></thead>\n<tbody>\n",
        escaped(&documented.name)
    );
    for one in &found.disagreements {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            source(one.documented_first),
            source(one.found_first),
            escaped(&one.scenario)
        );
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn broken(found: &Found) -> String {
    if found.broken.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<h3>Broken, with a source behind that works</h3>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th>broken</th><th>how</th><th>behind it</th><th>the subject</th>\
         <th>outcome</th><th>scenario</th></tr></thead>\n<tbody>\n",
    );
    for one in &found.broken {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><b class=\"then {}\">{}</b></td>\
             <td>{}</td><td><code>{}</code></td></tr>",
            source(one.source),
            escaped(&one.how),
            source(one.behind),
            facts::then_class(one.then),
            facts::then(one),
            escaped(&one.words),
            escaped(&one.scenario)
        );
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// What each source gave when nothing else was set up; those without a place in the order first.
fn alone(found: &Found) -> String {
    if found.alone.is_empty() {
        return String::new();
    }
    let left_out = facts::left_out(found);
    let names: Vec<String> = left_out.iter().map(|(s, ..)| source(*s)).collect();
    let not = match names.is_empty() {
        true => String::new(),
        false => format!("; not in the order: {}", names.join(", ")),
    };
    let mut out = format!(
        "<details><summary>{} set up alone{not}</summary>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th>source</th><th></th><th></th><th>outcome</th></tr></thead>\n<tbody>\n",
        many(found.alone.len(), "source")
    );
    let works = found.ladder.sources().filter_map(|s| {
        let alone = found.alone.get(&s)?;
        Some((s, facts::works(alone.works), alone.words.as_str()))
    });
    for (one, works, words) in left_out.iter().copied().chain(works) {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{works}</td><td>{}</td></tr>",
            source(one),
            one.title(),
            escaped(words)
        );
    }
    out.push_str("</tbody></table></div>\n</details>\n");
    out
}

/// Sources by subjects.
fn comparison(report: &Report) -> String {
    let contests = facts::contests(report);
    let mut out = String::from(
        "<section id=\"compared\">\n<h2>Compared</h2>\n<div class=\"scroll\"><table class=\"ranks\">\n\
         <thead><tr><th>source</th>",
    );
    for (number, found) in (1..).zip(&report.subjects) {
        let _ = write!(
            out,
            "<th><a href=\"#subject-{number}\">{}</a><small>{}</small></th>",
            escaped(&found.name),
            escaped(&found.version)
        );
    }
    out.push_str("<th></th></tr></thead>\n<tbody>\n");
    for one in facts::rows(report) {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", source(one));
        for found in &report.subjects {
            let class = match facts::rank(found, one) {
                Some(_) => facts::Kind::of(one).class(),
                None => "soft",
            };
            let words = found.alone.get(&one).map_or("", |a| a.words.as_str());
            let _ = write!(
                out,
                "<td class=\"{class}\" title=\"{}\">{}</td>",
                escaped(words),
                facts::cell(found, one)
            );
        }
        let contested = contests.iter().any(|c| c.sources.contains(&one));
        let mark = if contested { "≠" } else { "" };
        let _ = writeln!(out, "<td class=\"mark\">{mark}</td></tr>");
    }
    out.push_str(
        "</tbody></table></div>\n<p class=\"soft\">A number is a step, = shares it, ✗ does not \
         work, – is not set up. ≠ marks a source that not all subjects look for before or after \
         the same others.</p>\n",
    );
    out.push_str(&differences(report, &contests));
    out.push_str("</section>\n");
    out
}

fn differences(report: &Report, contests: &[Contest]) -> String {
    if contests.is_empty() {
        let said = "No two subjects look for two sources in different orders.";
        return format!("<p>{said}</p>\n");
    }
    let who = |list: &[usize]| {
        let subjects = list.iter().filter_map(|i| report.subjects.get(*i));
        let names: Vec<String> = subjects.map(|f| escaped(&f.name)).collect();
        names.join(", ")
    };
    let mut out = format!(
        "<details><summary>Where subjects differ: {}</summary>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th>some look for</th><th>before</th><th>who</th><th>the other way \
         round</th></tr></thead>\n<tbody>\n",
        many(contests.len(), "pair")
    );
    for contest in contests {
        let [a, b] = contest.sources.map(source);
        let (first, second) = (who(&contest.first), who(&contest.second));
        let _ = writeln!(
            out,
            "<tr><td>{a}</td><td>{b}</td><td>{first}</td><td>{second}</td></tr>"
        );
    }
    out.push_str("</tbody></table></div>\n</details>\n");
    out
}

/// What subjects are held against, each document once.
fn documents(report: &Report) -> String {
    let mut listed: Vec<(&Documented, Vec<&str>)> = Vec::new();
    for found in &report.subjects {
        let Some(documented) = &found.documented else {
            continue;
        };
        match listed.iter_mut().find(|(d, _)| *d == documented) {
            Some((_, subjects)) => subjects.push(&found.name),
            None => listed.push((documented, vec![&found.name])),
        }
    }
    let mut out = String::from("<section id=\"documents\">\n<h2>Documents</h2>\n");
    if listed.is_empty() {
        out.push_str("<p>What was found is held against no document.</p>\n");
    }
    for (documented, subjects) in listed {
        let title = escaped(&documented.document);
        let title = match is_web(&documented.link) {
            true => format!("<a href=\"{}\">{title}</a>", escaped(&documented.link)),
            false => format!("{title} ({})", escaped(&documented.link)),
        };
        let _ = writeln!(
            out,
            "<h3>{}</h3>\n<p>{title}, read <time>{}</time>. Held against it: {}.</p>\n{}",
            escaped(&documented.name),
            escaped(&documented.read),
            escaped(&subjects.join(", ")),
            order(&documented.order)
        );
    }
    let _ = writeln!(
        out,
        "<p class=\"soft\">imdspec {}, seed <code>{}</code></p>\n</section>",
        escaped(&report.imdspec),
        escaped(&report.seed)
    );
    out
}

/// An order in a line; what is not ordered among itself stands together.
fn order(order: &Order) -> String {
    let mut out = String::from("<ol class=\"order\">");
    for step in &order.0 {
        let names: Vec<String> = step.iter().map(|s| source(*s)).collect();
        let _ = write!(out, "<li>{}</li>", names.join(" "));
    }
    out.push_str("</ol>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_picture::sample;

    /// What is not the picture or style: those have files of their own.
    fn content(report: &Report) -> String {
        let picture = svg::render(report);
        let page = render(report).replace(STYLE, "");
        page.replace(&picture, "<svg></svg>\n")
    }

    #[test]
    fn the_page_is_as_accepted() {
        insta::with_settings!({snapshot_path => "../../../../snapshots/order", prepend_module_to_snapshot => false}, {
            for (name, report) in sample::all() {
                insta::assert_snapshot!(format!("html-{name}"), content(&report));
            }
        });
    }

    #[test]
    fn every_link_within_the_page_leads_somewhere() {
        let page = render(&sample::six());
        let mut links = 0;
        for part in page.split("href=\"#").skip(1) {
            let anchor = part.split('"').next().expect("a beginning");
            assert!(page.contains(&format!(" id=\"{anchor}\"")), "{anchor}");
            links += 1;
        }
        assert_eq!(links, 6);
    }

    #[test]
    fn nothing_is_fetched_and_nothing_of_a_subject_is_run() {
        const OURS: [&str; 41] = [
            "!doctype", "html", "head", "meta", "link", "title", "style", "body", "main", "div",
            "p", "section", "h2", "h3", "small", "a", "b", "code", "span", "time", "ul", "ol",
            "li", "dl", "dt", "dd", "details", "summary", "table", "thead", "tbody", "tr", "th",
            "td", "svg", "g", "rect", "path", "circle", "text", "tspan",
        ];
        for (name, report) in sample::all() {
            let page = render(&report);
            for tag in page.split('<').skip(1) {
                let tag = tag.split_once('>').expect("an end").0;
                let word = tag.trim_start_matches('/').split_whitespace().next();
                let word = word.expect("a name");
                assert!(OURS.contains(&word), "{name}: {tag}");
                assert!(
                    !tag.contains(" src=") && !tag.contains("javascript:"),
                    "{name}: {tag}"
                );
            }
            assert!(
                !page.contains("@import") && !page.contains("url("),
                "{name}"
            );
        }
    }

    #[test]
    fn every_pair_can_be_looked_at() {
        let report = sample::boto3();
        let page = render(&report);
        for pair in &report.subjects[0].pairs {
            assert_eq!(
                page.matches(&format!("<code>{}</code>", pair.scenario))
                    .count(),
                2
            );
        }
    }
}
