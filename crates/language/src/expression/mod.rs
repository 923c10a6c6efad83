//! Expressions inside workflow text: templates compiled once, evaluated often.
