"""The problem domain: immutable columnar tables and small dataclasses for the rules."""
