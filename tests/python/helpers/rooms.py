"""The rule of rooms, read from the source of a package: who may import whom.

Imports are read with `ast` and nothing is run, so a lazy import inside a function, a relative one,
one that only types need and one by name count like all others.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROOMS = (
    ("base",),
    ("results", "pair"),
    ("solve", "plot"),
    ("comparison", "pipelines"),
    ("torch",),
    ("experiment",),
    ("cli",),
)
"""From the ground up. Rooms of one floor are siblings: neither imports the other."""

GROUND = "_core"
"""The compiled core: every room stands on it."""

BESIDE_ROOMS = {"__init__.py", "__main__.py", f"{GROUND}.pyi", "py.typed"}
"""What else lies at the top of the package."""

MOST_ENTRIES = 14
"""At the top of the package."""

TORCH_FROM = "torch"
"""The lowest room that imports torch as it pleases."""

TORCH_BELOW = "pair/device"
"""The only place below it that does. Types alone may name torch anywhere."""


@dataclass(frozen=True)
class Import:
    """One import: where it stands, how it is written, the module it names, and who needs it."""

    file: str
    line: int
    text: str
    module: str
    only_types: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Package:
    """A package as its files spell it: its modules, and every import that they hold."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = root.name
        self.files: dict[str, str] = {}
        self.imports: dict[str, list[Import]] = {}
        self.folders: set[str] = set()
        sources = [path for path in root.rglob("*.py*") if path.suffix in {".py", ".pyi"}]
        for path in sorted(sources):
            place = path.relative_to(root)
            parts = place.with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
                self.folders.add(".".join((self.name, *parts)))
            self.files[".".join((self.name, *parts))] = place.as_posix()
        for module, file in self.files.items():
            tree = ast.parse((root / file).read_text(encoding="utf-8"), file)
            self.imports[module] = list(_imports(tree, file, module, self))

    def holds(self, module: str) -> bool:
        """Return whether the module is one of the package's own."""
        return module in self.files

    def room(self, module: str) -> str:
        """Return the entry of the package's top in which the module lies; "" for the package."""
        return module.partition(".")[2].partition(".")[0]


def broken_rules(package: Package) -> list[str]:
    """Return what breaks the rule of rooms: file, line, import and why, one string for each."""
    return [
        *_climbing(package),
        *_circles(package),
        *_torch_below(package),
        *_unknown_entries(package),
    ]


def _climbing(package: Package) -> Iterator[str]:
    floors = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
    for module, imports in package.imports.items():
        room = package.room(module)
        top = room in {"", "__main__"}
        for each in imports:
            target = package.room(each.module)
            if each.module == package.name:
                yield f"{each}: imports the package itself"
            elif not package.holds(each.module) or target in {room, GROUND} or top:
                continue
            elif room == GROUND:
                yield f"{each}: the core imports from the package"
            elif floors.get(target, len(ROOMS)) >= floors.get(room, -1):
                yield f"{each}: {room} imports from {target}, which does not lie below it"


def _circles(package: Package) -> Iterator[str]:
    """Yield the circles among the entries of each folder. A circle of modules is one of these too.

    For where two modules part, in the lowest folder that holds both, they lie in two entries.
    """
    for folder in sorted(package.folders):
        graph: dict[str, dict[str, Import]] = {}
        for module, imports in package.imports.items():
            for each in imports:
                if not package.holds(each.module):
                    continue
                ends = [_entry(module, folder), _entry(each.module, folder)]
                if None not in ends and (ends[0] != ends[1] or module == each.module):
                    graph.setdefault(str(ends[0]), {}).setdefault(str(ends[1]), each)
        for circle in _shortest_circles(graph):
            steps = [graph[a][b] for a, b in zip(circle, [*circle[1:], circle[0]], strict=True)]
            names = " -> ".join([*circle, circle[0]])
            yield f"{folder}: a circle {names}: " + "; ".join(map(str, steps))


def _torch_below(package: Package) -> Iterator[str]:
    floors = [room for rooms in ROOMS for room in rooms]
    below = floors[: floors.index(TORCH_FROM)]
    for module, imports in package.imports.items():
        if package.room(module) not in below:
            continue
        for each in imports:
            foreign = each.module.partition(".")[0] == "torch" and not each.only_types
            if foreign and not each.file.startswith(f"{TORCH_BELOW}/"):
                yield f"{each}: torch is imported below {TORCH_FROM} and outside {TORCH_BELOW}"


