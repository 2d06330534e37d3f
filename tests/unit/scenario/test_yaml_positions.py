from __future__ import annotations

import pytest

from dom_engine.scenario.yaml_positions import (
    YamlList,
    YamlMap,
    YamlScalar,
    dump_yaml,
    from_plain,
    parse_yaml,
)
from tests.unit.scenario.folders import located


def read(text: str) -> YamlMap:
    root, faults = parse_yaml(text.encode(), "s.yaml")
    assert faults == []
    return root


def test_scalars_keep_their_text_and_line() -> None:
    root = read("id: 007\nflag: yes\nday: 2026-11-25\nnothing: ~\nempty:\ntext: 'null'\n")
    assert root.get("id") == YamlScalar("007", "s.yaml", 1)
    assert [getattr(root.get(key), "text", None) for key in ("flag", "day")] == ["yes", "2026-11-25"]
    assert (root.get("nothing"), root.get("empty")) == (None, None)
    assert root.get("text") == YamlScalar("null", "s.yaml", 6, quoted=True)


def test_nested_nodes_and_their_lines() -> None:
    root = read("a:\n  b: 1\n\n  c:\n  - x\n  - {y: 2}\n")
    inner = root.get("a")
    assert isinstance(inner, YamlMap)
    assert inner.key_lines == {"b": 2, "c": 4}
    items = inner.get("c")
    assert isinstance(items, YamlList)
    assert [item.line for item in items.items] == [5, 6]


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        (b"a: [1\nb: 2\n", 2, "BAD_YAML"),
        (b"a: 1\n\tb: 2\n", 2, "BAD_YAML"),
        (b"- a\n", 1, "BAD_YAML"),
        (b"a: 1\n---\nb: 2\n", 2, "BAD_YAML"),
        (b"a: 1\nb: 2\na: 3\n", 3, "DUPLICATE_KEY"),
        (b"? [a, b]\n: 1\n", 1, "BAD_YAML"),
        (b"a: &x [*x]\n", 1, "BAD_YAML"),
        (b"a: *nowhere\n", 1, "BAD_YAML"),
        (b"a: caf\xe9\n", 0, "BAD_ENCODING"),
        ("a: 1\n".encode("utf-16"), 0, "BAD_ENCODING"),
        (b"a: " + b"[" * 5_000 + b"]" * 5_000, 0, "BAD_YAML"),
    ],
)
def test_bad_documents_are_located(content: bytes, row: int, code: str) -> None:
    _, faults = parse_yaml(content, "s.yaml")
    assert [(fault.row, fault.code) for fault in faults] == [(row, code)]


def test_an_empty_document_and_a_byte_order_mark() -> None:
    assert read("").entries == {}
    assert read("\ufeffa: 1\n").entries.keys() == {"a"}


def test_aliases_share_their_node() -> None:
    root = read("a: &x {k: 1}\nb: *x\n")
    assert root.get("a") is root.get("b")


def test_laying_one_mapping_over_another() -> None:
    merged = read("a: 1\nb: 2\n").merged(read("b: 3\nc: 4\n"))
    assert {key: node.text for key, node in merged.entries.items() if isinstance(node, YamlScalar)} == {
        "a": "1",
        "b": "3",
        "c": "4",
    }
    assert read("a: 1\nb: 2\n").without("a").entries.keys() == {"b"}


def test_plain_values_become_nodes() -> None:
    node = from_plain({"gap": 1e-4, "fill_first": True, "nodes": ["A", 7], "nothing": None}, "request")
    assert node == YamlMap(
        {
            "gap": YamlScalar("0.0001", "request"),
            "fill_first": YamlScalar("true", "request"),
            "nodes": YamlList((YamlScalar("A", "request", quoted=True), YamlScalar("7", "request")), "request"),
            "nothing": YamlScalar(None, "request"),
        },
        "request",
    )
    assert from_plain(node, "elsewhere") is node


def test_what_is_dumped_reads_the_same() -> None:
    text = (
        "id: 007\ntext: 'a: b'\nquoted: '12:00'\nplain: 12:00\nnothing: null\nlist: [a, ' b', '']\nmap: {k: {l: é}}\n"
    )

    def bare(node: object) -> object:
        if isinstance(node, YamlMap):
            return {key: bare(value) for key, value in node.entries.items()}
        if isinstance(node, YamlList):
            return [bare(item) for item in node.items]
        return getattr(node, "text", None)

    assert bare(read(dump_yaml(read(text)))) == bare(read(text))
    assert "id: 007\n" in dump_yaml(read(text))


def test_faults_name_the_file() -> None:
    assert located(tuple(parse_yaml(b"- a", "../base/scenario.yaml")[1])) == [
        ("../base/scenario.yaml", 1, "", "BAD_YAML")
    ]
