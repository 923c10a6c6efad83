//! From centres to whole numbers: corners of nodes and ways of edges.

use super::order::Layered;
use super::{LAYER_GAP, Layout, MARGIN, Placed, Point, Route, Size};

/// The most room between two edges that meet at a node.
const PORT_GAP: f64 = 22.0;

/// How far an edge from a node to itself leaves it.
const LOOP: i32 = 24;

pub(super) fn routes(
    layered: &Layered,
    sizes: &[Size],
    turned: &[bool],
    centres: &[f64],
) -> Layout {
    let bands = bands(layered, sizes);
    let left = (0..centres.len())
        .map(|vertex| centres[vertex] - width(sizes, vertex) / 2.0)
        .fold(f64::INFINITY, f64::min);
    let x = |exact: f64| (exact - left).round() as i32 + MARGIN;
    let nodes: Vec<Placed> = sizes
        .iter()
        .enumerate()
        .map(|(node, size)| {
            let (top, bottom) = bands[layered.layer[node]];
            let at = Point {
                x: x(centres[node]) - size.width / 2,
                y: (top + bottom - size.height) / 2,
            };
            Placed { at, size: *size }
        })
        .collect();
    let ports = Ports::new(layered, sizes, centres);
    let edges: Vec<Route> = layered
        .ways
        .iter()
        .enumerate()
        .map(|(edge, way)| {
            if way[0] == way[1] {
                return round_trip(nodes[way[0]]);
            }
            let mut points = way_points(layered, &nodes, &bands, way);
            let (first, last) = (0, points.len() - 1);
            for (point, exact) in points.iter_mut().zip(way_xs(way, centres)) {
                point.x = x(exact);
            }
            points[first].x = x(ports.out[edge]);
            points[last].x = x(ports.into[edge]);
            route(points, turned[edge], edge)
        })
        .collect();
    Layout {
        size: extent(&nodes, &edges),
        nodes,
        edges,
    }
}

fn width(sizes: &[Size], vertex: usize) -> f64 {
    sizes.get(vertex).map_or(0.0, |size| f64::from(size.width))
}

/// Top and bottom of each layer.
fn bands(layered: &Layered, sizes: &[Size]) -> Vec<(i32, i32)> {
    let mut top = MARGIN;
    let band = |layer: &Vec<usize>| {
        let heights = layer.iter().filter_map(|vertex| sizes.get(*vertex));
        let bottom = top + heights.map(|size| size.height).max().unwrap_or(0);
        let band = (top, bottom);
        top = bottom + LAYER_GAP;
        band
    };
    layered.layers.iter().map(band).collect()
}

/// Two points for each knot, so that an edge passes its layer straight down.
fn way_points(
    layered: &Layered,
    nodes: &[Placed],
    bands: &[(i32, i32)],
    way: &[usize],
) -> Vec<Point> {
    let down = |y| Point { x: 0, y };
    let (from, to) = (nodes[way[0]], nodes[way[way.len() - 1]]);
    let knots = &way[1..way.len() - 1];
    let passed = knots.iter().flat_map(|knot| {
        let (top, bottom) = bands[layered.layer[*knot]];
        [down(top), down(bottom)]
    });
    std::iter::once(down(from.at.y + from.size.height))
        .chain(passed)
        .chain([down(to.at.y)])
        .collect()
}

fn way_xs(way: &[usize], centres: &[f64]) -> impl Iterator<Item = f64> {
    let last = way.len() - 1;
    way.iter().enumerate().flat_map(move |(place, vertex)| {
        let times = if place == 0 || place == last { 1 } else { 2 };
        std::iter::repeat_n(centres[*vertex], times)
    })
}

/// The label stands where the edge begins; those of neighbours at different heights.
fn route(mut points: Vec<Point>, turned: bool, edge: usize) -> Route {
    let (a, b) = (points[0], points[1]);
    let third = if edge.is_multiple_of(2) { 2 } else { 3 };
    let label = Point {
        x: a.x + (b.x - a.x) * third / 5,
        y: a.y + (b.y - a.y) * third / 5,
    };
    if turned {
        points.reverse();
    }
    Route { points, label }
}

/// Out of the right side and back into it.
fn round_trip(node: Placed) -> Route {
    let right = node.at.x + node.size.width;
    let (high, low) = (
        node.at.y + node.size.height / 4,
        node.at.y + node.size.height * 3 / 4,
    );
    let point = |x, y| Point { x, y };
    Route {
        points: vec![
            point(right, low),
            point(right + LOOP, low),
            point(right + LOOP, high),
            point(right, high),
        ],
        label: point(right + LOOP, (high + low) / 2),
    }
}

fn extent(nodes: &[Placed], edges: &[Route]) -> Size {
    let corners = nodes.iter().map(|node| Point {
        x: node.at.x + node.size.width,
        y: node.at.y + node.size.height,
    });
    let points = edges.iter().flat_map(|edge| edge.points.iter().copied());
    let (width, height) = corners
        .chain(points)
        .fold((0, 0), |(width, height), point| {
            (width.max(point.x), height.max(point.y))
        });
    Size {
        width: width + MARGIN,
        height: height + MARGIN,
    }
}

/// Where on the border of its nodes each edge begins and ends.
struct Ports {
    out: Vec<f64>,
    into: Vec<f64>,
}

impl Ports {
    fn new(layered: &Layered, sizes: &[Size], centres: &[f64]) -> Self {
        let mut leaving = vec![Vec::new(); layered.nodes];
        let mut arriving = vec![Vec::new(); layered.nodes];
        for (edge, way) in layered.ways.iter().enumerate() {
            if way[0] != way[1] {
                leaving[way[0]].push((centres[way[1]], edge));
                arriving[way[way.len() - 1]].push((centres[way[way.len() - 2]], edge));
            }
        }
        let spread = |meeting: Vec<Vec<(f64, usize)>>| {
            let mut at = vec![0.0; layered.ways.len()];
            for (node, mut meeting) in meeting.into_iter().enumerate() {
                meeting.sort_by(|(a, e), (b, f)| a.total_cmp(b).then(e.cmp(f)));
                let count = meeting.len() as f64;
                let gap = PORT_GAP.min((width(sizes, node) - 16.0).max(0.0) / count);
                let first = centres[node] - gap * (count - 1.0) / 2.0;
                for (place, (_, edge)) in meeting.iter().enumerate() {
                    at[*edge] = first + gap * place as f64;
                }
            }
            at
        };
        Self {
            out: spread(leaving),
            into: spread(arriving),
        }
    }
}
