"""Ids as indices and rows as columns, for what is built by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from dom_engine.domain.columns import Lists

I64, I32, I8, F64, BOOL = np.int64, np.int32, np.int8, np.float64, np.bool_


class Index(dict[str, int]):
    """A sorted vocabulary; a blank is -1."""

    def __init__(self, ids: Iterable[str]) -> None:
        super().__init__((text, number) for number, text in enumerate(sorted(set(ids) - {""})))

    def of(self, text: str) -> int:
        return self[text] if text else -1

    @property
    def ids(self) -> pa.StringArray:
        return pa.array(list(self), pa.string())


def column(values: Iterable[Any], dtype: Any) -> Any:
    return np.array(list(values), dtype)


def lists(rows: Iterable[Iterable[str]], index: Index) -> Lists:
    entries = [sorted(index[text] for text in row) for row in rows]
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in entries])]).astype(I64)
    return Lists(ptr, column((value for row in entries for value in row), I32))


def texts(values: Iterable[str]) -> pa.StringArray:
    return pa.array(list(values), pa.string())


def or_else(value: int | None, blank: int) -> int:
    return blank if value is None else value
