"""Importers: public and customers' data as scenario folders. What the data lacks is generated from a seed, and said."""

from __future__ import annotations

from dom_engine.importers.brunel import import_brunel
from dom_engine.importers.online_retail import import_online_retail
from dom_engine.importers.orlib import import_orlib_cap, import_orlib_gap

__all__ = ["import_brunel", "import_online_retail", "import_orlib_cap", "import_orlib_gap"]
