//! YAML text, line by line.

/// A document that grows.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Adds a line, `depth` levels deep.
    pub(super) fn line(&mut self, depth: usize, content: &str) {
        self.0.extend(std::iter::repeat_n("  ", depth));
        self.0.push_str(content);
        self.0.push('\n');
    }

    /// Whether the task at the end has an attribute of that name.
    pub(super) fn has_in_task(&self, name: &str) -> bool {
        let lines = self.0.lines().rev();
        let mut own = lines.take_while(|line| line.starts_with("      "));
        own.any(|line| line.trim_start().split(':').next() == Some(name))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}
