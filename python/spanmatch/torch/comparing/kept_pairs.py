"""The pairs of several passes over the data: in files, since memory does not hold all of them."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

from spanmatch.comparison.layer_files import SavedPairs, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.collector import Collected


class KeptPairs(SavedPairs):
    """Pairs in the files of a folder, each read when it is asked for."""

    def end_pass(self, found: Collected, to_run: Sequence[Key]) -> None:  # noqa: ARG002
        """Write the pairs of a pass, which memory need not keep.

        Parameters
        ----------
        found
            What the pass has collected.
        to_run
            What later passes are for: layers of A, or for all pairs tuples of layers.
        """
        for key, pair in found.pairs.items():
            write_pair(self._folder, key, pair)
            self._keys[key] = None

    def sort(self, place: Callable[[Key], tuple[tuple[int, int], ...]]) -> None:
        """Put the pairs in another order."""
        self._keys = dict.fromkeys(sorted(self._keys, key=place))


class TemporaryPairs(KeptPairs):
    """Pairs in a temporary folder, which goes when nobody refers to them any more.

    Where such folders lie, the module tempfile says (TMPDIR).
    """

    def __init__(self) -> None:
        place = tempfile.mkdtemp(prefix="spanmatch-")
        super().__init__(place, ())
        weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the pairs themselves, since the files go."""
        return dict, (dict(self),)
