"""Progress bars of other libraries, which are off while a command runs."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# The variable that `datasets` reads if a factory imports it later.
LATER = "HF_DATASETS_DISABLE_PROGRESS_BARS"


@contextmanager
def without_other_bars() -> Iterator[None]:
    """Turn the bars of transformers, datasets and huggingface_hub off within the context."""
    before = {name: bars for name, bars in _find_bars().items() if bars.are_on()}
    for bars in before.values():
        bars.turn(False)
    given = os.environ.get(LATER)
    os.environ.setdefault(LATER, "1")
    try:
        yield
    finally:
        if given is None:
            os.environ.pop(LATER, None)
        # When imported, transformers takes over the state of huggingface_hub, which was off.
        if "huggingface_hub" in before:
            before |= {name: bars for name, bars in _find_bars().items() if name == "transformers"}
        for bars in before.values():
            bars.turn(True)


class _Bars:
    """The bars of a library, turned on and off by its own functions."""

    def __init__(self, module: Any, plural: str, query: str, query_means_on: bool) -> None:
        self._module, self._plural = module, plural
        self._query, self._query_means_on = query, query_means_on

    def are_on(self) -> bool:
        return bool(getattr(self._module, self._query)()) is self._query_means_on

    def turn(self, on: bool) -> None:
        getattr(self._module, f"{'enable' if on else 'disable'}_progress_bar{self._plural}")()


def _find_bars() -> dict[str, _Bars]:
    found = {}
    if find_spec("huggingface_hub") is not None:
        from huggingface_hub import constants, utils

        # If its environment variable is set, its functions do nothing but warn.
        if constants.HF_HUB_DISABLE_PROGRESS_BARS is None:
            found["huggingface_hub"] = _Bars(utils, "s", "are_progress_bars_disabled", False)
    # Importing either of these would take seconds, so only one that is imported already counts.
    if "transformers.utils.logging" in sys.modules:
        found["transformers"] = _Bars(
            sys.modules["transformers.utils.logging"], "", "is_progress_bar_enabled", True
        )
    if "datasets.utils" in sys.modules:
        found["datasets"] = _Bars(
            sys.modules["datasets.utils"], "s", "are_progress_bars_disabled", False
        )
    return found
