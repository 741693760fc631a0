"""The pairs of several passes over the data, in files, since they do not all fit into memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

from spanmatch.comparison.layer_files import SavedPairs, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanmatch.comparison.keys import Key, Place
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.collector import Collected


class KeptPairs(SavedPairs):
    """Pairs in the files of a folder, each of which is read when it is asked for."""

    def end_pass(
        self,
        found: Collected[ActivationPair],
        to_run: Sequence[Key],  # noqa: ARG002
        /,
    ) -> None:
        """Write the pairs of a pass."""
        for key, pair in found.pairs.items():
            write_pair(self._folder, key, pair)
            self._keys[key] = None

    def finish(self, place: Callable[[Key], Place], /) -> KeptPairs:
        """Put the pairs in another order, and return them."""
        self._keys = dict.fromkeys(sorted(self._keys, key=place))
        return self


class TemporaryPairs(KeptPairs):
    """Pairs in a temporary folder, which is deleted when the object is.

    The module tempfile chooses where the folder lies (TMPDIR).
    """

    def __init__(self) -> None:
        place = tempfile.mkdtemp(prefix="spanmatch-")
        super().__init__(place, ())
        weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the pairs themselves, since the files will be deleted."""
        return dict, (dict(self),)
