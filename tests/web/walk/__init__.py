"""The table of every address: one module per section, each with its `WALK`.

Address name -> (names of its arguments in `test_access.py`, method, status for each kind of person).
"""

from importlib import import_module
from pkgutil import iter_modules

WALK = {
    name: entry
    for module in iter_modules(__path__)
    for name, entry in import_module(f"{__name__}.{module.name}").WALK.items()
}
