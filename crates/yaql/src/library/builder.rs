//! Puts a library together.

use std::sync::Arc;

use super::{Library, Table};
use crate::Value;
use crate::eval::overload::{About, Builtin, Form, Overload};

/// A library in the making.
#[derive(Default)]
pub(crate) struct Builder {
    functions: Table,
    methods: Table,
    /// How many layers there are before this one.
    layer: usize,
}

impl Builder {
    /// Adds an overload. Names may be in quotes.
    pub(crate) fn add<M, F: Builtin<M>>(
        &mut self,
        form: Form,
        name: &'static str,
        params: Vec<(&'static str, Option<Value>)>,
        about: About,
        function: F,
    ) {
        let name = name.trim_matches('"');
        let overload = Arc::new(Overload::new(name, form, params, about, function));
        if form.is_function() {
            Self::put(&mut self.functions, self.layer, overload.clone());
        }
        if form.is_method() {
            Self::put(&mut self.methods, self.layer, overload);
        }
    }

    fn put(table: &mut Table, layer: usize, overload: Arc<Overload>) {
        let layers = table.entry(overload.name).or_default();
        layers.resize_with(layers.len().max(layer + 1), Vec::new);
        layers[layer].push(overload);
    }

    /// Makes overloads of these names both functions and methods.
    pub(super) fn share(&mut self, names: &[&'static str]) {
        for name in names {
            let functions = self.functions.entry(name).or_default();
            let methods = self.methods.entry(name).or_default();
            functions.resize_with(self.layer + 1, Vec::new);
            methods.resize_with(self.layer + 1, Vec::new);
            let both = functions[self.layer].iter().chain(&methods[self.layer]);
            let mut both: Vec<Arc<Overload>> = both.cloned().collect();
            both.dedup_by(|a, b| Arc::ptr_eq(a, b));
            functions[self.layer].clone_from(&both);
            methods[self.layer] = both;
        }
    }

    /// Removes the functions of these names.
    pub(super) fn hide(&mut self, names: &[&'static str]) {
        for name in names {
            self.functions.remove(name);
        }
    }

    /// What is added from now on is nearer than what was added before.
    pub(super) fn next_layer(&mut self) {
        self.layer += 1;
    }

    /// The library, nearest layers first.
    pub(super) fn finish(mut self, legacy: bool) -> Library {
        for layers in self.functions.values_mut().chain(self.methods.values_mut()) {
            layers.reverse();
            layers.retain(|layer| !layer.is_empty());
        }
        Library {
            functions: self.functions,
            methods: self.methods,
            legacy,
        }
    }
}
