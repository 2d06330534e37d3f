"""Rules that a plan's metrics must hold to against a baseline's: tolerances per cost term and KPI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.yaml_positions import YamlList, YamlMap, YamlNode, YamlScalar, parse_yaml
from dom_engine.whatif.comparison import Delta

_HUNDRED = Decimal(100)
_LIMITS = ("max", "min", "max_increase", "max_decrease", "max_increase_pct", "max_decrease_pct")


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit on one metric. ``limit`` names it as the file does; ``_pct`` is in percent of the baseline."""

    metric: str
    limit: str
    amount: Decimal
    line: int

    def holds(self, delta: Delta) -> bool:
        """Whether the metric keeps to it."""
        allowed = self.amount * abs(delta.base) / _HUNDRED if self.limit.endswith("_pct") else self.amount
        match self.limit.removesuffix("_pct"):
            case "max":
                return delta.value <= allowed
            case "min":
                return delta.value >= allowed
            case "max_increase":
                return delta.delta <= allowed
            case _:
                return -delta.delta <= allowed


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule and what it was held against."""

    rule: Rule
    delta: Delta

    @property
    def holds(self) -> bool:
        """Whether the rule holds."""
        return self.rule.holds(self.delta)


def read_rules(path: Path) -> list[Rule]:
    """Read a rules file: a list ``rules`` of mappings, each a ``metric`` and one or more limits.

    Raises
    ------
    InputError
        With every fault, by line: no file, an unknown key, a metric without limit, a limit that is no number.
    """
    try:
        root, faults = parse_yaml(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError.single(str(path), f"cannot be read: {error.strerror}", code="NOT_FOUND") from None
    faults = list(faults)
    listed = root.get("rules")
    rules: list[Rule] = []
    faults += [
        Fault(
            root.file, root.key_lines.get(key, root.line), key, "UNKNOWN_KEY", unknown_name("key", key, _keys("rules"))
        )
        for key in root.entries
        if key != "rules"
    ]
    if isinstance(listed, YamlList) and listed.items:
        for node in listed.items:
            rules += _rules_of(node, faults)
    elif not faults:
        faults.append(Fault(str(path), root.line, "rules", "MISSING_KEY", "the file needs a list of rules"))
    if faults:
        raise InputError(sorted(faults))
    return rules


def judge(rules: Sequence[Rule], deltas: Sequence[Delta], file: str) -> list[Verdict]:
    """Hold every rule against its metric; InputError, by line, for a metric that nobody has."""
    by_metric: Mapping[str, Delta] = {delta.metric: delta for delta in deltas}
    known = NearestName(by_metric)
    faults = [
        Fault(file, rule.line, "metric", "UNKNOWN_METRIC", unknown_name("metric", rule.metric, known))
        for rule in rules
        if rule.metric not in by_metric
    ]
    if faults:
        raise InputError(sorted(set(faults)))
    return [Verdict(rule, by_metric[rule.metric]) for rule in rules]


def _rules_of(node: YamlNode, faults: list[Fault]) -> list[Rule]:
    if not isinstance(node, YamlMap) or not isinstance(metric := node.get("metric"), YamlScalar):
        faults.append(Fault(node.file, node.line, "rules", "NOT_A_RULE", "a rule is a mapping with the key metric"))
        return []
    before, rules = len(faults), []
    for key, value in node.entries.items():
        line = node.key_lines.get(key, node.line)
        if key == "metric":
            continue
        if key not in _LIMITS:
            message = unknown_name("key", key, _keys("metric", *_LIMITS))
            faults.append(Fault(node.file, line, key, "UNKNOWN_KEY", message))
        elif (amount := _amount(value)) is None:
            faults.append(Fault(node.file, line, key, "MALFORMED", "must be a finite number"))
        else:
            rules.append(Rule(metric.text or "", key, amount, line))
    if not rules and len(faults) == before:
        faults.append(Fault(node.file, node.line, "rules", "NO_LIMIT", f"a rule needs one of {', '.join(_LIMITS)}"))
    return rules


def _amount(node: YamlNode) -> Decimal | None:
    try:
        amount = Decimal(node.text or "") if isinstance(node, YamlScalar) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() else None


def _keys(*names: str) -> NearestName:
    return NearestName(names)
