//! Orders as one picture: ladders beside one another, and a line for each source from ladder to
//! ladder. It needs nothing else, is readable in light and in dark, and runs no script.

mod layout;

use self::layout::{Absent, Column, Frame, Layout, PILL, ROW, Rung, SLOT};
use super::facts::{self, Kind};
use super::text::{cut, escaped};
use imdspec_suite::order::report::Report;
use imdspec_wire::Source;
use std::fmt::Write as _;

pub(super) const STYLE: &str = include_str!("svg/style.css");
/// Where the names of the columns begin.
const HEADS: usize = 136;
/// How far below that the first slot is.
const HEAD: usize = 84;
/// How far a picture's content is from its edges.
const MARGIN: usize = 22;

/// The picture.
pub(crate) fn render(report: &Report) -> String {
    let layout = Layout::new(report);
    let ladders = HEADS + HEAD;
    let rest = ladders + layout.slots * SLOT + 30;
    let end = match layout.rows.len() {
        0 if layout.nowhere.is_empty() => rest - 10,
        n => rest + 24 + n * ROW,
    };
    let (wide, high) = (layout.width, end + 52);
    let said: Vec<String> = report
        .subjects
        .iter()
        .map(|f| format!("{}: {}", facts::title(f), facts::closing(f)))
        .collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"order-picture\" width=\"{wide}\" \
         height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" aria-label=\"{}. {}\">\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"paper\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"14\"/>\n",
        escaped(&facts::headline(report)),
        escaped(&said.join(". ")),
        wide - 1,
        high - 1,
    );
    out.push_str(&top(report, &layout));
    for column in &layout.columns {
        out.push_str(&heading(column));
        out.push_str(&rails(column, ladders, layout.slots));
        for frame in &column.frames {
            out.push_str(&tie(column, frame, ladders));
        }
    }
    if !layout.rows.is_empty() || !layout.nowhere.is_empty() {
        let _ = write!(
            out,
            "<path class=\"rule\" d=\"M{MARGIN} {y}H{to}\"/>\n\
             <text class=\"soft\" x=\"{MARGIN}\" y=\"{text}\">not in the order: <tspan \
             class=\"bold\">✗</tspan> set up, and did not work; <tspan class=\"bold\">–</tspan> \
             could not be set up{}</text>\n",
            nowhere(&layout.nowhere),
            y = rest - 8,
            to = wide - MARGIN,
            text = rest + 9,
        );
    }
    out.push_str("<g class=\"all\">\n");
    for source in Source::ALL {
        out.push_str(&one(&layout, source, ladders, rest + 22));
    }
    out.push_str("</g>\n");
    out.push_str(&foot(report, &layout, high - 22));
    out.push_str("</svg>\n");
    out
}

/// The sources that need no row.
fn nowhere(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|s| s.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("; in none of them: {}", names.join(", ")),
    }
}

/// Title and the colours.
fn top(report: &Report, layout: &Layout) -> String {
    let most = (layout.width - 2 * MARGIN) / 12;
    let mut out = format!(
        "<text class=\"title\" x=\"{MARGIN}\" y=\"46\">{}</text>\n\
         <text class=\"sub\" x=\"{MARGIN}\" y=\"69\">Every source set up alone, then every two \
         together: what came first is above.</text>\n",
        escaped(&cut(&facts::headline(report), most)),
    );
    let occurs = |kind: &Kind| {
        let mut rungs = layout.columns.iter().flat_map(|c| &c.rungs);
        rungs.any(|r| Kind::of(r.source) == *kind)
    };
    let mut x = MARGIN;
    for kind in Kind::ALL.into_iter().filter(occurs) {
        let (class, words) = (kind.class(), kind.words());
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><rect class=\"pill\" x=\"{x}\" y=\"87\" width=\"14\" \
             height=\"12\" rx=\"4\"/><text class=\"soft\" x=\"{}\" y=\"97\">{words}</text></g>",
            x + 20
        );
        x += 20 + words.len() * 6 + 18;
    }
    out
}

