//! Routes with their descriptions.

use axum::Router;
use axum::handler::Handler;
use axum::routing;

use super::operation::Operation;
use crate::api::state::App;

/// Some routes of the API, each of them described.
pub(crate) struct Routes {
    tag: &'static str,
    router: Router<App>,
    documented: Vec<Documented>,
}

/// A route as the document knows it.
pub(super) struct Documented {
    pub(super) tag: &'static str,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) operation: Operation,
}

macro_rules! methods {
    ($($name:ident)*) => {
        impl Routes {
            $(
                #[doc = concat!("Adds a handler of `", stringify!($name), "`.")]
                pub(crate) fn $name<H, T>(self, path: &str, handler: H, operation: Operation) -> Self
                where
                    H: Handler<T, App>,
                    T: 'static,
                {
                    self.add(path, stringify!($name), routing::$name(handler), operation)
                }
            )*
        }
    };
}

methods! { get post put delete }

impl Routes {
    /// None yet; the next ones belong to a part of the document.
    pub(crate) fn of(tag: &'static str) -> Self {
        Self {
            tag,
            router: Router::new(),
            documented: Vec::new(),
        }
    }

    fn add(
        mut self,
        path: &str,
        method: &'static str,
        handler: routing::MethodRouter<App>,
        operation: Operation,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.documented.push(Documented {
            tag: self.tag,
            method,
            path: path.to_owned(),
            operation,
        });
        self
    }

    /// Both.
    pub(crate) fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.documented.extend(others.documented);
        self
    }

    /// The same routes with something around their handlers.
    pub(crate) fn around(self, layer: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        Self {
            router: layer(self.router),
            ..self
        }
    }

    /// For the service.
    pub(crate) fn into_router(self) -> Router<App> {
        self.router
    }

    /// For the document.
    pub(super) fn documented(&self) -> &[Documented] {
        &self.documented
    }
}
