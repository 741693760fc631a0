"""Models by name: from torchvision, timm and Hugging Face, or from the user's own code."""

from __future__ import annotations

import inspect
from contextlib import contextmanager, nullcontext
from difflib import get_close_matches
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import torch
from torch import nn

from spanmatch.base.arguments import as_at_least_one, as_seed
from spanmatch.base.words import list_names, suggest
from spanmatch.torch.loading.architectures import ARCHITECTURES
from spanmatch.torch.loading.architectures.sizes import CHANNELS, CLASSES, read_sizes
from spanmatch.torch.loading.calls import join_arguments, split_call
from spanmatch.torch.loading.checkpoints import load_checkpoint
from spanmatch.torch.loading.extras import explain_missing
from spanmatch.torch.loading.factories import import_factory
from spanmatch.torch.loading.hub import load_from_hub
from spanmatch.torch.loading.weight_files import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from os import PathLike

EXAMPLES = (
    "torchvision:resnet18, timm:vit_tiny_patch16_224, hf:bert-base-uncased, small-resnet, "
    "package.module:factory, file.py:factory, file.py:factory(k=3)"
)

MOST = 1_000_000  # The limit of channels and classes of our own architectures.

Weights: TypeAlias = Literal["pretrained", "random", "file"]
"""The source of weights. Those of a file are loaded after the model is made."""


def load_model(
    name: str,
    *,
    checkpoint: str | PathLike[str] | None = None,
    seed: int | None = None,
    **kwargs: Any,
) -> nn.Module:
    """Load a model by name, with its weights, on the CPU and in eval mode.

    All but factories and our own architectures need ``pip install 'spanmatch[models]'``.

    Parameters
    ----------
    name
        ``torchvision:NAME`` or ``timm:NAME``; ``hf:NAME`` of the Hugging Face hub, at a revision
        ``hf:NAME@REVISION``, or ``hf:FOLDER`` (each the bare model of `transformers.AutoModel`); a
        function that returns a model, ``package.module:factory`` or ``file.py:factory``; or an
        architecture of the experiment, such as ``small-vgg``, ``small-resnet``, ``vgg16-bn`` or
        ``resnet20``. These have the `channels` and `classes` of their checkpoint, or else 3 and 10.
        Literals by name may follow, as in ``file.py:factory(k=3)``.
    checkpoint
        A file with the weights, as for `load_checkpoint`. Nothing is then downloaded. Without one a
        named model gets the pretrained weights that its library has in its cache or can download.
    seed
        The seed of random weights in place of pretrained ones. A factory runs under this seed. The
        state of torch's random numbers is restored afterwards.
    **kwargs
        Arguments of the factory, or of the library's constructor. ``hf:`` also takes ``config=``, a
        configuration of transformers. With it and a checkpoint or a seed nothing is downloaded.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ValueError
        There is no such model; the checkpoint does not fit; an argument in the name is not a
        literal.
    OSError
        A file cannot be read, or pretrained weights are not available.
    ImportError
        A package is missing.

    Examples
    --------
    >>> model = load_model("small-vgg", seed=0, channels=1)
    >>> next(model.parameters()).shape[1]
    1
    """
    if not isinstance(name, str):
        raise TypeError(f"`name` must be a text, got {type(name).__name__}; see {EXAMPLES}")
    if seed is not None:
        seed = as_seed(seed)
    name, said_in_name = split_call(name)
    kwargs = join_arguments(name, said_in_name, kwargs)
    kind, _, rest = name.partition(":")
    if name in ARCHITECTURES:
        model: nn.Module = _build_architecture(name, checkpoint, seed, kwargs)
    elif kind in SOURCES and rest:
        said = next((option for option in ("pretrained", "weights") if option in kwargs), None)
        if said is not None and (seed is not None or checkpoint is not None):
            other = f"`load_model(seed={seed})`" if checkpoint is None else "`checkpoint`"
            raise ValueError(
                f"{said!r} does not go with {other}: say once where the weights come from"
            )
        weights: Weights = "pretrained" if seed is None else "random"
        # Models draw random weights even if weights of a file are loaded afterwards.
        with seed_torch(0 if seed is None else seed):
            model = SOURCES[kind](rest, "file" if checkpoint is not None else weights, kwargs)
    else:
        # resnet18 is a name of torchvision, and not a misspelt resnet20.
        slips = get_close_matches(name, ARCHITECTURES, cutoff=0.9)
        with import_factory(name, [*SOURCES, *slips], EXAMPLES) as factory:
            model = call_factory(name, factory, seed, kwargs)
    if checkpoint is not None:
        load_checkpoint(model, checkpoint)
    return model.cpu().eval()


def _build_architecture(
    name: str, checkpoint: str | PathLike[str] | None, seed: int | None, kwargs: dict[str, Any]
) -> nn.Module:
    held: dict[str, int] = {}
    if checkpoint is not None:
        with seed_torch(0):
            held = read_sizes(make_architecture(name, {}), read_weights(Path(checkpoint)))
    elif seed is None:
        raise ValueError(f"{name} has no pretrained weights: {WAYS_OUT}")
    with seed_torch(0 if seed is None else seed):
        return make_architecture(name, held | kwargs)


def make_architecture(name: str, sizes: dict[str, Any]) -> nn.Module:
    """Return one of our own architectures with these `channels` and `classes`, or 3 and 10."""
    if wrong := sorted(sizes.keys() - {"channels", "classes"}):
        raise ValueError(f"{name} takes channels and classes, not {', '.join(wrong)}")
    channels = as_at_least_one(sizes.get("channels", CHANNELS), "channels", MOST)
    classes = as_at_least_one(sizes.get("classes", CLASSES), "classes", MOST)
    return ARCHITECTURES[name](channels, classes)


