//! Which edges must be turned round so that no circle is left.

/// How far the search has come with a node.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Not,
    OnPath,
    Done,
}

/// For each edge whether it leads back to a node on the way to it. An edge from a
/// node to itself is none of them.
pub(super) fn turned(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut outbound = vec![Vec::new(); nodes];
    let mut is_start = vec![true; nodes];
    for (index, &(from, to)) in edges.iter().enumerate() {
        outbound[from].push(index);
        is_start[to] &= from == to;
    }
    let mut turned = vec![false; edges.len()];
    let mut seen = vec![Seen::Not; nodes];
    // From where nothing leads to first, so that edges are turned at the end of a circle.
    let starts = (0..nodes).filter(|node| is_start[*node]);
    for root in starts.chain(0..nodes) {
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.pop() {
            if next == 0 && seen[node] != Seen::Not {
                continue;
            }
            seen[node] = Seen::OnPath;
            let Some(&edge) = outbound[node].get(next) else {
                seen[node] = Seen::Done;
                continue;
            };
            path.push((node, next + 1));
            let to = edges[edge].1;
            match seen[to] {
                Seen::Not => path.push((to, 0)),
                Seen::OnPath => turned[edge] = to != node,
                Seen::Done => {}
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_edge_that_closes_a_circle_is_turned() {
        let edges = [(0, 1), (1, 2), (2, 0), (2, 2), (3, 0), (0, 2)];
        let expected = [false, false, true, false, false, false];
        assert_eq!(turned(4, &edges), expected);
        assert_eq!(turned(1, &[(0, 0)]), [false]);
    }
}
