//! The order of nodes on their layers, such that few edges cross.

/// The most knots that long edges get, for each node and edge there is, beside
/// [`FREE_KNOTS`]. The long edges beyond that go straight.
const KNOTS: usize = 1;
const FREE_KNOTS: usize = 10_000;

/// How often all layers are ordered anew, in small graphs and in large ones.
const SWEEPS: usize = 16;
const SWEEPS_IF_LARGE: usize = 4;
const LARGE: usize = 3_000;

/// Nodes, and knots of long edges, on layers. Knots are numbered after the nodes.
pub(super) struct Layered {
    /// How many of the vertices are nodes.
    pub(super) nodes: usize,
    /// The layer of each vertex.
    pub(super) layer: Vec<usize>,
    /// The vertices of each layer, from left to right.
    pub(super) layers: Vec<Vec<usize>>,
    /// For each edge all vertices on its way, ends included. An edge from a node to
    /// itself has that node twice.
    pub(super) ways: Vec<Vec<usize>>,
    /// Neighbours on the layer above, and below.
    pub(super) above: Vec<Vec<usize>>,
    pub(super) below: Vec<Vec<usize>>,
}

impl Layered {
    pub(super) fn new(layer: &[usize], edges: &[(usize, usize)]) -> Self {
        let count = layer.iter().max().map_or(0, |deepest| deepest + 1);
        let mut layered = Self {
            nodes: layer.len(),
            layer: layer.to_vec(),
            layers: vec![Vec::new(); count],
            ways: Vec::with_capacity(edges.len()),
            above: vec![Vec::new(); layer.len()],
            below: vec![Vec::new(); layer.len()],
        };
        let mut knots = KNOTS * (layer.len() + edges.len()) + FREE_KNOTS;
        for &(from, to) in edges {
            let way = layered.way(from, to, &mut knots);
            layered.ways.push(way);
        }
        layered.first_order();
        layered
    }

    fn way(&mut self, from: usize, to: usize, knots: &mut usize) -> Vec<usize> {
        if from == to {
            return vec![from, to];
        }
        let between = self.layer[from] + 1..self.layer[to];
        let mut way = vec![from];
        if let Some(left) = knots.checked_sub(between.len()) {
            *knots = left;
            for layer in between {
                way.push(self.layer.len());
                self.layer.push(layer);
                self.above.push(Vec::new());
                self.below.push(Vec::new());
            }
        }
        way.push(to);
        for pair in way.windows(2) {
            // A long edge without knots pulls at neither of its ends.
            if self.layer[pair[0]] + 1 == self.layer[pair[1]] {
                self.below[pair[0]].push(pair[1]);
                self.above[pair[1]].push(pair[0]);
            }
        }
        way
    }

    /// Depth first, so that what belongs together stands together.
    fn first_order(&mut self) {
        let mut is_placed = vec![false; self.layer.len()];
        for root in 0..self.layer.len() {
            let mut todo = vec![root];
            while let Some(vertex) = todo.pop() {
                if !std::mem::replace(&mut is_placed[vertex], true) {
                    self.layers[self.layer[vertex]].push(vertex);
                    todo.extend(self.below[vertex].iter().rev());
                }
            }
        }
    }

    /// Whether the best picture would take too long.
    pub(super) fn is_large(&self) -> bool {
        self.layer.len() > LARGE
    }

    /// The place of each vertex on its layer.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.layer.len()];
        for layer in &self.layers {
            for (place, vertex) in layer.iter().enumerate() {
                places[*vertex] = place;
            }
        }
        places
    }
}

