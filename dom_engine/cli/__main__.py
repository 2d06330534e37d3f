"""``python -m dom_engine.cli``: the command line where no ``dom`` is on the path."""

import sys

from dom_engine.cli.main import main

sys.exit(main())
