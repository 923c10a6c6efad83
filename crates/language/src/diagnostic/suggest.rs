//! "Did you mean": the nearest of the names that exist.

/// The candidate that is nearest to a name, if one is near enough: at most a third of
/// the letters differ, and not more than three.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = name.chars().count();
    if length > LONGEST {
        return None;
    }
    let limit = (length / 3).clamp(1, 3);
    let near = |candidate: &'c str| {
        let distance = distance(name, candidate);
        (distance <= limit && distance < length).then_some((distance, candidate))
    };
    let candidates = candidates.into_iter().filter_map(near);
    candidates
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean 'x'?`, if a candidate is near enough.
pub fn did_you_mean<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    closest(name, candidates).map(|candidate| format!("did you mean '{candidate}'?"))
}

/// Longer names are not compared; it would cost more than it helps.
const LONGEST: usize = 64;

/// Letters to insert, remove, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().collect(), b.chars().take(LONGEST * 2).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let keys = ["on-success", "on-error", "publish", "action"];
        assert_eq!(closest("on-sucess", keys), Some("on-success"));
        assert_eq!(closest("pubilsh", keys), Some("publish"));
        assert_eq!(closest("actoin", keys), Some("action"));
        assert_eq!(closest("timeout", keys), None);
        assert_eq!(closest("t2", ["t1", "t3"]), Some("t1"));
        assert_eq!(closest("a", ["b"]), None);
    }
}
