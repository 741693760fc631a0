"""Models and tokenizers of the Hugging Face hub, or of folders, without running their code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


def load_from_hub(
    load: Callable[..., Found], name: str, *, download: bool = True, **kwargs: Any
) -> Found:
    """Call a `from_pretrained` of transformers on a folder, or on a name of the Hugging Face hub.

    The cache comes first: what is there takes no network, and stays what it was. Code that comes
    with a model runs only where `kwargs` hold `trust_remote_code=True`.

    Raises
    ------
    OSError
        It is neither there nor can be fetched.
    """
    kwargs = {"trust_remote_code": False, **kwargs}
    if Path(name).is_dir():
        return load(name, **kwargs)
    if name.startswith((".", "/", "~")):
        raise FileNotFoundError(f"{name} is no folder")
    try:
        return load(name, local_files_only=True, **kwargs)
    except OSError:
        if not download:
            raise
    return load(name, **kwargs)
