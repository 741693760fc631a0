"""The page of errors has a place for every kind of exception, every warning and every message."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

import spanmatch as sm
from docs_pages import DOCS, list_code, read_page, split_by_headings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = read_page("guide/errors")
PARTS = split_by_headings("guide/errors")
PACKAGE = DOCS.parent / "python" / "spanmatch"
ERROR_RS = DOCS.parent / "rust" / "core" / "error.rs"
MODULE_RS = DOCS.parent / "rust" / "python" / "errors.rs"

ANY = "…"
LEAST = 6  # letters that a message says itself: fewer are put together elsewhere

# What their messages say of a file stands behind "is damaged", and of a result made by hand in the
# paragraph on results.
DETAILS = (
    "base/array_shape.py",
    "base/plain_json.py",
    "base/plain_values.py",
    "base/regular_file.py",
    "base/safetensors_file.py",
    "base/safetensors_header.py",
    "base/tensor_file.py",
    "comparison/folder.py",
    "comparison/layer_files.py",
    "comparison/layers.py",
    "comparison/many/compared_networks.py",
    "comparison/many/many_folder.py",
    "comparison/many/network_sums.py",
    "experiment/records.py",
    "pair/array_files/formats.py",
    "pair/array_files/npy_header.py",
    "pair/gram_file.py",
    "pair/pair_file.py",
    "pair/activation_set.py",
    "results/checks.py",
    "results/calibration.py",
    "results/interval.py",
    "results/layer_answer.py",
    "results/match_list.py",
    "results/measures.py",
    "results/nulls.py",
    "results/pair_changes.py",
    "results/result.py",
    "results/result_file.py",
    "results/structure.py",
    "torch/comparing/network_rows.py",
    "torch/loading/pickled_tuples.py",
    "torch/resuming/folder.py",
)
# They have no message of their own, or one that stands elsewhere.
NO_MESSAGES = {"AttributeError", "RankError"}
# Messages of the core that no Python user meets: of a plan for benchmarks, of states made by hand,
# of what the package does itself, or raised as another exception.
OF_RUST_ALONE = ("this plan", "these are not the parts", "there is no side", "there are",
                 "these are no sparse rows", "a pair is of two sides", "similarity is", "level is",
                 "the Gram keeps no nulls", "a level of", "a jackknife needs")  # fmt: skip


def read_templates(text: str) -> list[re.Pattern[str]]:
    """Return a pattern for each message that stands on the page: … is anything."""
    fenced = [
        line
        for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL)
        for line in block.split("\n")
    ]
    messages = [each.replace("`", "") for each in [*list_code(text), *fenced]]
    return [
        re.compile(".*".join(re.escape(part) for part in each.split(ANY)))
        for each in messages
        if len(re.sub(r"\W", "", each)) >= LEAST
    ]


TEMPLATES = read_templates(PAGE)


def render(node: ast.expr) -> str:
    """Return what a message says, with … for what is put into it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ANY
    if isinstance(node, ast.JoinedStr):
        return "".join(map(render, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return render(node.left) + render(node.right)
    return ANY


def list_messages() -> Iterator[tuple[str, str]]:
    """Yield where the package makes an error with a message of its own, and the message."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            kind = ast.unparse(node.func).rpartition(".")[2]
            if kind in NO_MESSAGES or not kind.endswith(("Error", "WrongUsage")):
                continue
            message = render(node.args[0])
            if len(re.sub(r"\W", "", message)) >= LEAST:
                yield f"{name}:{node.lineno}", message


def list_reasons() -> Iterator[tuple[str, str]]:
    """Yield what functions that explain something return, and what is kept as a reason."""
    for path in sorted((PACKAGE / "torch").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found: list[ast.expr] = []
            if isinstance(node, ast.FunctionDef) and re.match("_?explain_", node.name):
                returns = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
                found = [each.value for each in returns if each.value is not None]
            elif isinstance(node, ast.Assign) and "reasons[" in ast.unparse(node.targets[0]):
                found = [node.value]
            for message in map(render, found):
                if len(re.sub(r"\W", "", message)) >= LEAST:
                    yield path.name, message


def is_on_page(message: str) -> bool:
    plain = message.replace("`", "")
    return any(each.match(plain) for each in TEMPLATES)


def test_every_message_of_the_package_is_on_the_page() -> None:
    lacking = [
        f"{where}: {message}"
        for where, message in list_messages()
        if not where.startswith(DETAILS) and not is_on_page(message)
    ]
    assert lacking == []


def test_every_reason_is_on_the_page() -> None:
    reasons = list(list_reasons())
    assert len(reasons) > 5
    assert [f"{where}: {reason}" for where, reason in reasons if not is_on_page(reason)] == []


def test_texts_of_notes_and_warnings_are_on_the_page() -> None:
    pytest.importorskip("torch")
    from spanmatch.solve.choose_ridge import RIDGES, explain_edge
    from spanmatch.solve.debiased import NO_NORMS, NO_VARIANCE
    from spanmatch.solve.means import NOTE
    from spanmatch.solve.undersampled import explain_too_few
    from spanmatch.torch.loading.data.shuffled import SHUFFLED
    from spanmatch.torch.observing.model_error import NEVER_RAN

    texts = [NOTE, NO_NORMS, NO_VARIANCE, SHUFFLED, NEVER_RAN]
    texts += [explain_edge(RIDGES[0]), explain_edge(RIDGES[-1]), *explain_too_few(300, 400)]
    assert [text for text in texts if not is_on_page(text)] == []


def test_every_message_of_the_core_is_on_the_page() -> None:
    """As the Python module words it, which leaves some as the core does."""
    texts = [re.sub(r"\\\n\s*", "", path.read_text("utf-8")) for path in (ERROR_RS, MODULE_RS)]
    core = re.findall(r'#\[error\(\s*"((?:[^"\\]|\\.)*)".*?\)\]\s*(\w+)', texts[0], re.DOTALL)
    assert len(core) > 20
    messages = [message for message, kind in core if f"Error::{kind}" not in texts[1]]
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', texts[1], re.DOTALL)
    messages += [each for each in strings if each.count(" ") > 2 and each != "neuron {} of {}"]
    plain = [re.sub(r"\{[^}]*\}", ANY, each).replace("\\", "") for each in messages]
    assert [
        each for each in plain if not each.startswith(OF_RUST_ALONE) and not is_on_page(each)
    ] == []


def test_details_are_of_modules_that_are_there() -> None:
    assert [name for name in DETAILS if not (PACKAGE / name).is_file()] == []


def test_every_public_exception_has_a_place() -> None:
    kinds = [getattr(sm, name) for name in sm.__all__]
    kinds = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseException)]
    assert len(kinds) >= 7
    for kind in kinds:
        assert kind.__name__.lower() in PARTS


def test_the_error_of_a_model_has_a_place() -> None:
    pytest.importorskip("torch")
    import spanmatch.torch as st

    assert issubclass(st.ModelError, RuntimeError)
    assert "modelerror" in PARTS