/// Who a column is about.
fn heading(column: &Column) -> String {
    let Column { x, wide, .. } = column;
    let mut out = String::new();
    let names = broken(&column.name, wide * 10 / 78);
    let mut y = HEADS + 14 * (2 - names.len());
    for name in names {
        let name = escaped(&name);
        let _ = writeln!(
            out,
            "<text class=\"head\" x=\"{x}\" y=\"{y}\">{name}</text>"
        );
        y += 15;
    }
    let version = cut(&column.version, wide / 6);
    let version = (!version.is_empty()).then_some((version, false));
    let lines = version.into_iter().chain(column.said.iter().cloned());
    if column.full {
        let (x, y) = (x + wide + 14, HEADS + HEAD - 12);
        let said = "set up with those below";
        let _ = writeln!(
            out,
            "<text class=\"soft\" x=\"{x}\" y=\"{y}\">{said}</text>"
        );
    }
    for (line, bad) in lines {
        let class = if bad { "warn bold" } else { "soft" };
        let line = escaped(&line);
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{line}</text>"
        );
        y += 14;
    }
    out
}

/// A name in one line or two of at most `most` characters, broken where names are.
fn broken(name: &str, most: usize) -> Vec<String> {
    if name.chars().count() <= most {
        return vec![name.to_owned()];
    }
    let chars: Vec<char> = name.chars().collect();
    let breaks = |i: &usize| matches!(chars[*i - 1], '/' | '-' | ' ' | '.' | '_');
    let at = (most / 3..=most).rev().filter(|i| *i > 0).find(breaks);
    let (first, second) = chars.split_at(at.unwrap_or(most));
    let second: String = second.iter().collect();
    vec![
        first.iter().collect::<String>().trim_end().to_owned(),
        cut(&second, most),
    ]
}

fn rails(column: &Column, top: usize, slots: usize) -> String {
    if slots == 0 {
        return String::new();
    }
    let last = column.rungs.iter().map(|r| r.slot + 1).max();
    let to = top + last.unwrap_or(1) * SLOT;
    let (left, right) = (column.x + 12, column.x + column.wide - 12);
    format!("<path class=\"rail\" d=\"M{left} {top}V{to}M{right} {top}V{to}\"/>\n")
}

/// The frame round those on one step.
fn tie(column: &Column, frame: &Frame, top: usize) -> String {
    let y = top + frame.first * SLOT;
    let high = (frame.last - frame.first + 1) * SLOT;
    format!(
        "<g>{}<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"10\"/></g>\n",
        tooltip(&frame.tip),
        column.x - 5,
        y + 2,
        column.wide + 10,
        high - 4,
    )
}

/// A source, in every column.
fn one(layout: &Layout, source: Source, top: usize, rest: usize) -> String {
    let middle = |rung: &Rung| top + rung.slot * SLOT + SLOT / 2;
    let rung_in = |c: &Column| c.rungs.iter().position(|r| r.source == source);
    let rungs: Vec<Option<(&Column, &Rung)>> = layout
        .columns
        .iter()
        .map(|c| rung_in(c).map(|i| (c, &c.rungs[i])))
        .collect();
    let mut inside = String::new();
    let moved = layout.single && rungs.iter().flatten().any(|(_, r)| r.flag.is_some());
    for two in rungs.windows(2) {
        let [Some((left, from)), Some((right, to))] = two else {
            continue;
        };
        let (x1, x2) = (left.x + left.wide, right.x);
        let (y1, y2) = (middle(from), middle(to));
        let half = (x1 + x2) / 2;
        let class = if moved { "line moved" } else { "line" };
        let _ = writeln!(
            inside,
            "<path class=\"{class}\" d=\"M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}\"/>\
             <circle class=\"dot\" cx=\"{x1}\" cy=\"{y1}\" r=\"3\"/>\
             <circle class=\"dot\" cx=\"{x2}\" cy=\"{y2}\" r=\"3\"/>"
        );
    }
    for (column, rung) in rungs.iter().flatten() {
        inside.push_str(&pill(column, rung, middle(rung)));
    }
    for column in &layout.columns {
        for absent in column.absent.iter().filter(|a| a.source == source) {
            let beside = layout.single.then_some(layout.width - MARGIN);
            inside.push_str(&missing(column, absent, rest + absent.row * ROW, beside));
        }
    }
    if inside.is_empty() {
        return inside;
    }
    let kind = Kind::of(source).class();
    format!("<g class=\"source {kind}\">\n{inside}</g>\n")
}

