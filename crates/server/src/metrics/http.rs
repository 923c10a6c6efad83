//! Requests, by route: the pattern of a path, not the path.

use std::time::Duration;

use http::Method;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::labels::{RequestLabels, RouteLabels};

/// What is known of requests.
#[derive(Debug)]
pub(crate) struct Http {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Requests that are not answered yet.
    pub(crate) at_work: Gauge,
}

impl Http {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let at_work = Gauge::default();
        let text = "Requests answered, by the pattern of their path";
        registry.register("http_requests", text, requests.clone());
        let text = "From a request's head to its answer's head";
        registry.register("http_request_seconds", text, seconds.clone());
        let text = "Requests that are not answered yet";
        registry.register("http_requests_at_work", text, at_work.clone());
        Self {
            requests,
            seconds,
            at_work,
        }
    }

    /// A request was answered; `route` is `None` for paths that nobody serves.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: u16,
        took: Duration,
    ) {
        let method = known(method);
        let route = route.unwrap_or("none").to_owned();
        let labels = RequestLabels {
            method,
            route: route.clone(),
            status,
        };
        self.requests.get_or_create_owned(&labels).inc();
        let seconds = self
            .seconds
            .get_or_create_owned(&RouteLabels { method, route });
        seconds.observe(took.as_secs_f64());
    }
}

/// Callers may invent methods.
fn known(method: &Method) -> &'static str {
    let all = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];
    let known = all.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}

/// From 250 µs to a minute.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 4.0, 10))
}
