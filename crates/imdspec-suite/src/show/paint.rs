//! The few colours there are. `anstream` drops them where they do not belong.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// Good news.
pub const GREEN: Style = colour(AnsiColor::Green);
/// A MUST broken.
pub const RED: Style = colour(AnsiColor::Red).bold();
/// A SHOULD not met.
pub const YELLOW: Style = colour(AnsiColor::Yellow);
/// What is observed.
pub const BLUE: Style = colour(AnsiColor::Cyan);
/// What may be passed over.
pub const DIM: Style = Style::new().dimmed();
/// Names.
pub const BOLD: Style = Style::new().bold();

/// `what` in a style.
#[must_use]
pub fn paint(style: Style, what: impl Display) -> String {
    format!("{style}{what}{style:#}")
}