/// A source on its rung.
fn pill(column: &Column, rung: &Rung, middle: usize) -> String {
    let Column { x, wide, .. } = column;
    let base = middle + 4;
    let mut out = format!(
        "<g>{}<rect class=\"pill\" x=\"{x}\" y=\"{}\" width=\"{wide}\" height=\"{PILL}\" \
         rx=\"7\"/><text class=\"rank\" x=\"{}\" y=\"{base}\" text-anchor=\"middle\">{}</text>{}",
        tooltip(&rung.tip),
        middle - PILL / 2,
        x + 14,
        rung.rank,
        name(rung.source, x + 26, base, wide - 30),
    );
    if column.full {
        let _ = write!(
            out,
            "<text class=\"soft\" x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>",
            x + wide - 12,
            rung.source.title()
        );
        let beside = x + wide + 14;
        let flag = rung.flag.as_deref().map_or_else(String::new, |said| {
            let gap = if rung.beside.is_empty() { "" } else { " · " };
            format!("<tspan class=\"warn bold\">{}</tspan>{gap}", escaped(said))
        });
        let _ = write!(
            out,
            "<text class=\"soft\" x=\"{beside}\" y=\"{base}\">{flag}{}</text>",
            rung.beside
        );
    }
    if rung.flag.is_some() {
        out.push_str(&flag(x + wide - 9, middle - PILL / 2 - 8));
    }
    out.push_str("</g>\n");
    out
}

/// The name of a source, within `room`.
fn name(source: Source, x: usize, y: usize, room: usize) -> String {
    let long = source.as_str();
    let fits = |text: &str| text.len() * 66 / 10 <= room;
    let short = long.replace("assume-role-", "role-");
    let text = if fits(long) { long } else { &short };
    let squeezed = if fits(text) {
        String::new()
    } else {
        format!(" textLength=\"{room}\" lengthAdjust=\"spacingAndGlyphs\"")
    };
    format!("<text class=\"name\" x=\"{x}\" y=\"{y}\"{squeezed}>{text}</text>")
}

fn flag(x: usize, y: usize) -> String {
    format!("<path class=\"flag\" d=\"M{x} {y}h11l-3.5 4 3.5 4h-9v9h-2z\"/>")
}

/// A source below the ladders; with what is said of it as far as `to`, if it is said.
fn missing(column: &Column, absent: &Absent, y: usize, to: Option<usize>) -> String {
    let x = column.x;
    let wide = column.wide.min(200);
    let base = y + ROW / 2 + 4;
    let class = if absent.set_up { "out" } else { "out unset" };
    let mut out = format!(
        "<g class=\"absent\">{}<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"{wide}\" \
         height=\"22\" rx=\"6\" pointer-events=\"all\"/><text x=\"{}\" y=\"{base}\" \
         text-anchor=\"middle\">{}</text>{}",
        tooltip(&absent.tip),
        y + 3,
        x + 14,
        escaped(&absent.sign),
        name(absent.source, x + 26, base, wide - 30).replace("class=\"name\" ", ""),
    );
    if let (Some(to), false) = (to, absent.beside.is_empty()) {
        let from = x + wide + 14;
        let beside = cut(&absent.beside, to.saturating_sub(from) * 10 / 60);
        let beside = escaped(&beside);
        let _ = write!(out, "<text x=\"{from}\" y=\"{base}\">{beside}</text>");
    }
    out.push_str("</g>\n");
    out
}

