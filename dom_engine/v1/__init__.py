"""Messages and service stubs, generated from ``proto/`` by ``make proto``."""
