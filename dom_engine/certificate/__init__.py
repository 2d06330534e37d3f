"""The certificate, checked by code of its own: exact order pricing and the bound that row prices prove (section 9)."""

from dom_engine.certificate.bound import BoundReport, certified_bound

__all__ = ["BoundReport", "certified_bound"]
