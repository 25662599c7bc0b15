//! Changes to a document that keep it one: a text for another, a member more, a member less.
//!
//! Single bytes seldom get from one document that is accepted to another, and a document that is not
//! JSON is refused by all. So every other change is one of these.

/// What is put into a document: the names of members, and values that some parser minds.
const PIECES: [&str; 48] = [
    "\"Code\"",
    "\"Message\"",
    "\"LastUpdated\"",
    "\"AccessKeyId\"",
    "\"SecretAccessKey\"",
    "\"Token\"",
    "\"Expiration\"",
    "\"AccountId\"",
    "\"code\"",
    "\"accesskeyid\"",
    "\"sessiontoken\"",
    "\"ExpiresAt\"",
    "\"X\"",
    "\"\"",
    "\"Success\"",
    "\"success\"",
    "\"S\\u0075ccess\"",
    "\"Failed\"",
    "\"a\\/b\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\q\"",
    "\"\u{e9}\"",
    "\"\t\"",
    "\"2026-01-01T06:00:00Z\"",
    "\"2026-01-01T06:00:00.123456Z\"",
    "\"2026-01-01T06:00:00+00:00\"",
    "\"2026-01-01t06:00:00z\"",
    "\"2026-01-01 06:00:00Z\"",
    "\"20260101T060000Z\"",
    "\"2016-12-31T23:59:60Z\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"+012026-01-01T06:00:00Z\"",
    "\"never\"",
    "1767247200",
    "null",
    "true",
    "-0",
    "01",
    "1.5e3",
    "1e999",
    "[]",
    "[1,[]]",
    "{}",
    "{\"a\":{}}",
    "\"\\u0000\"",
    " \n",
];

/// The document, changed as the seed says.
#[must_use]
pub fn mutate(document: &[u8], seed: u32) -> Vec<u8> {
    let mut dice = Dice(u64::from(seed) | 1 << 32);
    match dice.below(4) {
        0 => {
            let start = dice.pick(&after(document, b"{,"));
            let (name, value) = (dice.piece(), dice.piece());
            replaced(document, start..start, &format!("{name}:{value},"))
        }
        1 => {
            let start = dice.pick(&after(document, b"{,"));
            let rest = &document[start..];
            let length = rest.iter().position(|byte| *byte == b',');
            replaced(document, start..start + length.map_or(0, |at| at + 1), "")
        }
        _ => {
            let start = dice.pick(&after(document, b"{,:["));
            let start = start + leading(&document[start..], u8::is_ascii_whitespace);
            let end = start + value(&document[start..]);
            replaced(document, start..end, dice.piece())
        }
    }
}

fn replaced(document: &[u8], range: std::ops::Range<usize>, piece: &str) -> Vec<u8> {
    let mut changed = document.to_owned();
    changed.splice(range, piece.bytes());
    changed
}

/// Where something may begin; at least the start of it all.
fn after(document: &[u8], marks: &[u8]) -> Vec<usize> {
    let marked = document.iter().enumerate();
    let marked = marked.filter(|(_, byte)| marks.contains(byte));
    std::iter::once(0)
        .chain(marked.map(|(at, _)| at + 1))
        .collect()
}

/// The length of the text, or of the word, that the bytes begin with.
fn value(bytes: &[u8]) -> usize {
    if bytes.first() != Some(&b'"') {
        return leading(bytes, |byte| !b",:{}[] \n\"".contains(byte));
    }
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    bytes.len()
}

fn leading(bytes: &[u8], of: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| of(byte)).count()
}

/// Numbers from a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % end
    }

    fn pick(&mut self, places: &[usize]) -> usize {
        places[self.below(places.len())]
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }
}
