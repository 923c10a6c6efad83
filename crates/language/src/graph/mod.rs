//! Pictures of workflows: what runs, what leads where, and under which condition.
//!
//! A [`Graph`] is made of a specification; [`layout()`] gives everything in it a
//! place; [`mermaid()`], [`dot()`] and [`svg()`] draw it. The same workflow always gives
//! the same picture, and the time for it grows a little faster than its size.

mod dot;
mod layout;
mod mermaid;
mod model;
mod svg;
#[cfg(test)]
mod tests;

pub use self::dot::dot;
pub use self::layout::{Layout, Placed, Point, Route, Size, layout};
pub use self::mermaid::mermaid;
pub use self::model::{Edge, Graph, Join, Link, Node, NodeKind};
pub use self::svg::{drawing, svg};
