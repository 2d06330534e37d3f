"""Starts the optimiser over gRPC: `python server.py --help`."""

from dom_engine.service.main import main

if __name__ == "__main__":
    raise SystemExit(main())
