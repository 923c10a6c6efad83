//! The runner, the scheduler and the REST API v2.
