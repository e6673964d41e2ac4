"""`python -m itfm.cli`: the command line, for processes that start it themselves."""

from itfm.cli import main

main()
