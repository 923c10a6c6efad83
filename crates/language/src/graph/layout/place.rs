//! Where on its layer a node stands: near its neighbours, in order, without touching.

use super::order::Layered;
use super::{NODE_GAP, Size};

/// How often all layers are moved, in small graphs and in large ones.
const SWEEPS: usize = 12;
const SWEEPS_IF_LARGE: usize = 4;

/// The room for a knot.
const KNOT: f64 = 10.0;

/// How hard an edge pulls between nodes, beside a knot, and between two knots: long
/// edges are to be straight.
const PULL: [f64; 3] = [1.0, 3.0, 12.0];

/// The middle of each vertex, from the left.
pub(super) fn centres(layered: &Layered, sizes: &[Size]) -> Vec<f64> {
    let widths: Vec<f64> = (0..layered.layer.len())
        .map(|vertex| sizes.get(vertex).map_or(KNOT, |size| f64::from(size.width)))
        .collect();
    let mut centres = vec![0.0; widths.len()];
    for layer in &layered.layers {
        let mut right = 0.0;
        for vertex in layer {
            centres[*vertex] = right + widths[*vertex] / 2.0;
            right += widths[*vertex] + f64::from(NODE_GAP);
        }
    }
    let count = layered.layers.len();
    let sweeps = match layered.is_large() {
        true => SWEEPS_IF_LARGE,
        false => SWEEPS,
    };
    for sweep in 0..sweeps {
        for step in 0..count {
            let downward = sweep % 2 == 0;
            let layer = if downward { step } else { count - 1 - step };
            // The last two look at both sides.
            let both = sweep + 2 >= sweeps;
            let sides = (downward || both, !downward || both);
            move_layer(layered, layer, sides, &widths, &mut centres);
        }
    }
    centres
}

fn move_layer(
    layered: &Layered,
    layer: usize,
    (up, down): (bool, bool),
    widths: &[f64],
    centres: &mut [f64],
) {
    let vertices = &layered.layers[layer];
    let mut offset = 0.0;
    let mut wishes = Vec::with_capacity(vertices.len());
    for (place, vertex) in vertices.iter().enumerate() {
        if let Some(before) = place.checked_sub(1).map(|place| vertices[place]) {
            offset += (widths[before] + widths[*vertex]) / 2.0 + f64::from(NODE_GAP);
        }
        let above = layered.above[*vertex].iter().filter(|_| up);
        let below = layered.below[*vertex].iter().filter(|_| down);
        let (mut sum, mut weight) = (0.0, 0.0);
        for neighbour in above.chain(below) {
            let is_knot = |vertex: usize| usize::from(vertex >= layered.nodes);
            let pull = PULL[is_knot(*vertex) + is_knot(*neighbour)];
            sum += centres[*neighbour] * pull;
            weight += pull;
        }
        let (wish, weight) = match weight > 0.0 {
            true => (sum / weight, weight),
            false => (centres[*vertex], 0.01),
        };
        wishes.push(Wish {
            at: wish - offset,
            weight,
            offset,
        });
    }
    for (vertex, centre) in vertices.iter().zip(nearest(&wishes)) {
        centres[*vertex] = centre;
    }
}

/// Where a vertex wants to be, less the room that those left of it take.
struct Wish {
    at: f64,
    weight: f64,
    offset: f64,
}

/// The places nearest to the wishes that keep the order: those that want to pass each
/// other share the mean of what they want (isotonic regression).
fn nearest(wishes: &[Wish]) -> Vec<f64> {
    // Mean, weight, and how many share it.
    let mut groups: Vec<(f64, f64, usize)> = Vec::new();
    for wish in wishes {
        let mut group = (wish.at, wish.weight, 1);
        while let Some(&(mean, weight, count)) = groups.last() {
            if mean <= group.0 {
                break;
            }
            groups.pop();
            let both = weight + group.1;
            let mean = (mean * weight + group.0 * group.1) / both;
            group = (mean, both, count + group.2);
        }
        groups.push(group);
    }
    let means = groups
        .iter()
        .flat_map(|(mean, _, count)| std::iter::repeat_n(*mean, *count));
    means
        .zip(wishes)
        .map(|(mean, wish)| mean + wish.offset)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_want_the_same_place_share_it() {
        let wish = |at, offset| Wish {
            at: at - offset,
            weight: 1.0,
            offset,
        };
        let wishes = [wish(50.0, 0.0), wish(50.0, 20.0), wish(200.0, 40.0)];
        assert_eq!(nearest(&wishes), [40.0, 60.0, 200.0]);
    }
}
