"""``read_raw``: a scenario folder, with what it inherits, as a ``RawScenario``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.schema import RESERVED_TABLES, TABLES
from dom_engine.scenario.settings import FOLDER_KEYS, MERGED_KEYS
from dom_engine.scenario.tables import TABLE_SUFFIXES, read_table
from dom_engine.scenario.texts import shown
from dom_engine.scenario.yaml_positions import YamlList, YamlMap, YamlNode, YamlScalar, parse_yaml

SETTINGS_FILE = "scenario.yaml"

_NO_COLUMNS = pa.table({})

_OTHER_FORMATS = frozenset(
    f".{name}"
    for name in (
        *("tsv", "txt", "xls", "xlsx", "xlsm", "ods", "json", "jsonl", "ndjson", "yaml", "yml"),
        *("feather", "arrow", "orc", "avro", "zip", "gz", "bz2", "zst", "xz"),
    )
)
"""Suffixes under which someone may take a table for given."""


@dataclass
class _Folder:
    """What one folder contributes, and what it found wrong."""

    settings: YamlMap
    tables: dict[str, RawTable] = field(default_factory=dict)
    changes: tuple[YamlNode, ...] = ()
    variants: tuple[YamlNode, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    settings_broken: bool = False

    def inherits_unknown(self) -> None:
        """Note that what a parent supplies, if there is one, cannot be known."""
        self.settings_broken = True
        self.broken |= set(TABLES) - set(self.tables)


def read_raw(folder: Path) -> RawScenario:
    """Read a scenario folder and, through ``extends``, those it inherits from.

    Faults in what is read are collected in the result, not raised; files of an inherited folder are named relative to
    this one.

    Raises
    ------
    InputError
        When there is no such folder, or no ``scenario.yaml`` in it.
    """
    if not folder.is_dir():
        raise InputError.single(str(folder), "is not a folder", code="NOT_A_FOLDER")
    if not _is_scenario(folder):
        raise InputError.single(str(folder), f"is not a scenario: it has no {SETTINGS_FILE}", code="NO_SETTINGS")
    merged = _read_with_parents(folder, folder, ())
    return RawScenario(
        settings=merged.settings,
        tables=merged.tables,
        default_name=folder.resolve().name,
        changes=merged.changes,
        variants=merged.variants,
        faults=tuple(merged.faults),
        broken=frozenset(merged.broken),
        settings_broken=merged.settings_broken,
    )


def _read_with_parents(folder: Path, root: Path, children: tuple[Path, ...]) -> _Folder:
    own = _read_folder(folder, root)
    extends = own.settings.get("extends")
    own.settings = own.settings.without(*FOLDER_KEYS)
    if extends is None:
        return own
    if not isinstance(extends, YamlScalar):
        own.faults.append(Fault(extends.file, extends.line, "extends", "NOT_A_VALUE", "extends must name one folder"))
        own.inherits_unknown()
        return own
    parent = folder / (extends.text or "")
    chain = (*children, folder.resolve())
    code = message = ""
    if not _is_scenario(parent):
        code, message = "NOT_A_FOLDER", f"extends {shown(extends.text or '')}, which is not a scenario folder"
    elif parent.resolve() in chain:
        code, message = "CYCLIC_EXTENDS", f"extends {shown(extends.text or '')} leads back to this scenario"
    if message:
        own.faults.append(Fault(extends.file, extends.line, "extends", code, message))
        own.inherits_unknown()
        return own
    return _inherit(_read_with_parents(parent, root, chain), own)


def _is_scenario(folder: Path) -> bool:
    try:
        return (folder / SETTINGS_FILE).is_file()
    except (OSError, ValueError):  # no path at all: too long, or with a null character
        return False


def _inherit(parent: _Folder, own: _Folder) -> _Folder:
    """Own tables and keys replace the parent's; weights, policy and solve merge by key; changes follow the parent's."""
    settings = parent.settings.merged(own.settings)
    entries = dict(settings.entries)
    for key in MERGED_KEYS:
        theirs, ours = parent.settings.get(key), own.settings.get(key)
        if isinstance(theirs, YamlMap) and isinstance(ours, YamlMap):
            entries[key] = theirs.merged(ours)
        elif theirs is not None and ours is None:
            entries[key] = theirs
    return _Folder(
        settings=YamlMap(entries, settings.file, settings.line, settings.key_lines),
        tables={**parent.tables, **own.tables},
        changes=parent.changes + own.changes,
        variants=own.variants or parent.variants,
        faults=parent.faults + own.faults,
        broken=(parent.broken - set(own.tables)) | own.broken,
        settings_broken=parent.settings_broken or own.settings_broken,
    )


def _read_folder(folder: Path, root: Path) -> _Folder:
    file = _display_name(folder / SETTINGS_FILE, root)
    try:
        settings, faults = parse_yaml((folder / SETTINGS_FILE).read_bytes(), file)
    except OSError as error:
        settings = YamlMap(file=file)
        faults = [Fault(file, 0, "", "UNREADABLE", f"cannot be read: {error.strerror}")]
    unread = bool(faults) and not settings.entries
    result = _Folder(settings, faults=faults)
    result.changes = _sequence(settings, "changes", result.faults)
    result.variants = _sequence(settings, "variants", result.faults)
    for name, paths in _table_files(folder, root, result.faults).items():
        files = [_display_name(path, root) for path in paths]
        if len(paths) > 1:
            message = f"table {shown(name)} is given more than once: {', '.join(path.name for path in paths)}"
            result.faults.append(Fault(files[-1], 0, "", "DUPLICATE_TABLE", message))
            result.broken.add(name)
            continue
        if name not in TABLES:  # its name alone is wrong: said once, when the problem is built
            result.tables[name] = RawTable(_NO_COLUMNS, files[0])
            continue
        table, faults = read_table(paths[0], files[0])
        result.faults += faults
        if table is None:
            result.broken.add(name)
        else:
            result.tables[name] = table
    if unread:
        result.inherits_unknown()
    return result


def _sequence(settings: YamlMap, key: str, faults: list[Fault]) -> tuple[YamlNode, ...]:
    node = settings.get(key)
    if node is None:
        return ()
    if not isinstance(node, YamlList):
        faults.append(Fault(node.file, node.line, key, "NOT_A_LIST", f"{key} must be a list"))
        return ()
    return node.items


def _table_files(folder: Path, root: Path, faults: list[Fault]) -> dict[str, list[Path]]:
    """The files of each table, by table name; a table's name under another format's suffix is a fault."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~")):
            continue
        suffix = next((suffix for suffix in TABLE_SUFFIXES if path.name.endswith(suffix)), None)
        if suffix is not None and path.is_file():
            found.setdefault(path.name.removesuffix(suffix), []).append(path)
            continue
        stem, _, rest = path.name.partition(".")
        looks_given = path.is_dir() or path.suffix.lower() in {*_OTHER_FORMATS, *TABLE_SUFFIXES}
        if stem in (*TABLES, *RESERVED_TABLES) and rest and looks_given:
            message = f"a table is exactly one of {', '.join(stem + known for known in TABLE_SUFFIXES)}"
            faults.append(Fault(_display_name(path, root), 0, "", "UNKNOWN_FORMAT", message))
    return found


def _display_name(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
