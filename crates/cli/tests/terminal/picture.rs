//! What stands on a terminal, as a picture for the documents.

use std::fmt::Write as _;

use vt100::{Color, Screen};

/// Pixels of a character.
const WIDE: f64 = 8.4;
const HIGH: f64 = 18.0;
/// Pixels around it all.
const PAD: f64 = 14.0;
/// The sixteen colours that have names.
const NAMED: [&str; 16] = [
    "#1c2330", "#ff8787", "#69db7c", "#ffd43b", "#74c0fc", "#e599f7", "#66d9e8", "#e8ecf3", "#8c96a8", "#ffa8a8", "#8ce99a", "#ffe066",
    "#a5d8ff", "#eebefa", "#99e9f2", "#ffffff",
];

fn colour(colour: Color) -> String {
    match colour {
        Color::Default => "#e8ecf3".to_owned(),
        Color::Idx(index) => NAMED.get(usize::from(index)).copied().unwrap_or("#e8ecf3").to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

/// Draws a screen. Every run of equal characters has its length said, so that columns line up in any font.
pub fn svg(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (wide, high) = (f64::from(columns) * WIDE + 2.0 * PAD, f64::from(rows) * HIGH + 2.0 * PAD);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" viewBox=\"0 0 {wide:.0} {high:.0}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#14181f\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">\n",
        escaped(title)
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let style = |column: u16| {
                let cell = screen.cell(row, column).unwrap();
                (colour(cell.fgcolor()), cell.bold(), cell.dim())
            };
            let first = column;
            let wanted = style(first);
            let mut text = String::new();
            while column < columns && style(column) == wanted {
                let cell = screen.cell(row, column).unwrap();
                if !cell.is_wide_continuation() {
                    text += if cell.has_contents() { cell.contents() } else { " " };
                }
                column += 1;
            }
            let (fill, bold, dim) = wanted;
            let bold = if bold { " font-weight=\"bold\"" } else { "" };
            let dim = if dim { " opacity=\"0.65\"" } else { "" };
            let y = PAD + f64::from(row) * HIGH + 13.5;
            for (at, piece) in pieces(&text) {
                let x = PAD + (f64::from(first) + at as f64) * WIDE;
                let length = piece.chars().count() as f64 * WIDE;
                let piece = escaped(&piece);
                writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{bold}{dim}>{piece}</text>"
                )
                .unwrap();
            }
        }
    }
    out + "</g>\n</svg>\n"
}

/// Words with single blanks between them, and frames, each with its column. Several blanks are not drawn: they would be taken for one.
fn pieces(text: &str) -> Vec<(usize, String)> {
    let frame = |c: char| ('\u{2500}'..='\u{257f}').contains(&c);
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.chars().enumerate() {
        let adjoins = out.last().is_some_and(|(start, piece)| start + piece.chars().count() == at);
        let goes_on = adjoins && frame(before) == frame(c) && (before, c) != (' ', ' ');
        match out.last_mut() {
            Some((_, piece)) if goes_on => piece.push(c),
            _ if c != ' ' => out.push((at, c.to_string())),
            _ => {}
        }
        before = c;
    }
    out.into_iter().map(|(at, piece)| (at, piece.trim_end().to_owned())).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
