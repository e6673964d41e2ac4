"""A folder is a registry: one file, one kind, one constant `KIND`. Pure."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Generic, TypeVar, cast

Kind = TypeVar("Kind")


class UnknownKindError(LookupError):
    """No file of that name stands in the folder."""


class Registry(Mapping[str, Kind], Generic[Kind]):
    """The kinds of one package by file name, loaded when first asked for."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package
        self._loaded: dict[str, Kind] = {}

    def __getitem__(self, key: str) -> Kind:
        if key not in self._loaded:
            if key not in list(self):
                known = ", ".join(self) or "none"
                raise UnknownKindError(f"'{key}' is not a kind of {self._package.__name__}; known: {known}")
            module = importlib.import_module(f"{self._package.__name__}.{key}")
            self._loaded[key] = cast("Kind", module.KIND)
        return self._loaded[key]

    def __iter__(self) -> Iterator[str]:
        modules = pkgutil.iter_modules(self._package.__path__)
        return iter(sorted(module.name for module in modules if not module.name.startswith("_")))

    def __len__(self) -> int:
        return sum(1 for _ in self)
