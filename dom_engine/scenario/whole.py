"""Files that appear whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield a name beside ``path`` to write to, which takes its place when the block ends well, else vanishes."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write bytes, or text as UTF-8, to a file that is replaced whole or stays as it was."""
    with replacing_file(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
