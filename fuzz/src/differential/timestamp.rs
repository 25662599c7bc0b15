//! What is out of the ordinary about the text of an expiration.
//!
//! The text is gone through as far as it resembles a timestamp, and each step off the way is noted
//! under a name that an entry of the ledger can ask for.

use imdspec_wire::Timestamp;

/// The peculiarities of a timestamp.
pub(super) fn traits(text: &str) -> Vec<&'static str> {
    let mut scan = Scan {
        rest: text.trim(),
        traits: Vec::new(),
    };
    scan.note(scan.rest.len() < text.len(), "space around it");
    scan.date();
    scan.time();
    scan.zone();
    match Timestamp::parse(text) {
        // The clock of aws-config stands there.
        Ok(instant) => scan.note(instant.wall().0 <= 0, "1970 or before"),
        // An offset leads out of the years that four digits can write.
        Err(_) => {
            scan.note(text.starts_with("0000-01-01"), "start of 0000");
            scan.note(text.starts_with("9999-12-3"), "end of 9999");
        }
    }
    scan.traits
}

struct Scan<'a> {
    rest: &'a str,
    traits: Vec<&'static str>,
}

impl<'a> Scan<'a> {
    fn note(&mut self, holds: bool, name: &'static str) {
        if holds && !self.traits.contains(&name) {
            self.traits.push(name);
        }
    }

    fn date(&mut self) {
        let signed = self.eat(&['+', '-']).is_some();
        self.note(signed, "signed year");
        let (year, dash) = (self.digits(), self.rest.starts_with('-'));
        match year.len() {
            4 if dash => {}
            0 => self.note(true, "no year"),
            8 if !dash => return self.note(true, "no dashes"),
            _ => self.note(true, "year of no four digits"),
        }
        self.field('-', "no dashes");
        self.field('-', "no dashes");
    }

    fn time(&mut self) {
        let before = self.rest;
        match self.eat(&['T', 't', ' ', '_']) {
            Some('T') => {}
            Some('t') => self.note(true, "lower-case t"),
            Some(_) => self.note(true, "no T"),
            None if before.is_empty() => return self.note(true, "date only"),
            None => {
                // Whatever stands there instead.
                self.rest = before.get(1..).unwrap_or_default();
                self.note(true, "no T");
            }
        }
        self.space();
        match self.digits().len() {
            2 => {}
            1 => self.note(true, "one digit"),
            4 | 6 => self.note(true, "no colons"),
            _ => self.note(true, "no hour"),
        }
        for _ in 0..2 {
            if self.rest.trim_start().starts_with(':') {
                self.field(':', "no colons");
            } else {
                self.note(true, "no seconds");
            }
        }
        if let Some(mark) = self.eat(&['.', ',']) {
            let digits = self.digits().len();
            self.note(mark == ',', "comma");
            self.note(digits == 0, "no digit after the mark");
            self.note((1..=9).contains(&digits), "fraction");
            self.note(digits > 9, "fraction longer than nine");
        }
    }

    fn zone(&mut self) {
        self.space();
        let zone = self.rest;
        match zone.as_bytes() {
            b"Z" => {}
            b"z" => self.note(true, "lower-case z"),
            b"" => self.note(true, "no offset"),
            [b'+' | b'-', h, i, b':', m, n] if [h, i, m, n].iter().all(|d| d.is_ascii_digit()) => {
                self.note(true, "offset");
                let day = zone[1..3] <= *"23" && zone[4..6] <= *"59";
                self.note(!day, "offset of no day");
            }
            _ if zone.contains('[') => self.note(true, "brackets"),
            _ if zone.contains('\u{2212}') => self.note(true, "mathematical minus"),
            _ if zone.contains(char::is_whitespace) => self.note(true, "space inside"),
            _ if zone.eq_ignore_ascii_case("utc") => self.note(true, "UTC in letters"),
            [b'+' | b'-', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
                self.note(true, "offset without a colon");
            }
            [b'+' | b'-', ..] => self.note(true, "offset of another form"),
            _ => self.note(true, "something else for the offset"),
        }
    }

    /// A mark and two digits.
    fn field(&mut self, mark: char, missing: &'static str) {
        self.space();
        let marked = self.eat(&[mark]).is_some();
        self.note(!marked, missing);
        self.space();
        let digits = self.digits();
        self.note(digits.len() == 1, "one digit");
        self.note(digits.is_empty() || digits.len() > 2, "no two digits");
        self.note(mark == ':' && digits == "60", "second 60");
    }

    fn space(&mut self) {
        let rest = self.rest.trim_start();
        self.note(rest.len() < self.rest.len(), "space inside");
        self.rest = rest;
    }

    fn eat(&mut self, marks: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|c| marks.contains(c))?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn digits(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        digits
    }
}
