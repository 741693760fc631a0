//! Sets of neurons.

use crate::error::{Error, Result};
pub use crate::neuron::{Neuron, Side};

/// A set of neurons `(X, Y)`; each side sorted, without repeats.
///
/// ```
/// let set = spanmatch::NeuronSet::new(vec![3, 1], vec![0]).unwrap();
/// assert_eq!(set.x(), [1, 3]);
/// assert!(spanmatch::NeuronSet::new(vec![2, 2], vec![]).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeuronSet {
    x: Vec<usize>,
    y: Vec<usize>,
}

impl NeuronSet {
    /// Sorts both sides.
    ///
    /// # Errors
    /// [`Error::IndexRepeated`] where a neuron is named twice.
    pub fn new(x: Vec<usize>, y: Vec<usize>) -> Result<Self> {
        Ok(Self { x: sorted(Side::X, x)?, y: sorted(Side::Y, y)? })
    }

    pub(crate) fn from_sorted(x: Vec<usize>, y: Vec<usize>) -> Self {
        Self { x, y }
    }

    /// Columns of x, ascending.
    #[must_use]
    pub fn x(&self) -> &[usize] {
        &self.x
    }

    /// Columns of y, ascending.
    #[must_use]
    pub fn y(&self) -> &[usize] {
        &self.y
    }

    /// Whether the neuron is one of the set.
    ///
    /// ```
    /// use spanmatch::{Neuron, NeuronSet, Side};
    /// let set = NeuronSet::new(vec![1, 3], vec![0])?;
    /// assert!(set.contains(Neuron { side: Side::X, index: 3 }));
    /// assert!(!set.contains(Neuron { side: Side::Y, index: 3 }));
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    #[must_use]
    pub fn contains(&self, neuron: Neuron) -> bool {
        let index = if neuron.side == Side::X { &self.x } else { &self.y };
        index.binary_search(&neuron.index).is_ok()
    }

    /// `|X| + |Y|`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.x.len() + self.y.len()
    }

    /// Whether the set holds no neuron.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn sorted(side: Side, mut index: Vec<usize>) -> Result<Vec<usize>> {
    index.sort_unstable();
    match index.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::IndexRepeated { side, index: pair[0] }),
        None => Ok(index),
    }
}
