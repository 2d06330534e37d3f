"""The keys of ``scenario.yaml`` in a ``Scenario`` message, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dom_engine.scenario.numbers import parse_flag, parse_integer
from dom_engine.scenario.settings import PROBLEM_KEYS
from dom_engine.scenario.yaml_positions import YamlMap, YamlNode, YamlScalar
from dom_engine.wire.words import numbers_of, word_of

SETTINGS_PATH = "scenario"
"""The name under which faults in settings are reported: the field that holds them."""


def settings_of(message: Message) -> YamlMap:
    """What a message sets, as the keys of ``scenario.yaml``; unset fields are absent keys, tables are left out."""
    entries: dict[str, YamlNode] = {}
    for field, value in message.ListFields():
        if field.name in PROBLEM_KEYS or message.DESCRIPTOR.name != "Scenario":
            entries[field.name] = _node(field, value)
    return YamlMap(entries, SETTINGS_PATH)


def _node(field: FieldDescriptor, value: Any) -> YamlNode:
    if isinstance(value, Mapping):
        factors = {str(key): _scalar(text) for key, text in sorted(value.items())}
        return YamlMap(factors, SETTINGS_PATH)
    if isinstance(value, Message):
        return settings_of(value)
    if field.enum_type is not None:
        return _scalar(word_of(field.enum_type, value))
    if isinstance(value, bool):
        return _scalar("true" if value else "false")
    return _scalar(str(value))


def _scalar(text: str) -> YamlScalar:
    return YamlScalar(text, SETTINGS_PATH, quoted=True)


def fill_settings(message: Message, settings: YamlMap) -> None:
    """Set a message's fields from keys that ``read_settings`` found nothing wrong with."""
    fields = message.DESCRIPTOR.fields_by_name
    for key in settings.entries:
        node = settings.get(key)
        if node is None:
            continue
        if isinstance(node, YamlMap) and fields[key].message_type.GetOptions().map_entry:
            factors = getattr(message, key)
            for priority, factor in node.entries.items():
                if isinstance(factor, YamlScalar) and factor.text is not None:
                    factors[parse_integer(priority)] = factor.text
        elif isinstance(node, YamlMap):
            nested = getattr(message, key)
            nested.SetInParent()
            fill_settings(nested, node)
        elif isinstance(node, YamlScalar):
            setattr(message, key, _value(fields[key], node.text or ""))


def _value(field: FieldDescriptor, text: str) -> str | int | bool:
    if field.enum_type is not None:
        return numbers_of(field.enum_type)[text]
    if field.type == FieldDescriptor.TYPE_BOOL:
        return parse_flag(text)
    if field.type == FieldDescriptor.TYPE_INT64:
        return parse_integer(text, signed=True)
    return text