/// Orders the layers by the mean place of the neighbours, from the top down and from
/// the bottom up in turn; the best order that was seen stays.
pub(super) fn arrange(layered: &mut Layered) {
    let sweeps = match layered.is_large() {
        true => SWEEPS_IF_LARGE,
        false => SWEEPS,
    };
    let mut places = layered.places();
    let mut fewest = crossings(layered, &places);
    let mut best = layered.layers.clone();
    for sweep in 0..sweeps {
        if fewest == 0 {
            break;
        }
        let downward = sweep % 2 == 0;
        let count = layered.layers.len();
        for step in 0..count {
            let layer = if downward { step } else { count - 1 - step };
            sort_layer(layered, layer, downward, &mut places);
        }
        let found = crossings(layered, &places);
        if found < fewest {
            fewest = found;
            best.clone_from(&layered.layers);
        }
    }
    layered.layers = best;
}

fn sort_layer(layered: &mut Layered, layer: usize, downward: bool, places: &mut [usize]) {
    let neighbours = match downward {
        true => &layered.above,
        false => &layered.below,
    };
    let mut keyed: Vec<(f64, usize)> = layered.layers[layer]
        .iter()
        .map(|vertex| (mean(&neighbours[*vertex], places, places[*vertex]), *vertex))
        .collect();
    // Stable: equal means keep their order.
    keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (place, (_, vertex)) in keyed.iter().enumerate() {
        places[*vertex] = place;
        layered.layers[layer][place] = *vertex;
    }
}

/// The mean place; without neighbours a vertex stays.
fn mean(neighbours: &[usize], places: &[usize], own: usize) -> f64 {
    if neighbours.is_empty() {
        return own as f64;
    }
    let sum: usize = neighbours.iter().map(|vertex| places[*vertex]).sum();
    sum as f64 / neighbours.len() as f64
}

/// How many pairs of edges cross.
fn crossings(layered: &Layered, places: &[usize]) -> u64 {
    layered
        .layers
        .iter()
        .map(|layer| {
            let width = layer
                .iter()
                .flat_map(|vertex| &layered.below[*vertex])
                .map(|vertex| places[*vertex] + 1)
                .max()
                .unwrap_or(0);
            let mut passed = Passed::new(width);
            let mut count = 0;
            for vertex in layer {
                let mut ends: Vec<_> = layered.below[*vertex].iter().map(|v| places[*v]).collect();
                ends.sort_unstable();
                count += ends.iter().map(|end| passed.right_of(*end)).sum::<u64>();
                ends.iter().for_each(|end| passed.add(*end));
            }
            count
        })
        .sum()
}

/// Counts by place: a Fenwick tree.
struct Passed {
    sums: Vec<u64>,
    total: u64,
}

impl Passed {
    fn new(width: usize) -> Self {
        let sums = vec![0; width + 1];
        Self { sums, total: 0 }
    }

    fn add(&mut self, place: usize) {
        self.total += 1;
        let mut index = place + 1;
        while index < self.sums.len() {
            self.sums[index] += 1;
            index += index & index.wrapping_neg();
        }
    }

    fn right_of(&self, place: usize) -> u64 {
        let mut up_to = 0;
        let mut index = place + 1;
        while index > 0 {
            up_to += self.sums[index];
            index &= index - 1;
        }
        self.total - up_to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_counted_and_removed() {
        // 0 and 1 above 2 and 3, crosswise.
        let mut layered = Layered::new(&[0, 0, 1, 1], &[(0, 3), (1, 2)]);
        layered.layers = vec![vec![0, 1], vec![2, 3]];
        assert_eq!(crossings(&layered, &layered.places()), 1);
        arrange(&mut layered);
        assert_eq!(crossings(&layered, &layered.places()), 0);
    }

    #[test]
    fn long_edges_get_knots_as_far_as_they_last() {
        let layered = Layered::new(&[0, 3, 1], &[(0, 1), (0, 2)]);
        assert_eq!(layered.ways, [vec![0, 3, 4, 1], vec![0, 2]]);
        let last = KNOTS * 3 + FREE_KNOTS + 2;
        let layered = Layered::new(&[0, last], &[(0, 1)]);
        assert_eq!(layered.ways, [vec![0, 1]]);
    }
}