/// What the signs mean, and where it comes from.
fn foot(report: &Report, layout: &Layout, y: usize) -> String {
    let mut x = MARGIN;
    let mut out = String::new();
    if layout
        .columns
        .iter()
        .any(|c| c.rungs.iter().any(|r| r.flag.is_some()))
    {
        let said = "not where it is documented";
        out.push_str(&flag(x + 2, y - 10));
        let _ = writeln!(
            out,
            "<text class=\"soft\" x=\"{}\" y=\"{y}\">{said}</text>",
            x + 20
        );
        x += 20 + said.len() * 6 + 22;
    }
    if layout.columns.iter().any(|c| !c.frames.is_empty()) {
        let _ = writeln!(
            out,
            "<rect class=\"frame\" x=\"{x}\" y=\"{}\" width=\"16\" height=\"14\" rx=\"4\"/>\
             <text class=\"soft\" x=\"{}\" y=\"{y}\">one step: not ordered among themselves</text>",
            y - 11,
            x + 22
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"soft\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">imdspec {} order, seed {}</text>",
        layout.width - MARGIN,
        escaped(&report.imdspec),
        escaped(&report.seed)
    );
    out
}

fn tooltip(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|l| escaped(l)).collect();
    format!("<title>{}</title>", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_picture::sample;

    #[test]
    fn the_picture_is_as_accepted() {
        insta::with_settings!({snapshot_path => "../../../../snapshots/order", prepend_module_to_snapshot => false}, {
            for (name, report) in sample::all() {
                let picture = render(&report).replace(STYLE, "");
                insta::assert_snapshot!(format!("svg-{name}"), picture);
            }
        });
    }

    #[test]
    fn nothing_is_fetched_and_nothing_of_a_subject_is_run() {
        for (name, report) in sample::all() {
            let picture = render(&report);
            for bad in [
                "<script",
                "<img",
                "href",
                "url(",
                "@import",
                "<foreignObject",
                "<b>",
            ] {
                assert!(!picture.contains(bad), "{name}: {bad}");
            }
        }
    }

    #[test]
    fn what_is_opened_is_closed() {
        for (name, report) in sample::all() {
            let picture = render(&report).replace(STYLE, "");
            let mut open: Vec<String> = Vec::new();
            for tag in picture.split('<').skip(1) {
                let (tag, _) = tag.split_once('>').expect("an end");
                let word: String = tag.chars().take_while(|c| !c.is_whitespace()).collect();
                match word.strip_prefix('/') {
                    Some(word) => assert_eq!(open.pop().as_deref(), Some(word), "{name}"),
                    None if tag.ends_with('/') => {}
                    None => open.push(word),
                }
            }
            assert!(open.is_empty(), "{name}: {open:?}");
        }
    }

    #[test]
    fn lines_cross_only_where_the_document_is_not_kept() {
        let agrees = render(&sample::boto3());
        for line in agrees.lines().filter(|l| l.contains("class=\"line")) {
            let path = line.split('"').find(|part| part.starts_with('M'));
            let numbers: Vec<&str> = path.expect("a path").split([' ', 'C']).collect();
            let (from, to) = (numbers[1], numbers[numbers.len() - 1]);
            assert_eq!(from, to, "{line}");
        }
        assert!(!agrees.contains("class=\"flag\""));
        assert!(render(&sample::moved()).contains("class=\"flag\""));
    }

    #[test]
    fn more_than_six_make_it_wider() {
        let mut report = sample::six();
        report.subjects.extend(report.subjects.clone());
        assert!(render(&report).contains(" width=\"1990\" "));
        report.subjects.clear();
        assert!(render(&report).contains("</svg>"));
    }

    #[test]
    fn names_break_where_names_do() {
        assert_eq!(broken("boto3", 10), ["boto3"]);
        let js = "@aws-sdk/credential-provider-node";
        assert_eq!(broken(js, 18), ["@aws-sdk/", "credential-provid…"]);
        assert_eq!(broken("aaaaaaaaaa", 4), ["aaaa", "aaa…"]);
    }
}
