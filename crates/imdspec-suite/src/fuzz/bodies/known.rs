//! Inputs of the corpus, as they are or with a byte changed: the odd ones that somebody thought of.

use super::Body;
use crate::corpus::{Folder, inputs};
use crate::fuzz::draw::Draw;

/// The longest input that is worth being served by chance, in bytes.
const LONGEST: usize = 8 << 10;

/// One of a folder.
pub(super) fn input(draw: &mut Draw<'_>, folder: Folder) -> Body {
    let mut bytes = bytes(draw, folder).to_vec();
    if draw.once_in(3) && !bytes.is_empty() {
        let last = u32::try_from(bytes.len() - 1).unwrap_or(u32::MAX);
        let at = draw.up_to(last) as usize;
        match draw.up_to(2) {
            0 => bytes[at] = draw.of(b"\"{}[]:,\\ \n\0x0\x80"),
            1 => {
                bytes.remove(at);
            }
            _ => bytes.truncate(at),
        }
    }
    Body::Raw(bytes)
}

/// An instant as some client may meet it, in quotation marks; none where it is no text.
pub(super) fn timestamp(draw: &mut Draw<'_>) -> Option<String> {
    let text = std::str::from_utf8(bytes(draw, Folder::Timestamp)).ok()?;
    // What looks like a gap would be filled.
    let plain = !text.contains("${");
    plain.then(|| serde_json::Value::String(text.to_owned()).to_string())
}

fn bytes(draw: &mut Draw<'_>, folder: Folder) -> &'static [u8] {
    let all = inputs();
    let of_folder = || {
        all.iter()
            .filter(|i| i.folder == folder && i.bytes.len() <= LONGEST)
    };
    let last = of_folder().count().saturating_sub(1);
    let at = draw.up_to(u32::try_from(last).unwrap_or(0)) as usize;
    of_folder().nth(at).map_or(&[], |input| input.bytes)
}
