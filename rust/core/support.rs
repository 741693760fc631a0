//! Which neurons a neuron's matching depends on, whatever match is chosen.

use crate::closure::closures_without_each;
use crate::error::{Purpose, Result};
use crate::maximum_match::MaximumMatch;
use crate::memory;
use crate::neurons::{Neuron, NeuronSet, Side};
use crate::solved::Solved;

/// Who supports whom at ε: u *supports* v when v is not in M(M(ε) \ u, ε), when losing u alone loses v.
///
/// *The core of v, all that support it, is the intersection of all matches that hold v.* Every match is
/// inside M(ε). If u is not in some match that holds v, that match is inside M(ε) \ u, so v is in its
/// closure: u does not support v. If u does not support v, the closure of M(ε) \ u is a match that holds
/// v and not u.
///
/// *Support is reflexive and transitive.* v is in every match that holds v. If t supports u and u supports
/// v, every match that holds v holds u, so it is a match that holds u, so it holds t.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    neurons: Vec<Neuron>,
    /// Row by row: whether the neuron of the row supports that of the column.
    matrix: Vec<bool>,
}

impl Support {
    /// The neurons of M(ε), x first, ascending: the order of rows and columns.
    #[must_use]
    pub fn neurons(&self) -> &[Neuron] {
        &self.neurons
    }

    /// M(ε).
    #[must_use]
    pub fn neuron_set(&self) -> NeuronSet {
        let side =
            |side: Side| self.neurons.iter().filter(|n| n.side == side).map(|n| n.index).collect();
        NeuronSet::from_sorted(side(Side::X), side(Side::Y))
    }

    /// Row by row: whether the neuron of the row supports that of the column.
    #[must_use]
    pub fn matrix(&self) -> &[bool] {
        &self.matrix
    }

    /// The same, without a copy.
    #[must_use]
    pub fn into_matrix(self) -> Vec<bool> {
        self.matrix
    }

    /// All that support a neuron: what every match that holds it holds. Empty where it is outside M(ε).
    #[must_use]
    pub fn core(&self, neuron: Neuron) -> Vec<Neuron> {
        let Some(v) = self.neurons.iter().position(|&other| other == neuron) else {
            return Vec::new();
        };
        let rows = self.neurons.iter().zip(self.matrix.chunks(self.neurons.len()));
        rows.filter(|(_, row)| row[v]).map(|(&u, _)| u).collect()
    }
}

impl MaximumMatch<'_> {
    /// Support of every neuron of M(ε), at the cost of a closure each; it depends on no choice.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::{Gram, Neuron, Problem, Side};
    ///
    /// // The x span the y: the y need both, and each x needs both y.
    /// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
    /// let y = array![[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]];
    /// let mut gram = Gram::default();
    /// gram.update(&x, &y)?;
    /// let problem = Problem::new(&gram, false)?;
    /// let support = problem.at(0.1)?.support()?.answer;
    /// assert_eq!(support.core(Neuron { side: Side::X, index: 0 }).len(), 4);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn support(&self) -> Result<Solved<Support>> {
        self.ask(|matched| {
            let (places, tableau) = (matched.places(), matched.tableau());
            let size = places.len().saturating_mul(places.len());
            let mut matrix = memory::reserved(size, Purpose::Solver)?;
            let progress = matched.progress();
            for survivors in closures_without_each(tableau, places, matched.limit(), progress)? {
                let mut survivors = survivors.into_iter().peekable();
                matrix.extend(places.iter().map(|v| survivors.next_if_eq(v).is_none()));
            }
            let neurons = places.iter().map(|&place| matched.problem().live()[place]).collect();
            Ok(Support { neurons, matrix })
        })
    }
}
