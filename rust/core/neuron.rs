//! Sides, and their neurons.

use std::fmt;

/// Which network a neuron belongs to, counted from 0. A match is between two: [`Side::X`] and [`Side::Y`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side(usize);

impl Side {
    /// The first network.
    pub const X: Self = Self(0);
    /// The second network.
    pub const Y: Self = Self(1);

    /// The side of this number.
    #[must_use]
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    /// Of a match between two, the other one.
    pub(crate) fn opposite(self) -> Self {
        if self == Self::X { Self::Y } else { Self::X }
    }

    /// Its number.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::X => f.write_str("x"),
            Self::Y => f.write_str("y"),
            Self(index) => write!(f, "side {index}"),
        }
    }
}

/// One neuron: its side and its column there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neuron {
    /// The network.
    pub side: Side,
    /// The column, from 0.
    pub index: usize,
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "neuron {} of {}", self.index, self.side)
    }
}
