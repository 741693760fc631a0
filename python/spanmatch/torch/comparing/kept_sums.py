"""The sums of many networks from several passes over the data, in files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spanmatch.comparison.keys import Key
from spanmatch.comparison.many.network_sums import read_sums, write_sums
from spanmatch.torch.comparing.network_groups import SummedLayer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spanmatch.comparison.keys import Place
    from spanmatch.torch.comparing.collector import Collected
    from spanmatch.torch.comparing.network_groups import NetworkPair


class TemporarySums(Mapping[Key, SummedLayer]):
    """Sums in a temporary folder, which is deleted when the object is."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="spanmatch-")
        self._notes: dict[Key, Mapping[NetworkPair, str]] = {}
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def end_pass(
        self,
        found: Collected[SummedLayer],
        to_run: Sequence[Key],  # noqa: ARG002
        /,
    ) -> None:
        """Write the sums of a pass."""
        for key, layer in found.pairs.items():
            self.add(key, layer)

    def add(self, key: Key, layer: SummedLayer) -> None:
        """Write the sums of a layer."""
        write_sums(self._folder, str(key), layer.sums)
        self._notes[key] = layer.notes

    def finish(self, place: Callable[[Key], Place], /) -> TemporarySums:
        """Put the layers in another order, and return their sums."""
        self._notes = {key: self._notes[key] for key in sorted(self._notes, key=place)}
        return self

    def __getitem__(self, key: Key) -> SummedLayer:
        notes = self._notes[key]
        return SummedLayer(read_sums(self._folder, str(key)), notes)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._notes)

    def __len__(self) -> int:
        return len(self._notes)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the sums themselves, since the files will be deleted."""
        return dict, (dict(self),)
