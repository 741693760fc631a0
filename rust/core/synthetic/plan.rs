//! What is planted, and where the answers are known.

use crate::error::{Error, PlanFault, Result};

/// Standard deviations that no neuron of a few thousand is away from what is expected of it.
const RARE: f64 = 6.0;
/// Square of the residual that counts as exact.
const EXACT: f64 = 1e-8;

/// What to plant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Neurons of x.
    pub n_x: usize,
    /// Neurons of y.
    pub n_y: usize,
    /// Rows of both.
    pub samples: usize,
    /// Dimensions that both networks see, each with as many neurons, copies not counted.
    pub shared: usize,
    /// Dimensions of a block; the last may have fewer.
    pub block: usize,
    /// Standard deviation of the noise in a planted neuron, of which the rest has 1.
    pub noise: f64,
    /// Planted neurons of each side that come twice.
    pub duplicates: usize,
    /// Other seeds plant other values, and put them in other columns.
    pub seed: u64,
}

impl Plan {
    /// An ε at which the answers are known.
    ///
    /// A planted neuron has variance `1 + σ²`, of which the noise of both sides leaves to explain
    /// `ρ² = 1 - 1 / (1 + σ²)²`, as a share. With N samples that is known up to a few times `sqrt(2 / N)`, so
    /// `ε² = ρ² (1 + 8 sqrt(2 / N))`.
    ///
    /// # Errors
    /// [`Error::Plan`] where the answers are not known: where what the loss of one neuron of a block takes from
    /// others, a share of at least `1 / (2 block)`, does not stand out from what ε forgives, or where chance
    /// brings unrelated neurons within ε.
    pub fn eps(&self) -> Result<f64> {
        self.check()?;
        let (samples, block) = (self.samples as f64, self.block as f64);
        let residual = 1.0 - (1.0 + self.noise.powi(2)).powi(-2);
        let spread = 8.0 * (2.0 / samples).sqrt();
        let square = residual * (1.0 + spread);
        // Other neurons explain a part of the noise by chance.
        let forgiven = residual * (spread + self.shared as f64 / samples) + EXACT;
        let largest = (0.25 / forgiven).floor();
        if block > largest {
            // Below the block, which is a usize.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let largest = largest as usize;
            return Err(Error::Plan(PlanFault::Block {
                block: self.block,
                noise: self.noise,
                largest,
            }));
        }
        // Of a vector after projection on n random directions 1 - n/N is left, give or take at most
        // sqrt(1 / (2 N)).
        let neurons = self.n_x.max(self.n_y);
        if square >= 1.0 - neurons as f64 / samples - RARE / (2.0 * samples).sqrt() {
            let (samples, eps) = (self.samples, square.sqrt());
            return Err(Error::Plan(PlanFault::Chance { samples, neurons, eps }));
        }
        Ok(square.sqrt())
    }

    /// Whether the parts fit the whole.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |fault: PlanFault| Err(Error::Plan(fault));
        let (shared, duplicates, neurons) = (self.shared, self.duplicates, self.n_x.min(self.n_y));
        if self.samples == 0 {
            return refuse(PlanFault::NoSamples);
        }
        if self.block == 0 {
            return refuse(PlanFault::NoBlock);
        }
        if duplicates > shared {
            return refuse(PlanFault::Duplicates { duplicates, shared });
        }
        if shared + duplicates > neurons {
            return refuse(PlanFault::Narrow { shared, duplicates, neurons });
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return refuse(PlanFault::Noise(self.noise));
        }
        Ok(())
    }
}
