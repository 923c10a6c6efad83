//! A layered layout: every node stands below the ones that lead to it.
//!
//! The way is that of Sugiyama: edges that close a circle are turned round
//! ([`acyclic`]), nodes are put on layers ([`layers`]), long edges get a knot on each
//! layer that they pass, the order on the layers is chosen so that few edges cross
//! ([`order`]), and every node moves to where its neighbours are ([`place`]). All of
//! it is deterministic, and none of it takes more than a little over linear time.

mod acyclic;
mod layers;
mod order;
mod place;
mod routes;

use self::order::Layered;

/// Width and height of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: i32,
    /// From top to bottom.
    pub height: i32,
}

/// A place; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// A node with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The upper left corner.
    pub at: Point,
    /// Its size, as given.
    pub size: Size,
}

/// The way of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// From the border of the node it leaves to the border of the one it leads to.
    pub points: Vec<Point>,
    /// The middle of a label.
    pub label: Point,
}

/// The places of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What all of it takes.
    pub size: Size,
    /// In the order of the sizes given.
    pub nodes: Vec<Placed>,
    /// In the order of the edges given.
    pub edges: Vec<Route>,
}

/// The room around everything.
const MARGIN: i32 = 16;

/// The room between two layers.
const LAYER_GAP: i32 = 56;

/// The room between two nodes of a layer.
const NODE_GAP: i32 = 28;

/// Gives nodes of these sizes, and the edges between them, their places.
///
/// # Panics
/// If an edge names a node that there is not.
pub fn layout(sizes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let turned = acyclic::turned(sizes.len(), edges);
    let downward: Vec<_> = edges
        .iter()
        .zip(&turned)
        .map(|(&(from, to), turned)| if *turned { (to, from) } else { (from, to) })
        .collect();
    let layers = layers::layers(sizes.len(), &downward);
    let mut layered = Layered::new(&layers, &downward);
    order::arrange(&mut layered);
    let centres = place::centres(&layered, sizes);
    routes::routes(&layered, sizes, &turned, &centres)
}
