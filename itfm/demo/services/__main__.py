"""`python -m itfm.demo.services FOLDER PORT`: serve the sample services until told to end."""

from __future__ import annotations

import sys
from pathlib import Path

from itfm.demo.services.server import server

if __name__ == "__main__":
    server(Path(sys.argv[1]), port=int(sys.argv[2])).serve_forever()