def _build_torchvision(name: str, weights: Weights, kwargs: dict[str, Any]) -> nn.Module:
    with _importing("torchvision"):
        from torchvision.models import get_model_builder, list_models
    _check_known(name, list_models(), "torchvision")
    build = get_model_builder(name)
    options = {"weights": "DEFAULT" if weights == "pretrained" else None, **kwargs}
    # Detectors would download weights of their backbone even if no weights are wanted.
    if weights != "pretrained" and "weights_backbone" in inspect.signature(build).parameters:
        options.setdefault("weights_backbone", None)
    with _add_ways_out(f"torchvision:{name}") if weights == "pretrained" else nullcontext():
        return build(**options)  # type: ignore[no-any-return]


def _build_timm(name: str, weights: Weights, kwargs: dict[str, Any]) -> nn.Module:
    with _importing("timm"):
        import timm
    # Names with hf-hub: and local-dir: are resolved by timm and in no list.
    if ":" not in name:
        tags = timm.list_pretrained() if "." in name else []
        _check_known(name, [*timm.list_models(include_tags=False), *tags], "timm")
        if weights == "pretrained" and not timm.is_model_pretrained(name):
            raise OSError(f"timm has no weights of {name}; {WAYS_OUT}")
    with _add_ways_out(f"timm:{name}") if weights == "pretrained" else nullcontext():
        return timm.create_model(name, **{"pretrained": weights == "pretrained", **kwargs})


def _build_hugging_face(name: str, weights: Weights, kwargs: dict[str, Any]) -> nn.Module:
    with _importing("transformers"):
        from transformers import AutoModel
    if weights != "pretrained":
        trust = kwargs.pop("trust_remote_code", False)
        config, kwargs = _find_config(name, weights, trust, kwargs)
        make: Callable[..., nn.Module] = AutoModel.from_config
        return make(config, trust_remote_code=trust, **kwargs)
    model: nn.Module
    with _add_ways_out(f"hf:{name}"):
        model, notes = load_from_hub(
            AutoModel.from_pretrained, name, output_loading_info=True, **kwargs
        )
    # The library would fill missing weights with random numbers.
    if missing := sorted(notes["missing_keys"]):
        pooler = all("pooler" in key for key in missing)
        raise OSError(
            f"the weights of hf:{name} lack {len(missing)} of the model: {list_names(missing, 5)}; "
            + ("leave that layer out (add_pooling_layer=False), or " if pooler else "")
            + WAYS_OUT
        )
    return model


def _find_config(
    name: str, weights: Weights, trust: bool, kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return a configuration of transformers and the arguments left, with its model imported."""
    with _importing("transformers"):
        from transformers import MODEL_MAPPING, AutoConfig
    config = kwargs.pop("config", None)
    with torch.device("cpu"):  # Both may import further modules: see `_importing`.
        if config is None:
            try:
                config, kwargs = load_from_hub(
                    AutoConfig.from_pretrained,
                    name,
                    download=weights != "file",
                    return_unused_kwargs=True,
                    trust_remote_code=trust,
                    **kwargs,
                )
            except OSError as error:
                raise OSError(
                    f"the configuration of hf:{name} cannot be had: {_take_first_line(error)}; "
                    "give hf:FOLDER, a folder that holds its config.json (in Python `config` may "
                    "be a configuration of transformers)"
                ) from error
        MODEL_MAPPING.get(type(config), None)
    return config, kwargs


SOURCES: dict[str, Callable[[str, Weights, dict[str, Any]], nn.Module]] = {
    "torchvision": _build_torchvision,
    "timm": _build_timm,
    "hf": _build_hugging_face,
}

WAYS_OUT = "give `checkpoint`, a file, or `load_model(seed=0)` for random weights"


@contextmanager
def _importing(package: str) -> Iterator[None]:
    """Import a package of the extra `models`, on the CPU even where models are made on meta.

    Modules may make tensors when they are imported. They keep these for all later models, and may
    read their values.
    """
    with explain_missing(package, "models"), torch.device("cpu"):
        yield


@contextmanager
def _add_ways_out(name: str) -> Iterator[None]:
    """Name the alternatives to pretrained weights in errors."""
    try:
        yield
    except (OSError, UnpicklingError) as error:
        raise OSError(
            f"the pretrained weights of {name} cannot be had: {_take_first_line(error)}; {WAYS_OUT}"
        ) from error


def _take_first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _check_known(name: str, known: Collection[str], kind: str) -> None:
    if name not in known:
        raise ValueError(
            f"{kind} has no model {name!r}: {suggest(name, known)}; names look like {EXAMPLES}"
        )


def call_factory(
    name: str, factory: Callable[..., Any], seed: int | None, kwargs: dict[str, Any]
) -> nn.Module:
    """Return the model that the user's function makes, under a seed if there is one."""
    if isinstance(factory, nn.Module):
        raise TypeError(f"{name} is a model: name a function that returns it")
    with nullcontext() if seed is None else seed_torch(seed):
        model = factory(**kwargs)
    if not isinstance(model, nn.Module):
        raise TypeError(f"{name} returns a {type(model).__name__}, not a torch.nn.Module")
    return model


@contextmanager
def seed_torch(seed: int) -> Iterator[None]:
    """Draw random numbers from a seed, on the CPU, and restore the state afterwards."""
    # torch.manual_seed would seed every device, and forking all devices would start them.
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        yield
