"""Compare two random models of every architecture there is: does the plain call answer?

`python benches/sweep_architectures.py text image timm others --only 'b*' --save results.jsonl`

Models are tiny and of random weights; nothing is downloaded. Of each: how many layers are compared,
how many are left out, for which reasons, or the error. With --save, what is there is not run again.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import time
import warnings
from collections import Counter
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sweep_case import UnbuiltError
from sweep_images import list_image, list_timm
from sweep_others import list_others
from sweep_text import list_text

from spanmatch.torch import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweep_case import Case

    from spanmatch.comparison.comparison import Comparison

GROUPS = {"text": list_text, "image": list_image, "timm": list_timm, "others": list_others}
LIBRARIES = ("torch", "torchvision", "timm", "transformers", "diffusers")
MAX_NEURONS = 96  # wider layers take long to solve, after their rows have been found like others
WIDEST = 1024
NONE_LEFT = "no other of the chosen layers can be read"
WIDE = "more than `max_neurons`"


class TooLongError(BaseException):
    """A model took more than its time; no Exception, which the trace may take for the model's."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="all, if none is given")
    parser.add_argument("--only", default="*", help="a glob of names")
    parser.add_argument("--save", type=Path, help="a file of lines of JSON, to go on from")
    parser.add_argument("--seconds", type=int, default=120, help="for each architecture")
    arguments = parser.parse_args()
    silence_libraries()
    done = read_saved(arguments.save)
    for group in arguments.groups or GROUPS:
        for name, build in GROUPS[group]().items():
            if not fnmatchcase(name, arguments.only):
                continue
            if (group, name) not in done:
                found = run(build, arguments.seconds)
                done[group, name] = {"group": group, "name": name, **found}
                save(arguments.save, done[group, name])
            print(describe(done[group, name]), flush=True)
    shown = [
        each
        for (group, name), each in done.items()
        if group in (arguments.groups or GROUPS) and fnmatchcase(name, arguments.only)
    ]
    print(summarise(shown))


def silence_libraries() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        import transformers
    except ImportError:
        return
    logging: Any = transformers.logging
    logging.set_verbosity_error()


def run(build: Callable[[], Case], seconds: int) -> dict[str, Any]:
    """Compare two models of one architecture; what happened, as numbers and words."""
    start = time.perf_counter()

    def stop(*_: Any) -> None:
        raise TooLongError(f"more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        torch.manual_seed(0)
        found = compare_case(build)
    except UnbuiltError as error:
        found = {"unbuilt": str(error)}
    except TooLongError as error:
        found = {"error": str(error)}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    finally:
        signal.alarm(0)
    return {**found, "seconds": round(time.perf_counter() - start, 1)}


def compare_case(build: Callable[[], Case]) -> dict[str, Any]:
    try:
        case = build()
        models = case.make(), case.make()
    except UnbuiltError:
        raise
    except Exception as error:
        raise UnbuiltError(f"{type(error).__name__}: {error}") from error
    try:
        comparison = compare_narrow(models, case)
    except Exception as error:
        if case.refusal is not None and case.refusal in str(error):
            return {"refused": str(error)}
        if (complaint := run_plainly(models[0].eval(), case.batch)) is not None:
            raise UnbuiltError(complaint) from None
        raise
    assert case.refusal is None, "it should have been refused"
    reasons = comparison.left_out
    return {
        "layers": len(comparison.layers),
        "wide": sum(WIDE in reason for reason in reasons.values()),
        "left_out": {name: reason for name, reason in reasons.items() if WIDE not in reason},
    }


def compare_narrow(models: tuple[Any, Any], case: Case) -> Comparison:
    options = {"progress": False, **case.options}
    try:
        return compare(*models, [case.batch], max_neurons=MAX_NEURONS, **options)
    except ValueError as error:
        if NONE_LEFT not in str(error):
            raise
    # All that can be read is wide.
    return compare(*models, [case.batch], max_neurons=WIDEST, **options)


def run_plainly(model: Any, batch: Any) -> str | None:
    """Return what a model says to the batch itself, if it fails: then it is not compare's error."""
    from spanmatch.torch.observing.batch import call_model

    try:
        with torch.no_grad():
            call_model(model, batch, "cpu")
    except Exception as error:
        return f"it fails on plain inputs: {type(error).__name__}: {error}"
    return None


def describe(each: dict[str, Any]) -> str:
    start = f"{each['group']:7} {each['name']:32} {each['seconds']:6.1f} s "
    for kind in ("error", "unbuilt", "refused"):
        if kind in each:
            return f"{start} {kind.upper()}: {each[kind]}"[:400]
    lines = [
        f"{start} {each['layers']:4} + {each['wide']} layers, {len(each['left_out'])} left out"
    ]
    reasons = Counter(shorten(reason) for reason in each["left_out"].values())
    for reason, count in reasons.most_common():
        named = next(at for at, why in each["left_out"].items() if shorten(why) == reason)
        lines.append(f"{'':10}{count:3} {reason} ({named})")
    return "\n".join(lines)


def shorten(reason: str) -> str:
    """Return a reason without what differs between layers of one model."""
    return re.sub(r"\([\d, ]+\)|\b\d+\b", "…", reason)[:160]


def summarise(found: list[dict[str, Any]]) -> str:
    lines = [
        "| group | answered | all layers read | layers | left out | refused, as it has to be "
        "| error | not built |",
        "| --- |" + " --- |" * 7,
    ]
    for group in GROUPS:
        of_group = [each for each in found if each["group"] == group]
        answered = [each for each in of_group if "layers" in each]
        numbers = (
            len(answered),
            sum(not each["left_out"] for each in answered),
            sum(each["layers"] + each["wide"] for each in answered),
            sum(len(each["left_out"]) for each in answered),
            sum("refused" in each for each in of_group),
            sum("error" in each for each in of_group),
            sum("unbuilt" in each for each in of_group),
        )
        if of_group:
            lines.append(f"| {group} | " + " | ".join(map(str, numbers)) + " |")
    reasons = Counter(shorten(why) for each in found for why in each.get("left_out", {}).values())
    lines += ["", *(f"{count:6} {reason}" for reason, count in reasons.most_common())]
    lines += ["", ", ".join(f"{library} {find_version(library)}" for library in LIBRARIES)]
    return "\n".join(lines)


def find_version(library: str) -> str:
    try:
        return version(library)
    except ImportError:
        return "is missing"


def read_saved(path: Path | None) -> dict[tuple[str, str], dict[str, Any]]:
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {(each["group"], each["name"]): each for each in lines}


def save(path: Path | None, found: dict[str, Any]) -> None:
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
