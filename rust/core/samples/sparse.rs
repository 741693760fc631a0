//! Sparse rows, of which most values are zero: each stores the columns of its values, and the values.

use std::ops::Range;

use crate::error::{Error, Purpose, Result, SparseFault};
use crate::invariant::pairs;
use crate::memory;

/// Compressed sparse rows: samples of one side. The columns of a row are ascending, without repeats.
#[derive(Debug, PartialEq)]
pub struct SparseRows {
    n_neurons: usize,
    /// Where each row begins, and where the last one ends.
    starts: Vec<usize>,
    entries: Vec<Entry>,
}

/// A value and its column. The struct is packed because most of what a product reads of a row comes from memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, packed(4))]
pub(crate) struct Entry {
    pub(crate) column: u32,
    pub(crate) value: f64,
}

impl SparseRows {
    /// Rows of so many neurons, where row i has the columns and values from `starts[i]` to `starts[i + 1]`, in any
    /// order. Values of a column that a row names twice are added.
    ///
    /// ```
    /// use spanmatch::SparseRows;
    ///
    /// let rows = SparseRows::new(4, &[0, 2, 2], &[3, 1], &[0.5, 2.0])?;
    /// assert_eq!((rows.n_samples(), rows.n_neurons(), rows.value(0, 3)), (2, 4, 0.5));
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::SparseRows`] where these are no rows, [`Error::NoSuchColumn`], [`Error::OutOfMemory`].
    pub fn new(n_neurons: usize, starts: &[i64], columns: &[i64], values: &[f64]) -> Result<Self> {
        let starts = read_starts(starts, columns.len())?;
        if columns.len() != values.len() {
            return Err(Error::SparseRows(SparseFault::Values));
        }
        if u32::try_from(n_neurons).is_err() {
            return Err(Error::SparseRows(SparseFault::Neurons));
        }
        let mut rows = Self {
            n_neurons,
            starts: memory::reserved(starts.len(), Purpose::Rows)?,
            entries: memory::reserved(columns.len(), Purpose::Rows)?,
        };
        rows.starts.push(0);
        let mut entries: Vec<(u32, f64)> = Vec::new();
        for (row, ends) in starts.windows(2).enumerate() {
            entries.clear();
            for (&column, &value) in pairs(&columns[ends[0]..ends[1]], &values[ends[0]..ends[1]]) {
                let index = u32::try_from(column).ok().filter(|&j| (j as usize) < n_neurons);
                let missing = Error::NoSuchColumn { row, column, count: n_neurons };
                entries.push((index.ok_or(missing)?, value));
            }
            // Stable: values of one column are added in the order in which they are given.
            entries.sort_by_key(|&(column, _)| column);
            for same in entries.chunk_by(|a, b| a.0 == b.0) {
                let value = same.iter().map(|&(_, value)| value).sum();
                rows.entries.push(Entry { column: same[0].0, value });
            }
            rows.starts.push(rows.entries.len());
        }
        Ok(rows)
    }

    /// Number of samples.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of neurons.
    #[must_use]
    pub fn n_neurons(&self) -> usize {
        self.n_neurons
    }

    /// How many values are stored.
    #[must_use]
    pub fn n_values(&self) -> usize {
        self.entries.len()
    }

    /// A value; 0 where it is not stored.
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> f64 {
        let entries = self.row(row);
        let place = entries.binary_search_by_key(&column, |entry| entry.column as usize);
        place.map_or(0.0, |place| entries[place].value)
    }

    /// The values of a row, and their columns.
    pub(crate) fn row(&self, row: usize) -> &[Entry] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }

    /// Every row.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Entry]> {
        (0..self.n_samples()).map(|row| self.row(row))
    }

    /// Room for as many rows and values as others have, and so many more values of each row; none yet.
    pub(crate) fn room_like(other: &Self, more: usize) -> Result<Self> {
        let values = other.n_samples().saturating_mul(more).saturating_add(other.n_values());
        Ok(Self {
            n_neurons: other.n_neurons,
            starts: memory::reserved(other.starts.len(), Purpose::Rows)?,
            entries: memory::reserved(values, Purpose::Rows)?,
        })
    }

    /// Of each neuron that has a value other than 0 in all of the first `count` rows the middle of those, as an offset from
    /// the first: exact for constant columns. 0 for others.
    pub(crate) fn middle_where_always(&self, count: usize) -> Vec<f64> {
        let (mut middle, rows) = (vec![0.0; self.n_neurons], count.min(self.n_samples()));
        if rows == 0 {
            return middle;
        }
        // Values that are not finite are skipped here; the pass that reads all values reports them.
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let (mut times, mut offsets) = (vec![0; self.n_neurons], vec![0.0; self.n_neurons]);
        for entry in self.row(0) {
            middle[entry.column as usize] = finite(entry.value);
        }
        let entries = (0..rows).flat_map(|row| self.row(row));
        for entry in entries.filter(|entry| entry.value != 0.0) {
            let column = entry.column as usize;
            times[column] += 1;
            offsets[column] += finite(entry.value - middle[column]);
        }
        for ((middle, times), offset) in middle.iter_mut().zip(times).zip(offsets) {
            *middle = if times == rows { *middle + offset / rows as f64 } else { 0.0 };
        }
        middle
    }

    /// Takes the rows of others less the shift of each neuron, with the values that this makes of those left out.
    pub(crate) fn load(&mut self, other: &Self, shift: &[f64]) {
        let shifts = || (0..).zip(shift).filter(|(_, shift)| **shift != 0.0);
        let shifts: Vec<(u32, f64)> = shifts().map(|(column, shift)| (column, *shift)).collect();
        self.clear();
        for entries in other.iter() {
            let mut entries = entries.iter().peekable();
            for &(column, shift) in &shifts {
                while let Some(entry) = entries.next_if(|entry| entry.column < column) {
                    self.push(*entry);
                }
                let here = entries.next_if(|entry| entry.column == column);
                let value = here.map_or(0.0, |entry| entry.value);
                self.push(Entry { column, value: value - shift });
            }
            entries.for_each(|entry| self.push(*entry));
            self.starts.push(self.entries.len());
        }
    }

    /// A value that is 0 is left out.
    fn push(&mut self, entry: Entry) {
        if entry.value != 0.0 {
            self.entries.push(entry);
        }
    }

    fn clear(&mut self) {
        self.starts.clear();
        self.entries.clear();
        self.starts.push(0);
    }

    /// Takes rows of others, each at most once.
    pub(crate) fn gather(&mut self, other: &Self, rows: &[usize]) {
        self.clear();
        for &row in rows {
            self.entries.extend_from_slice(other.row(row));
            self.starts.push(self.entries.len());
        }
    }
}

/// Where each column of some rows has values: the transpose of [`SparseRows`].
#[derive(Debug, Default)]
pub(crate) struct SparseColumns {
    starts: Vec<usize>,
    visits: Vec<Visit>,
}

/// A value of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Visit {
    pub(crate) row: u32,
    /// Where the value lies in its row.
    pub(crate) place: u32,
    pub(crate) value: f64,
}

impl SparseColumns {
    /// Room for as many values as these rows have room for.
    pub(crate) fn room_for(rows: &SparseRows) -> Result<Self> {
        Ok(Self {
            starts: memory::reserved(rows.n_neurons + 2, Purpose::Rows)?,
            visits: memory::reserved(rows.entries.capacity(), Purpose::Rows)?,
        })
    }

    /// Transposes some rows, of fewer than 2^32.
    pub(crate) fn fill(&mut self, rows: &SparseRows, turned: Range<usize>) {
        // First counts, then the start of each column, stored one place further on; filling moves it up.
        let all = &rows.entries[rows.starts[turned.start]..rows.starts[turned.end]];
        self.starts.clear();
        self.starts.resize(rows.n_neurons + 2, 0);
        for entry in all {
            self.starts[entry.column as usize + 2] += 1;
        }
        for column in 2..self.starts.len() {
            self.starts[column] += self.starts[column - 1];
        }
        self.visits.clear();
        self.visits.resize(all.len(), Visit::default());
        for (row, of_row) in (0..).zip(turned) {
            let entries = rows.row(of_row);
            for (place, entry) in (0..).zip(entries) {
                let next = &mut self.starts[entry.column as usize + 1];
                self.visits[*next] = Visit { row, place, value: entry.value };
                *next += 1;
            }
        }
    }

    /// The values of a column, from the first row on.
    pub(crate) fn column(&self, column: usize) -> &[Visit] {
        &self.visits[self.starts[column]..self.starts[column + 1]]
    }
}

fn read_starts(starts: &[i64], count: usize) -> Result<Vec<usize>> {
    let read: Option<Vec<usize>> =
        starts.iter().map(|&start| usize::try_from(start).ok()).collect();
    match read {
        Some(read)
            if read.is_sorted() && read.first() == Some(&0) && read.last() == Some(&count) =>
        {
            Ok(read)
        }
        _ => Err(Error::SparseRows(SparseFault::Starts)),
    }
}
