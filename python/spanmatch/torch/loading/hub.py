"""Models and tokenizers of the Hugging Face hub, or of folders, without running their code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spanmatch.torch.loading.calls import join_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


def load_from_hub(
    load: Callable[..., Found], name: str, *, download: bool = True, **kwargs: Any
) -> Found:
    """Call a `from_pretrained` of transformers on a folder, or on a name of the Hugging Face hub.

    The cache comes first, so that a cached model needs no network and does not change. The code of
    a model runs only with `trust_remote_code=True` in `kwargs`. A revision, which is a branch, a
    tag or a commit, follows a name of the hub: NAME@REVISION.

    Raises
    ------
    ValueError
        The revision is empty, follows a folder, or is in `kwargs` too.
    OSError
        The model is neither in the cache nor can be downloaded.
    """
    kwargs = {"trust_remote_code": False, **kwargs}
    if Path(name).is_dir():
        return load(name, **kwargs)
    full, (name, revision) = name, split_revision(name)
    if revision is not None and Path(name).is_dir():
        raise ValueError(f"{name} is a folder, which has no revisions: leave out @{revision}")
    if full.startswith((".", "/", "~")):
        raise FileNotFoundError(f"{full} is no folder")
    if revision is not None:
        kwargs = join_arguments(full, {"revision": revision}, kwargs)
    try:
        return load(name, local_files_only=True, **kwargs)
    except OSError:
        if not download:
            raise
    return load(name, **kwargs)


def split_revision(name: str) -> tuple[str, str | None]:
    """Split a name of the hub from its revision; raise ValueError if the revision is empty.

    >>> split_revision("who/what@step1000"), split_revision("who/what")
    (('who/what', 'step1000'), ('who/what', None))
    """
    name, at, revision = name.partition("@")
    if at and not revision:
        raise ValueError(
            f"{name}@ names no revision: write a branch, a tag or a commit after the @"
        )
    return name, revision or None
