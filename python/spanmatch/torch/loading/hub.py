"""Names of models and data that others keep: the nearest ones, and what fetching them needs."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Found = TypeVar("Found")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint to add to an error: the known names that are most like `word`, if any are."""
    names = get_close_matches(word, list(known), n=3)
    return f"; did you mean {' or '.join(names)}?" if names else ""


@contextmanager
def needed(package: str, extra: str) -> Iterator[None]:
    """Import a package that may not be there: what is raised names the extra that brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs {package}: pip install 'spanmatch[{extra}]'"
        raise ImportError(message, name=error.name) from error


def from_hub(
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
