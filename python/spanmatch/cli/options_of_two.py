"""The options of `compare` for two models only, and what to write instead for many networks."""

from collections.abc import Mapping

from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.cli.flags import OPTIONS, rename_options

_BY_CHECKPOINT = "name files by --checkpoint, one for each model or all of one --arch"
_BY_FACTORY = "let functions make the networks, as 'file.py:factory(k=1)'"
_SAME_DATA = "many networks read the same --data; name two to compare them on different inputs"
INSTEAD = {
    "checkpoint_a": _BY_CHECKPOINT,
    "checkpoint_b": _BY_CHECKPOINT,
    "seed_a": _BY_FACTORY,
    "seed_b": _BY_FACTORY,
    "data_b": _SAME_DATA,
    "tokenizer_b": _SAME_DATA,
    "layers_b": "give each network its own, as --layers NETWORK=GLOB",
    "all_pairs": "a layer is compared with its like in the others; name two to compare all pairs",
    "eps": "spanmatch.load(DIR)[LAYER].similarity(E) has s(E) of every two networks",
}


def refuse_options_of_two(given: Mapping[str, object]) -> None:
    """Raise WrongUsage if an option for two models is given; keep these options out of messages.

    Parameters
    ----------
    given
        The values of the options in `INSTEAD`, None or False if not given.
    """
    for name, value in given.items():
        if value is not None and value is not False:
            raise WrongUsage(f"{OPTIONS.get()[name].opts[0]} is for two models: {INSTEAD[name]}")
    # With many networks --seed is the seed of nulls, not of a model.
    rename_options({"checkpoints": "checkpoint", **dict.fromkeys(INSTEAD)}, not_of_models=["seed"])
