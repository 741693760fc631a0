"""Options of `compare` that two models have, and many do not: what to write instead."""

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
    """Raise WrongUsage where an option of two models is given; tell messages without them.

    Parameters
    ----------
    given
        Their values, by the names of `INSTEAD`: None and False where they are not given.
    """
    for name, value in given.items():
        if value is not None and value is not False:
            raise WrongUsage(f"{OPTIONS.get()[name].opts[0]} is for two models: {INSTEAD[name]}")
    # The one --seed is that of nulls, and no model's.
    rename_options({"checkpoints": "checkpoint", **dict.fromkeys(INSTEAD)}, not_of_models=["seed"])
