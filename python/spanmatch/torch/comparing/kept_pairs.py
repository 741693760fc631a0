"""The pairs of several passes over the data: in files, since memory does not hold all of them."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

from spanmatch.comparison.folder import SavedPairs, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair


class KeptPairs(SavedPairs):
    """Pairs in files, each read when it is asked for.

    Parameters
    ----------
    folder
        Where they are kept. None: in a temporary folder, that goes when nobody refers to the
        mapping any more; where such folders lie, `tempfile` says (TMPDIR).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._is_temporary = folder is None
        place = tempfile.mkdtemp(prefix="spanmatch-") if folder is None else folder
        super().__init__(place, ())
        if folder is None:
            weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)

    def write(self, pairs: Mapping[Key, ActivationPair]) -> None:
        """Write some pairs, which need not be kept in memory."""
        for key, pair in pairs.items():
            write_pair(self._folder, key, pair)
            self._keys[key] = None

    def sort(self, place: Callable[[Key], int]) -> None:
        """Put the pairs in another order."""
        self._keys = dict.fromkeys(sorted(self._keys, key=place))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the pairs themselves, where the files are gone one day."""
        if self._is_temporary:
            return dict, (dict(self),)
        return SavedPairs, (self._folder, tuple(self))
