//! Durable state: one transaction per batch of changes, and the catalog of reads.
