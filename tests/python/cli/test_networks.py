"""Which networks the arguments of `spanmatch compare` name, and what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("typer")
pytest.importorskip("torch")
from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.cli.network_names import find_network, name_networks
from spanmatch.cli.networks import find_layers, find_networks
from spanmatch.torch.resuming.config import NamedModel

WORDS = st.text(alphabet="ab1./:@#()", min_size=1, max_size=6)
NETWORKS = st.builds(NamedModel, WORDS, st.one_of(st.none(), WORDS))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("run/step2.pt", "run/step10.pt", "run/step1.pt", "other/[a].pt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(name.encode())
    Path("run/step3.pt").mkdir()
    return tmp_path


def called(*networks: tuple[str, str | None]) -> list[str]:
    return list(name_networks([NamedModel(*each) for each in networks]))


@given(st.lists(NETWORKS, min_size=1, max_size=8))
def test_all_names_differ_and_stand_for_the_networks_in_order(networks: list[NamedModel]) -> None:
    found = name_networks(networks)
    assert list(found.values()) == networks
    assert all(found)


@pytest.mark.parametrize(
    ("networks", "names"),
    [
        ([("timm:vit", None), ("hf:bert", None)], ["timm:vit", "hf:bert"]),
        ([("hf:who/what@step1", None), ("hf:who/what@step20", None)], ["step1", "step20"]),
        ([("n.py:f(k=1)", None), ("n.py:f(k=2)", None)], ["f(k=1)", "f(k=2)"]),
        ([("n.py:f", "a.pt"), ("n.py:g", "b.pt")], ["f", "g"]),
        ([("n.py:f", "run/a.pt"), ("n.py:f", "run/b.pt")], ["a", "b"]),
        ([("n.py:f", "0/last.pt"), ("n.py:f", "1/last.pt")], ["0", "1"]),
        ([("n.py:f", "x/a.pt"), ("n.py:f", "y/a.bin")], ["x/a.pt", "y/a.bin"]),
        ([("n.py:f", "a.pt"), ("n.py:f", "a.pt")], ["a", "a#2"]),
        ([("n.py:f", None), ("n.py:f", "a.pt"), ("n.py:f", "b.pt")], ["f", "a", "b"]),
    ],
)  # fmt: skip
def test_names_leave_away_what_all_share(
    networks: list[tuple[str, str | None]], names: list[str]
) -> None:
    assert called(*networks) == names


@pytest.mark.usefixtures("place")
def test_patterns_are_expanded_as_people_count() -> None:
    found = find_networks(["timm:vit"], "n.py:f", ["run/step*.pt", "other/[a].pt"], None)
    files = ["run/step1.pt", "run/step2.pt", "run/step10.pt", "other/[a].pt"]
    assert list(found.by_name.values()) == [
        NamedModel("timm:vit"),
        *(NamedModel("n.py:f", str(Path(file))) for file in files),
    ]
    assert found.reference is None


@pytest.mark.usefixtures("place")
def test_as_many_checkpoints_as_models_go_with_them_in_order() -> None:
    files = ["run/step2.pt", "run/step1.pt", "other/[a].pt"]
    found = find_networks(["m:a", "m:b", "m:c"], None, files, "m:c").by_name
    pairs = [(each.name, each.checkpoint) for each in found.values()]
    assert pairs == list(zip(["m:a", "m:b", "m:c"], files, strict=True))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("models", "arch", "checkpoints", "reference", "words"),
    [
        ([], "n.py:f", [], None, "--arch is the model of all checkpoints"),
        ([], "n.py:f", ["run/none*.pt"], None, "run/none*.pt matches no file"),
        ([], "n.py:f", ["run/step1.pt"], None, "1 network cannot be compared"),
        (["m:a"], None, [], None, "1 network cannot be compared"),
        ([], None, [], None, "0 networks cannot be compared"),
        (["m:a", "m:b", "m:c"], None, ["run/step1.pt"], None, "3 models and 1 checkpoint,"),
        (["m:a", "m:b"], None, ["run/*.pt", "run/step1.pt"], None, "run/*.pt may be several"),
        (["m:a"], None, ["run/*.pt", "run/step1.pt"], None, "1 model and 2 checkpoints,"),
        ([], "n.py:f", ["run/step*.pt"], "step3", "step3 is no network: there are 'step1'"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    models: list[str], arch: str | None, checkpoints: list[str], reference: str | None, words: str
) -> None:
    with pytest.raises(WrongUsage) as caught:
        find_networks(models, arch, checkpoints, reference)
    assert words in str(caught.value)


def test_layers_hold_for_all_or_for_each_network() -> None:
    networks = name_networks([NamedModel("m:f(k=1)"), NamedModel("m:g"), NamedModel("m:h")])
    assert find_layers(None, networks) is None
    assert find_layers(["conv*", "!conv2"], networks) == ("conv*", "!conv2")
    given = ["conv*", "f(k=1)=a", "m:g=b*", "f(k=1)=c", "head"]
    assert find_layers(given, networks) == {
        "f(k=1)": ("a", "c"), "g": ("b*",), "h": ("conv*", "head")
    }  # fmt: skip
    with pytest.raises(WrongUsage, match="--layers chooses nothing for 'g', 'h'"):
        find_layers(["f(k=1)=a"], networks)
    with pytest.raises(WrongUsage, match="--layers i is no network"):
        find_layers(["i=a"], networks)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.pt"):
        find_networks([], "n.py:f", ["none.pt"], None)


def test_a_reference_is_a_name_a_model_a_file_or_a_place() -> None:
    networks = name_networks(
        [NamedModel("m:f", "run/a.pt"), NamedModel("m:f", "run/b.pt"), NamedModel("m:g")]
    )
    assert list(networks) == ["a", "b", "g"]
    for text, name in [("b", "b"), ("run/b.pt", "b"), ("m:g", "g"), ("0", "a"), ("-1", "g")]:
        assert find_network("--reference", text, networks) == name
    with pytest.raises(WrongUsage, match="m:f means 2 networks: name one of 'a', 'b'"):
        find_network("--reference", "m:f", networks)
    with pytest.raises(WrongUsage, match="3 is no network"):
        find_network("--reference", "3", networks)
