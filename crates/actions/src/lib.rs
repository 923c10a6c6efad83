//! The standard actions and the trait that every action implements.
