//! The layer of each node: one below the lowest that leads to it.

/// The layers of nodes whose edges form no circle, but for edges to the same node.
pub(super) fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut outbound = vec![Vec::new(); nodes];
    let mut missing = vec![0; nodes];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        outbound[from].push(to);
        missing[to] += 1;
    }
    let is_start: Vec<bool> = missing.iter().map(|count| *count == 0).collect();
    let mut ready: Vec<usize> = (0..nodes).filter(|node| is_start[*node]).collect();
    let mut layers = vec![0; nodes];
    let mut next = 0;
    while let Some(&node) = ready.get(next) {
        next += 1;
        for &to in &outbound[node] {
            layers[to] = layers[to].max(layers[node] + 1);
            missing[to] -= 1;
            if missing[to] == 0 {
                ready.push(to);
            }
        }
    }
    // A start that is needed late stands where it is needed.
    for node in (0..nodes).filter(|node| is_start[*node]) {
        if let Some(first) = outbound[node].iter().map(|to| layers[*to]).min() {
            layers[node] = first - 1;
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_down() {
        let edges = [(0, 1), (1, 2), (0, 2), (3, 2), (4, 4)];
        assert_eq!(layers(5, &edges), [0, 1, 2, 1, 0]);
    }
}
