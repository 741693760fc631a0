"""What does not fit the machine raises MemoryError, and the pair stays as it was.

Run in processes of their own: what is not refused would take the whole machine, or end the process.
"""

import subprocess
import sys

import numpy as np
import pytest

import spanmatch as sm

# The kernel is asked first; a limit stands in for a small machine, and catches what is not refused.
REFUSALS = {
    "neurons": """
        pair = sm.ActivationPair()
        update = lambda: pair.update(np.ones((2, 600_000), "f4"), np.ones((2, 600_000), "f4"))
        wanted = ["600000 + 600000 neurons", "5.2 TiB", "take fewer neurons"]
        unchanged = lambda: pair.n_samples == 0
    """,
    "nulls": """
        pair = sm.ActivationPair(nulls=1000)
        rows = np.ones((3, 10_000), "f4")
        update = lambda: pair.update(rows, rows)
        wanted = ["10000 + 10000 neurons with 1000 nulls", "GiB", "fewer neurons, nulls or folds"]
        unchanged = lambda: pair.n_samples == 0 and pair.n_nulls == 1000
    """,
    "residuals": """
        rows = np.ones((200, 50_176), "f4")
        update = lambda: sm.residuals(rows, rows)
        wanted = ["50176 + 50176 neurons", "37.9 GiB", "take fewer neurons"]
        unchanged = lambda: True
    """,
}

SCRIPT = """
import numpy as np
import spanmatch as sm
{setting}
try:
    update()
except MemoryError as error:
    missing = [part for part in wanted if part not in str(error)]
    assert not missing, (missing, str(error))
else:
    raise SystemExit("it was not refused")
assert unchanged()
"""


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_is_a_memory_error(name: str) -> None:
    setting = "\n".join(line.strip() for line in REFUSALS[name].splitlines())
    script = SCRIPT.format(setting=setting)
    # Held to 16 GiB of addresses: a machine that has more refuses as well.
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))\n{script}"
    for source in (script, limited) if name == "neurons" else (limited,):
        ended = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr


def test_the_allocator_alone_refuses_too() -> None:
    """Where the machine has the memory and the process may not take it."""
    script = """
import resource
import numpy as np
import spanmatch as sm
pair = sm.ActivationPair()
x = np.arange(12.0).reshape(3, 4)
pair.update(x, x)
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**31, taken + 2**31))
wide = np.ones((2, 16_000), "f4")
other = sm.ActivationPair()
try:
    other.update(wide, wide)
except MemoryError as error:
    # Of which there is enough, on most machines, but not for this process.
    assert "16000 + 16000 neurons takes 3.9 GiB" in str(error), str(error)
else:
    raise SystemExit("it was not refused")
assert other.n_samples == 0
pair.update(x, x)
assert pair.n_samples == 6
"""
    if sys.platform != "linux":
        pytest.skip("limits of addresses are Linux's")
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_pair_goes_on_after_a_refusal() -> None:
    pair, rows = sm.ActivationPair(nulls=100_000), np.random.default_rng(0).normal(size=(6, 3000))
    with pytest.raises(MemoryError, match="3000 \\+ 3000 neurons with 100000 nulls"):
        pair.update(rows, rows)
    assert (pair.n_samples, pair.n_nulls) == (0, 100_000)


@pytest.mark.skipif(sys.platform != "linux", reason="reads what the process has from Linux")
def test_what_was_freed_is_given_back_before_anything_is_refused() -> None:
    """The allocator keeps it for a while, and the machine counts it as in use."""
    script = """
import resource
import numpy as np
import spanmatch as sm

def held():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

rows, wide = (np.ones((2, n), "f4") for n in (6000, 600_000))
pair = sm.ActivationPair()
first = held()
pair.update(rows, rows)
assert held() - first > 5e8
del pair
try:
    sm.ActivationPair().update(wide, wide)
except MemoryError:
    pass
left = held() - first
assert left < 2e8, left
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
