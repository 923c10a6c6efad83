//! Where each byte of a decoded scalar came from.
//!
//! Escapes, folding and indentation make the decoded text differ from the file.
//! The decoded text is kept as runs that were copied verbatim; an offset inside
//! a run is found by one binary search.

/// Maps offsets in a decoded scalar to offsets in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Start of the first run in the file; it starts at 0 in the decoded text.
    first: u32,
    /// Starts of the other runs: (decoded, file), both growing.
    rest: Vec<(u32, u32)>,
}

impl Origins {
    /// Those of a text that stands verbatim in the file.
    pub(crate) fn verbatim(offset: usize) -> Self {
        Self {
            first: narrow(offset),
            rest: Vec::new(),
        }
    }

    /// The file offset of a decoded offset.
    pub fn locate(&self, decoded: usize) -> usize {
        let before = self.rest.partition_point(|run| run.0 as usize <= decoded);
        let (start, file) = match before {
            0 => (0, self.first),
            n => self.rest[n - 1],
        };
        let found = file as usize + (decoded - start as usize);
        match self.rest.get(before) {
            Some(next) => found.min(next.1 as usize),
            None => found,
        }
    }
}

/// A decoded text under construction.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) origins: Origins,
    started: bool,
}

impl Decoded {
    /// Appends a part that stands at that offset of the file.
    pub(super) fn push(&mut self, part: &str, offset: usize) {
        if part.is_empty() {
            return;
        }
        if !self.started {
            self.started = true;
            self.origins.first = narrow(offset);
        } else if self.origins.locate(self.text.len()) != offset {
            let run = (narrow(self.text.len()), narrow(offset));
            self.origins.rest.push(run);
        }
        self.text.push_str(part);
    }

    pub(super) fn push_char(&mut self, c: char, offset: usize) {
        self.push(c.encode_utf8(&mut [0; 4]), offset);
    }
}

/// Offsets fit: the reader refuses texts of 4 GiB and more.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_found() {
        let mut decoded = Decoded::default();
        decoded.push("ab", 10);
        decoded.push("cd", 12);
        decoded.push("\n", 14);
        decoded.push("ef", 20);
        assert_eq!(decoded.text, "abcd\nef");
        assert_eq!(decoded.origins.rest.len(), 1);
        let found: Vec<_> = (0..=7).map(|at| decoded.origins.locate(at)).collect();
        assert_eq!(found, [10, 11, 12, 13, 14, 20, 21, 22]);
    }
}
