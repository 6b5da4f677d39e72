//! Choices determined by the bytes of an input.

/// Draws choices from one or two bytes each. After the last byte, every choice is the first one.
#[derive(Debug)]
pub(super) struct Chance<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Chance<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let mut next = || usize::from(self.bytes.next().copied().unwrap_or_default());
        let drawn = if limit > 256 { next() << 8 | next() } else { next() };
        drawn % limit.max(1)
    }

    /// True in one of `times` cases.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(super) fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// The bytes generated from a seed (xorshift).
pub(super) fn bytes_of(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}
