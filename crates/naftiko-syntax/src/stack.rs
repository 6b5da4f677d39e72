//! The stack of open lists and mappings.

use granit_parser::StructureStyle;
use naftiko_diagnostics::{FileId, Span};

use crate::alias::Slot;
use crate::tree::{Entry, Mapping, Node, Value};

/// The open lists and mappings, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    frames: Vec<Frame>,
}

/// An open list or mapping.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The number among all lists and mappings of the text.
    pub(crate) number: u32,
    /// The destination of the closed collection.
    pub(crate) slot: Slot,
    /// The start of the collection.
    pub(crate) start: usize,
    /// The end of its part that was read.
    pub(crate) end: usize,
    /// Whether it has brackets or braces.
    pub(crate) style: StructureStyle,
    /// Its content so far.
    pub(crate) content: Content,
}

/// The content of a list or mapping so far.
#[derive(Debug)]
pub(crate) enum Content {
    /// The items.
    Sequence(Vec<Node>),
    /// The entries, and the state between two of them.
    Mapping(Mapping, Key),
}

/// The state of a mapping between key and value.
#[derive(Debug)]
pub(crate) enum Key {
    /// The next node is a key.
    Wanted,
    /// The next node is the value of this key.
    Read {
        /// The key.
        text: String,
        /// The position of the key.
        span: Span,
    },
    /// The next node is the value of a rejected key; it is read and dropped.
    Refused {
        /// The end of the key.
        end: usize,
    },
}

impl Stack {
    /// The number of open collections.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Opens a collection.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Closes the innermost collection.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        self.frames.pop()
    }

    /// The collections without brackets and braces, outermost first.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(|frame| frame.style == StructureStyle::Block)
    }

    /// The innermost collection, if it has brackets or braces.
    pub(crate) fn flow(&self) -> Option<&Frame> {
        self.frames.last().filter(|frame| frame.style == StructureStyle::Flow)
    }

    /// Whether the innermost collection is a mapping.
    pub(crate) fn in_mapping(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.content, Content::Mapping(..)))
    }

    /// Whether the next node is a key.
    pub(crate) fn wants_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.content, Content::Mapping(_, Key::Wanted)))
    }

    /// The end of the key whose value is next.
    pub(crate) fn key_end(&self) -> Option<usize> {
        match &self.frames.last()?.content {
            Content::Mapping(_, Key::Read { span, .. }) => Some(span.range().end),
            Content::Mapping(_, Key::Refused { end }) => Some(*end),
            _ => None,
        }
    }

    /// The position of this key in the innermost mapping, if it is there already.
    pub(crate) fn key_span(&self, key: &str) -> Option<Span> {
        match &self.frames.last()?.content {
            Content::Mapping(mapping, _) => mapping.entry(key).map(|entry| entry.key_span),
            Content::Sequence(_) => None,
        }
    }

    /// The destination of the next value.
    pub(crate) fn slot(&self) -> Slot {
        let Some(frame) = self.frames.last() else { return Slot::Root };
        let index = match &frame.content {
            Content::Sequence(items) => items.len(),
            Content::Mapping(mapping, Key::Read { .. }) => mapping.len(),
            Content::Mapping(..) => return Slot::Nowhere,
        };
        if frame.slot == Slot::Nowhere {
            return Slot::Nowhere;
        }
        u32::try_from(index).map_or(Slot::Nowhere, |index| Slot::Child { container: frame.number, index })
    }

    /// Sets the state of the innermost mapping after a key that ends at `end`.
    pub(crate) fn set_key(&mut self, next: Key, end: usize) {
        if let Some(frame) = self.frames.last_mut()
            && let Content::Mapping(_, key) = &mut frame.content
        {
            *key = next;
            frame.end = frame.end.max(end);
        }
    }

    /// Puts a value that ends at `end` into the innermost collection; returns it if none is open.
    pub(crate) fn place(&mut self, node: Node, end: usize) -> Option<Node> {
        let Some(frame) = self.frames.last_mut() else { return Some(node) };
        frame.end = frame.end.max(end);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(mapping, key) => {
                if let Key::Read { text, span } = std::mem::replace(key, Key::Wanted) {
                    mapping.insert(text, Entry { key_span: span, value: node });
                }
            }
        }
        None
    }

    /// Removes the last value of the innermost collection if it satisfies `wanted`.
    pub(crate) fn take_back_if(&mut self, wanted: impl Fn(&Node) -> bool) {
        match self.frames.last_mut().map(|frame| &mut frame.content) {
            Some(Content::Sequence(items)) => drop(items.pop_if(|node| wanted(node))),
            Some(Content::Mapping(mapping, Key::Wanted)) => mapping.remove_last_if(wanted),
            _ => {}
        }
    }

    /// The value at a path from the root: the number of each container, and the position in it. `None` while the value
    /// is open.
    pub(crate) fn find(&self, way: &[(u32, u32)]) -> Option<&Node> {
        let mut steps = way.iter();
        let mut frames = self.frames.iter();
        let mut node = loop {
            let (number, index) = *steps.next()?;
            let frame = frames.next().filter(|frame| frame.number == number)?;
            if let Some(child) = frame.content.child(index as usize) {
                break child;
            }
        };
        for (_, index) in steps {
            node = node.at(*index as usize)?;
        }
        Some(node)
    }
}

impl Frame {
    /// Converts the collection to a node that ends at `end`.
    pub(crate) fn into_node(self, file: FileId, end: usize) -> Node {
        let value = match self.content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping(mapping, _) => Value::Mapping(mapping),
        };
        Node { span: Span::new(file, self.start..end), value }
    }
}

impl Content {
    /// An empty list.
    pub(crate) fn sequence() -> Self {
        Self::Sequence(Vec::new())
    }

    /// An empty mapping.
    pub(crate) fn mapping() -> Self {
        Self::Mapping(Mapping::new(), Key::Wanted)
    }

    /// The child at `index`, if it is complete.
    fn child(&self, index: usize) -> Option<&Node> {
        match self {
            Self::Sequence(items) => items.get(index),
            Self::Mapping(mapping, _) => mapping.value_at(index),
        }
    }
}
