#!/usr/bin/env python
"""The command line, from a checkout: `python manage.py bills import ...`."""

from itfm.cli import main

if __name__ == "__main__":
    main()
