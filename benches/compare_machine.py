"""What the figures were measured on: machine, threads, versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

PACKAGES = ("spanmatch", "numpy", "scipy", "torch", "rsatoolbox", "repsim", "torch_cka")


def describe(threads: int) -> str:
    lines = [
        f"{cpu()}, {os.cpu_count()} cores, {threads} thread{'s' * (threads > 1)} of every library; "
        f"{platform.system()}, Python {platform.python_version()}; load {load()}",
        ", ".join(f"{package} {installed(package)}" for package in PACKAGES),
        f"numpy's BLAS: {numpy_blas()}; torch's: {torch_blas()}",
    ]
    return "  \n".join(lines)


def cpu() -> str:
    """Model and widest vector instructions; what the system says where there is no /proc."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {name.strip(): value.strip() for name, value in fields.items()}
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2") if name in flags), platform.machine())
    family = f"family {facts.get('cpu family', '?')} model {facts.get('model', '?')}"
    return f"{facts.get('model name', platform.machine())} ({family}, {widest})"


def memory_available() -> float:
    """In bytes; infinite where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return float("inf")
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def load() -> str:
    # Above 0 before the run begins: others use the machine too.
    return f"{os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else "unknown"


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def numpy_blas() -> str:
    """Library, version and, where threadpoolctl can tell, kernels and threads in use."""
    if find_spec("threadpoolctl"):
        import threadpoolctl

        # Others' copies, such as scipy's, are not loaded yet or come later.
        for library in threadpoolctl.threadpool_info():
            if library["user_api"] == "blas":
                return (
                    f"{library['internal_api']} {library['version']}, kernels for "
                    f"{library.get('architecture', 'unknown')}, threads {library['num_threads']}"
                )
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def torch_blas() -> str:
    if not find_spec("torch"):
        return "none"
    import torch

    settings = torch.__config__.show().replace("\n", ",").split(",")
    found = next((item.split("=")[1] for item in settings if "BLAS_INFO=" in item), "unknown")
    return f"{found}, threads {torch.get_num_threads()}"
