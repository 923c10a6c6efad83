//! Patterns of event types: `*`, `?` and `[…]`, as Python's `fnmatch` reads them.

/// Whether a text matches a pattern, case and all. Linear in memory, at worst
/// quadratic in time: a star goes back to the last star only.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some(after) = one(&pattern, p, text[t]) {
            (p, t) = (after, t + 1);
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The place after the part of the pattern at `p`, if that part takes the character.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match set(pattern, p) {
            Some((contains, end)) => contains(c).then_some(end),
            None => (c == '[').then_some(p + 1),
        },
        other => (*other == c).then_some(p + 1),
    }
}

/// The set that begins at `p` and the place after it; `None` if it has no end.
fn set(pattern: &[char], p: usize) -> Option<(impl Fn(char) -> bool, usize)> {
    let negated = pattern.get(p + 1) == Some(&'!');
    let begin = p + 1 + usize::from(negated);
    // A bracket right at the beginning is one of the set.
    let end = (begin + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    let members = pattern[begin..end].to_vec();
    let contains = move |c: char| {
        let mut at = 0;
        let mut found = false;
        while at < members.len() {
            if at + 2 < members.len() && members[at + 1] == '-' {
                found |= (members[at]..=members[at + 2]).contains(&c);
                at += 3;
            } else {
                found |= members[at] == c;
                at += 1;
            }
        }
        found != negated
    };
    Some((contains, end + 1))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_fnmatch() {
        let yes = [
            ("*", ""),
            ("compute.*", "compute.instance.create.end"),
            ("*.end", "compute.instance.create.end"),
            ("compute.*.create.*", "compute.instance.create.end"),
            ("a?c", "abc"),
            ("a[bx]c", "abc"),
            ("a[!b]c", "axc"),
            ("a[0-9]*", "a7b"),
            ("a[]]", "a]"),
            ("[ab", "[ab"),
        ];
        for (pattern, text) in yes {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        let no = [
            ("", "a"),
            ("a", ""),
            ("compute.*.start", "compute.instance.create.end"),
            ("a?c", "ac"),
            ("a[!b]c", "abc"),
            ("Compute.*", "compute.x"),
            ("a[0-9]", "ab"),
        ];
        for (pattern, text) in no {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_end() {
        let pattern = "*a".repeat(50);
        assert!(!matches(&pattern, &"a".repeat(49)));
        assert!(!matches(&format!("{pattern}b"), &"a".repeat(5_000)));
    }
}
