//! Damage to texts that were well formed: what users and attackers send.

use crate::random::Random;

const PIECES: [&str; 40] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "`",
    "\\",
    "$",
    ".",
    ",",
    ":",
    "=>",
    "->",
    "<%",
    "%>",
    "{{",
    "}}",
    "{%",
    "%}",
    "-",
    "!",
    "?.",
    "|",
    "&",
    "*",
    "#",
    "\n",
    "\t",
    " ",
    "\0",
    "\u{feff}",
    "é",
    "日",
    "😀",
    "\u{301}",
    "0",
    "99999999999999999999",
];

/// Leaves most texts alone, damages some, and replaces a few by something absurd.
pub(crate) fn mutate(random: &mut Random, mut text: String) -> String {
    match random.below(50) {
        0 => return nested(random),
        1 => return soup(random),
        2..=14 => {}
        _ => return text,
    }
    for _ in 0..=random.below(4) {
        let (start, end) = (place(random, &text), place(random, &text));
        let range = start.min(end)..start.max(end).min(start.min(end) + 40);
        let range = range.start..floor(&text, range.end);
        match random.below(4) {
            0 => text.replace_range(range, ""),
            1 => {
                let copy = text[range].to_owned();
                text.insert_str(end, &copy);
            }
            _ => text.insert_str(start, random.pick(&PIECES)),
        }
    }
    text
}

fn place(random: &mut Random, text: &str) -> usize {
    let at = random.below(text.len() + 1);
    floor(text, at)
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The same piece very often: what recursive parsers and quadratic loops fear.
fn nested(random: &mut Random) -> String {
    let pieces = [
        "(",
        "[",
        "{",
        "[[",
        "{a=>",
        "$.a",
        ".a()",
        "-",
        "not ",
        "1+",
        "f(",
        "<%",
        "{{",
        "{% if a %}",
        "- ",
        "? ",
        "a: ",
        "{a: ",
        "!!x ",
        "'",
        "\"\\",
        "|\n ",
        "a|b",
        "and ",
        "x[",
        "->",
        "%}",
        "\\",
    ];
    let piece = random.pick(&pieces);
    let count = 1 << random.below(13);
    let mut text = piece.repeat(count);
    if random.one_in(2) {
        text.push_str(&")".repeat(count));
    }
    text
}

fn soup(random: &mut Random) -> String {
    let count = random.below(60);
    (0..count).map(|_| random.pick(&PIECES)).collect()
}
