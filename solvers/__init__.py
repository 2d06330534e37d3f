"""Numbers in, numbers out: the solvers of dom-engine. This package knows nothing of ``dom_engine``."""
