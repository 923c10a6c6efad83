//! Server-sent events: bytes in, events out (HTML standard, "Server-sent events").

/// The longest event, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// One event as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its name; empty is a plain message.
    pub(crate) name: String,
    /// The cursor that it sets.
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

/// An event that is too long.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of more than {MAX_BYTES} bytes")]
pub(crate) struct TooLong;

/// Puts events together from whatever pieces arrive.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// The beginning of a line.
    line: Vec<u8>,
    frame: Frame,
    is_empty: bool,
    /// Whether the last byte was a carriage return, whose line feed belongs to it.
    after_return: bool,
}

impl Parser {
    pub(crate) fn new() -> Self {
        Self {
            is_empty: true,
            ..Self::default()
        }
    }

    /// Takes a piece; gives the events that it completes.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<Vec<Frame>, TooLong> {
        let mut complete = Vec::new();
        for &byte in piece {
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' => complete.extend(self.end_of_line()),
                _ if self.line.len() + self.frame.data.len() >= MAX_BYTES => return Err(TooLong),
                _ => self.line.push(byte),
            }
            self.after_return = byte == b'\r';
        }
        Ok(complete)
    }

    fn end_of_line(&mut self) -> Option<Frame> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        if line.is_empty() {
            let is_empty = std::mem::replace(&mut self.is_empty, true);
            let frame = std::mem::take(&mut self.frame);
            return (!is_empty).then_some(frame);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.frame.name),
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => {
                if !self.frame.data.is_empty() {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            // A comment, or a field of another time.
            _ => return None,
        }
        self.is_empty = false;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "retry: 2000\nid: c0\n\n: nothing new\n\nid: c1\ndata: {\"a\":\ndata: 1}\r\n\r\n\
                        event: reset\rdata:x\r\rdata: never ended";

    fn frame(name: &str, id: Option<&str>, data: &str) -> Frame {
        Frame {
            name: name.to_owned(),
            id: id.map(str::to_owned),
            data: data.to_owned(),
        }
    }

    #[test]
    fn events_of_any_pieces() {
        let expected = [
            frame("", Some("c0"), ""),
            frame("", Some("c1"), "{\"a\":\n1}"),
            frame("reset", None, "x"),
        ];
        for size in [1, 2, 3, 7, 1000] {
            let mut parser = Parser::new();
            let pieces = TEXT.as_bytes().chunks(size);
            let frames: Vec<Frame> = pieces
                .flat_map(|piece| parser.feed(piece).unwrap())
                .collect();
            assert_eq!(frames, expected, "pieces of {size}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut parser = Parser::new();
        let line = [b"data: ".as_slice(), &[b'x'; 1 << 16], b"\n"].concat();
        let fed = (0..100).map(|_| parser.feed(&line)).find(Result::is_err);
        assert_eq!(fed, Some(Err(TooLong)));
    }
}
