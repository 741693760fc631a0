//! The structure inside a match by definition: every set of a few neurons is tried.

use spanmatch::{Neuron, NeuronSet, Side};

use crate::common::{Sides, TOLERANCE};
use crate::oracle::{Oracle, Residual};

/// A set of neurons: bit i is neuron i, the x first.
pub type Set = u32;

pub fn inside(part: Set, whole: Set) -> bool {
    part & !whole == 0
}

pub fn union(sets: impl IntoIterator<Item = Set>) -> Set {
    sets.into_iter().fold(0, |all, set| all | set)
}

pub struct BruteForce {
    n_x: usize,
    pub n: usize,
    exact: f64,
    /// By set: the residual of every member, infinite where it is dead.
    residuals: Vec<Vec<Residual>>,
}

impl BruteForce {
    pub fn new(sides: &Sides, center: bool) -> Self {
        Self::of(sides, &Oracle::new(sides, center))
    }

    pub fn of(sides: &Sides, oracle: &Oracle) -> Self {
        let counts = [sides.x.ncols(), sides.y.ncols()];
        let [n_x, n_y] = counts;
        assert!(n_x.max(n_y) <= 6, "brute force is for at most 6 + 6 neurons");
        let chosen = |mask: usize, n: usize| (0..n).filter(|i| mask >> i & 1 == 1).collect();
        // By mask of the one side: the residuals of the other on it.
        let mut on = [Vec::new(), Vec::new()];
        for mask in 0..1 << n_x.max(n_y) {
            let set = NeuronSet::new(chosen(mask, n_x), chosen(mask, n_y)).unwrap();
            let [x, y] = oracle.residuals(&set);
            for (list, residuals) in on.iter_mut().zip([y, x]) {
                list.push(residuals.into_iter().map(infinite_where_dead).collect::<Vec<_>>());
            }
        }
        let residuals = (0..1_usize << (n_x + n_y)).map(|set| {
            let masks = [set & ((1 << n_x) - 1), set >> n_x];
            let side = |side: usize| {
                let residuals = &on[1 - side][masks[1 - side]];
                let held = (0..counts[side]).filter(move |i| masks[side] >> i & 1 == 1);
                held.map(|i| residuals[i])
            };
            side(0).chain(side(1)).collect()
        });
        Self { n_x, n: n_x + n_y, exact: oracle.exact(), residuals: residuals.collect() }
    }

    pub fn neuron(&self, bit: usize) -> Neuron {
        if bit < self.n_x {
            Neuron { side: Side::X, index: bit }
        } else {
            Neuron { side: Side::Y, index: bit - self.n_x }
        }
    }

    pub fn bits(&self, set: Set) -> impl Iterator<Item = usize> + use<> {
        (0..self.n).filter(move |bit| set >> bit & 1 == 1)
    }

    pub fn neurons(&self, set: Set) -> Vec<Neuron> {
        self.bits(set).map(|bit| self.neuron(bit)).collect()
    }

    pub fn set(&self, neurons: &NeuronSet) -> Set {
        let y = neurons.y().iter().map(|j| j + self.n_x);
        union(neurons.x().iter().copied().chain(y).map(|bit| 1 << bit))
    }

    pub fn neuron_set(&self, set: Set) -> NeuronSet {
        let (x, y): (Vec<_>, Vec<_>) = self.bits(set).partition(|&bit| bit < self.n_x);
        NeuronSet::new(x, y.into_iter().map(|bit| bit - self.n_x).collect()).unwrap()
    }

    pub fn sets(&self) -> std::ops::Range<Set> {
        0..1 << self.n
    }

    /// The largest residual in a set.
    pub fn worst(&self, set: Set) -> f64 {
        self.residuals[set as usize].iter().map(|residual| residual.value).fold(0.0, f64::max)
    }

    /// 0, critical values below 1 and the middles between them; at most `most`, spread evenly. None where
    /// the rounding of a Gram matrix could decide.
    pub fn levels(&self, most: usize) -> Vec<f64> {
        let critical = (0..self.n).map(|bit| {
            let held = self.sets().filter(|set| set >> bit & 1 == 1);
            // A hair up: ε a hair below a critical value is not what is meant.
            held.map(|set| self.worst(set)).fold(f64::INFINITY, f64::min) + 1e-9
        });
        let mut ends: Vec<f64> = critical.filter(|&c| c > self.exact && c < 1.0).collect();
        ends.push(0.0);
        ends.sort_unstable_by(f64::total_cmp);
        ends.dedup_by(|a, b| *a - *b < 1e-6);
        let middles: Vec<f64> =
            ends.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect();
        ends.extend(middles);
        ends.retain(|&eps| self.is_sure(eps));
        ends.sort_unstable_by(f64::total_cmp);
        let step = ends.len().div_ceil(most);
        ends.into_iter().step_by(step).collect()
    }

    fn is_sure(&self, eps: f64) -> bool {
        let square = self.limit(eps).powi(2);
        let mut residuals = self.residuals.iter().flatten();
        residuals.all(|r| (r.value.powi(2) - square).abs() > r.doubt)
    }

    fn limit(&self, eps: f64) -> f64 {
        eps.max(self.exact) + TOLERANCE
    }

    pub fn at(&self, eps: f64) -> Matches<'_> {
        let limit = self.limit(eps);
        let all: Vec<Set> = self.sets().filter(|&set| self.worst(set) <= limit).collect();
        let smaller =
            |&set: &Set| union(all.iter().copied().filter(|&t| t != set && inside(t, set)));
        let only = all.iter().map(|set| set & !smaller(set)).collect();
        Matches { of: self, all, only }
    }
}

fn infinite_where_dead(residual: Residual) -> Residual {
    let value = if residual.value.is_nan() { f64::INFINITY } else { residual.value };
    Residual { value, ..residual }
}

/// Every match at one ε.
pub struct Matches<'a> {
    pub of: &'a BruteForce,
    pub all: Vec<Set>,
    /// Of each match, the members in no smaller match inside it: those for which it is minimum.
    only: Vec<Set>,
}

impl Matches<'_> {
    pub fn minimum_for(&self, set: Set) -> Option<Set> {
        self.all.binary_search(&set).ok().map(|place| self.only[place])
    }

    pub fn is_minimum(&self, set: Set, bit: usize) -> bool {
        self.minimum_for(set).is_some_and(|only| only >> bit & 1 == 1)
    }

    pub fn is_simple(&self, set: Set) -> bool {
        self.minimum_for(set).is_some_and(|only| only != 0)
    }

    pub fn largest(&self, within: Set) -> Set {
        union(self.all.iter().copied().filter(|&set| inside(set, within)))
    }

    /// The intersection of all matches that hold a neuron of the largest.
    pub fn core(&self, bit: usize) -> Set {
        let held = self.all.iter().filter(|&set| set >> bit & 1 == 1);
        held.fold(Set::MAX, |core, set| core & set)
    }
}