def _unknown_entries(package: Package) -> Iterator[str]:
    entries = [
        path.name
        for path in sorted(package.root.iterdir())
        # What is built is not tracked.
        if path.name != "__pycache__" and path.suffix not in {".so", ".pyd"}
    ]
    if len(entries) > MOST_ENTRIES:
        yield f"{package.name} has {len(entries)} entries, not {MOST_ENTRIES}: {', '.join(entries)}"
    rooms = {room for floor in ROOMS for room in floor}
    for entry in entries:
        if entry not in rooms | BESIDE_ROOMS:
            yield f"{entry}: is no room of the list"


def _imports(tree: ast.Module, file: str, module: str, package: Package) -> Iterator[Import]:
    only_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    importers = {"import_module", "__import__"} | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "importlib"
        for alias in node.names
        if alias.name == "import_module" and alias.asname
    }
    found = {
        # A string inside a call that imports it is found twice.
        (line, name): Import(file, line, ast.unparse(node), name, node in only_types)
        for node in reversed(list(ast.walk(tree)))
        for name in _named(node, module, package, importers)
        for line in [getattr(node, "lineno", 0)]
    }
    yield from sorted(found.values(), key=lambda each: each.line)


def _named(node: ast.AST, module: str, package: Package, importers: set[str]) -> Iterable[str]:
    """Return the modules that a node imports; `importers` are functions that import by name."""
    if isinstance(node, ast.Import):
        return [name for alias in node.names for name in _of_import(alias, package)]
    if isinstance(node, ast.ImportFrom):
        base = _absolute("." * node.level + (node.module or ""), module, package)
        if base is None:
            return []
        whole = [f"{base}.{alias.name}" for alias in node.names]
        return [each if package.holds(each) else base for each in whole]
    if isinstance(node, ast.Call) and node.args and _last_name(node.func) in importers:
        name = _absolute(_text(node.args[0], module, package) or "", module, package)
        return [name] if name else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _of_table(node.value, module, package)
    return []


def _of_import(alias: ast.alias, package: Package) -> list[str]:
    # `import spanmatch.pair` alone binds the name `spanmatch`, the package itself.
    bare = alias.asname is None and alias.name.partition(".")[0] == package.name
    return [alias.name, package.name] if bare and alias.name != package.name else [alias.name]


def _last_name(node: ast.expr) -> str:
    """Return what `a`, and what `b.a`, calls by the name a."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _of_table(text: str, module: str, package: Package) -> list[str]:
    """Return the module that a string names, as tables of what is imported later name them.

    The name may leave the package's own away; what comes after a colon is a name in the module. A
    word without a dot may be any word, and the folders that hold a module are imported before it.
    """
    text = text.partition(":")[0]
    for name in (text, f"{package.name}.{text}"):
        if "." in text and package.holds(name) and not module.startswith(f"{name}."):
            return [name]
    return []


def _text(node: ast.expr, module: str, package: Package) -> str | None:
    """Return the string that an expression comes to, if it can be read."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id == "__name__":
        return module
    if isinstance(node, ast.Name) and node.id == "__package__":
        return module if module in package.folders else module.rpartition(".")[0]
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, module, package)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_text(side, module, package) for side in (node.left, node.right)]
    elif isinstance(node, ast.JoinedStr):
        parts = [_text(value, module, package) for value in node.values]
    else:
        return None
    return None if None in parts else "".join(part or "" for part in parts)


def _absolute(name: str, module: str, package: Package) -> str | None:
    """Return a name with its leading dots resolved; None where they lead out of the package."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = module.split(".")
    up = level - 1 if module in package.folders else level
    if up >= len(parts):
        return None
    return ".".join([*parts[: len(parts) - up], *filter(None, [name.lstrip(".")])])


def _entry(module: str, folder: str) -> str | None:
    """Return the entry of a folder in which a module lies; None where it lies outside."""
    if module == folder:
        return "__init__"
    if not module.startswith(f"{folder}."):
        return None
    return module[len(folder) + 1 :].partition(".")[0]


def _shortest_circles(graph: dict[str, dict[str, Import]]) -> list[list[str]]:
    """Return, of each entry that lies on a circle, a shortest one through it, none twice."""
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(graph):
        paths = [[start]]
        seen: set[str] = set()
        circle: list[str] | None = None
        while paths and circle is None:
            path = paths.pop(0)
            for after in sorted(graph.get(path[-1], {})):
                if after == start:
                    circle = path
                    break
                if after not in seen:
                    seen.add(after)
                    paths.append([*path, after])
        if circle is not None:
            found.setdefault(frozenset(circle), circle)
    return list(found.values())
