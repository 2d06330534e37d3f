"""YAML with positions: every scalar keeps its text as written and its line, so ids stay ids and faults stay located."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from dom_engine.errors import Fault
from dom_engine.scenario.texts import decode_utf8, shown

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar: its text verbatim (``007`` stays ``007``), None for a null."""

    text: str | None
    file: str = ""
    line: int = 0
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class YamlList:
    """A sequence."""

    items: tuple[YamlNode, ...]
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class YamlMap:
    """A mapping with text keys, in the order written; ``key_lines`` says where each key stands."""

    entries: Mapping[str, YamlNode] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    key_lines: Mapping[str, int] = field(default_factory=dict)

    def get(self, key: str) -> YamlNode | None:
        """The value of a key; None where the key is absent or its value null."""
        node = self.entries.get(key)
        return None if isinstance(node, YamlScalar) and node.text is None else node

    def merged(self, other: YamlMap) -> YamlMap:
        """The mapping with the other's keys laid over it."""
        return YamlMap(
            {**self.entries, **other.entries},
            other.file or self.file,
            other.line or self.line,
            {**self.key_lines, **other.key_lines},
        )

    def without(self, *keys: str) -> YamlMap:
        """The mapping less some keys."""
        kept = {key: node for key, node in self.entries.items() if key not in keys}
        return YamlMap(kept, self.file, self.line, self.key_lines)


YamlNode: TypeAlias = YamlScalar | YamlList | YamlMap


def parse_yaml(content: bytes, file: str) -> tuple[YamlMap, list[Fault]]:
    """Parse one YAML document that must be a mapping.

    Returns
    -------
    tuple[YamlMap, list[Fault]]
        The mapping (empty when the document cannot be read) and what is wrong with it: syntax, bad UTF-8, duplicate
        keys.
    """
    empty = YamlMap(file=file, line=1)
    text, message = decode_utf8(content)
    if text is None:
        return empty, [Fault(file, 0, "", "BAD_ENCODING", message)]
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        return empty, [Fault(file, row, "", "BAD_YAML", f"not valid YAML: {error.problem or error.context}")]
    except yaml.YAMLError as error:
        return empty, [Fault(file, 0, "", "BAD_YAML", f"not valid YAML: {str(error).splitlines()[0]}")]
    except RecursionError:
        return empty, [Fault(file, 0, "", "BAD_YAML", "not valid YAML: nested too deeply")]
    if root is None:
        return empty, []
    reader = _Reader(file)
    try:
        node = reader.read(root)
    except RecursionError:
        return empty, [Fault(file, 0, "", "BAD_YAML", "not valid YAML: nested too deeply")]
    if not isinstance(node, YamlMap):
        return empty, [Fault(file, node.line, "", "BAD_YAML", "must be a mapping of keys to values")]
    return node, reader.faults


class _Reader:
    """Turns composed nodes into ours; aliases share one result, so a small file cannot unfold into a huge tree."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._done: dict[int, YamlNode] = {}
        self._open: set[int] = set()
        self.faults: list[Fault] = []

    def read(self, node: yaml.Node) -> YamlNode:
        if id(node) in self._done:
            return self._done[id(node)]
        line = node.start_mark.line + 1
        if id(node) in self._open:
            self.faults.append(Fault(self._file, line, "", "BAD_YAML", "an alias contains itself"))
            return YamlScalar(None, self._file, line)
        self._open.add(id(node))
        result = self._read(node, line)
        self._open.discard(id(node))
        self._done[id(node)] = result
        return result

    def _read(self, node: yaml.Node, line: int) -> YamlNode:
        if isinstance(node, yaml.ScalarNode):
            plain = not node.style  # libyaml says "" where the Python parser says None
            text = None if plain and node.value in _NULLS else node.value
            return YamlScalar(text, self._file, line, quoted=not plain)
        if isinstance(node, yaml.SequenceNode):
            return YamlList(tuple(self.read(item) for item in node.value), self._file, line)
        entries: dict[str, YamlNode] = {}
        key_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(Fault(self._file, key_line, "", "BAD_YAML", "a key must be plain text"))
                continue
            key = key_node.value
            if key in entries:
                message = f"key {shown(key)} is given twice (first on line {key_lines[key]})"
                self.faults.append(Fault(self._file, key_line, key, "DUPLICATE_KEY", message))
                continue
            entries[key] = self.read(value_node)
            key_lines[key] = key_line
        return YamlMap(entries, self._file, line, key_lines)


def from_plain(value: object, file: str) -> YamlNode:
    """Plain Python values as nodes without lines: how settings arrive by wire or flag.

    Parameters
    ----------
    value
        Mappings, sequences, text, numbers, booleans, None; nodes are passed through.
    file
        The name under which faults are reported.
    """
    if isinstance(value, YamlScalar | YamlList | YamlMap):
        return value
    if value is None:
        return YamlScalar(None, file)
    if isinstance(value, bool):
        return YamlScalar("true" if value else "false", file)
    if isinstance(value, str):
        return YamlScalar(value, file, quoted=True)
    if isinstance(value, Mapping):
        return YamlMap({str(key): from_plain(item, file) for key, item in value.items()}, file)
    if isinstance(value, Sequence):
        return YamlList(tuple(from_plain(item, file) for item in value), file)
    return YamlScalar(str(value), file)


def dump_yaml(root: YamlMap) -> str:
    """The mapping as YAML text; every scalar keeps its text."""
    return str(yaml.serialize(_composed(root), Dumper=yaml.SafeDumper, allow_unicode=True, width=120))


def _composed(node: YamlNode) -> yaml.Node:
    if isinstance(node, YamlMap):
        pairs = [(_plain_scalar(key), _composed(value)) for key, value in node.entries.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
    if isinstance(node, YamlList):
        flow = all(isinstance(item, YamlScalar) for item in node.items)
        items = [_composed(item) for item in node.items]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=flow)
    if node.text is None:
        return yaml.ScalarNode("tag:yaml.org,2002:null", "null")
    if node.quoted:
        return yaml.ScalarNode("tag:yaml.org,2002:str", node.text)
    return _plain_scalar(node.text)


def _plain_scalar(text: str) -> yaml.ScalarNode:
    # The tag a plain reading of the text resolves to, so that the emitter writes it plain wherever YAML's syntax
    # allows.
    resolver: Any = yaml.resolver.Resolver()
    return yaml.ScalarNode(resolver.resolve(yaml.ScalarNode, text, (True, False)), text)
