"""Read YAML as text, lists and mappings, and nothing else. Pure.

Every scalar is its exact text (`0123`, `no`, `1.10` and `2026-01` stay what was written) or None for `null`. The
document is built from parser events, so no depth of nesting can exhaust the stack and no tag can make an object.
"""

from __future__ import annotations

from typing import Final

import yaml

MAX_CHARACTERS: Final = 8_000_000
MAX_DEPTH: Final = 40

Plain = None | str | list["Plain"] | dict[str, "Plain"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(ValueError):
    """A text is not a document of this form; `problems` says where and why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(text: str) -> Plain:
    """Return the one document a YAML text holds.

    :raises DocumentError: it is not YAML, or uses duplicate keys, aliases, tags or several documents.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentError([f"document: longer than {MAX_CHARACTERS:,} characters"])
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "document"
        raise DocumentError([f"{place}: {getattr(error, 'problem', None) or error}"]) from error
    if builder.problems:
        raise DocumentError(builder.problems)
    return builder.root


class _Frame:
    """A list or mapping that is not finished yet."""

    def __init__(self, holder: list[Plain] | dict[str, Plain], path: str) -> None:
        self.holder = holder
        self.path = path
        self.key: str | None = None

    def child_path(self) -> str:
        if isinstance(self.holder, list):
            return f"{self.path}[{len(self.holder)}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


class _Builder:
    def __init__(self) -> None:
        self.root: Plain = None
        self.problems: list[str] = []
        self._open: list[_Frame] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise DocumentError([f"line {line}: a second document starts; write one"])
        elif isinstance(event, yaml.AliasEvent):
            raise DocumentError([f"line {line}: aliases (*name) are not read; write the part again"])
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._start([] if isinstance(event, yaml.SequenceStartEvent) else {}, event, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._open.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, line)
            is_null = event.style is None and event.value in ("", "~", "null", "Null", "NULL")
            self._put(None if is_null else event.value, line)

    def _start(self, holder: list[Plain] | dict[str, Plain], event: yaml.CollectionStartEvent, line: int) -> None:
        self._refuse_tag(event.tag, line)
        if len(self._open) >= MAX_DEPTH:
            raise DocumentError([f"line {line}: nested deeper than {MAX_DEPTH} levels"])
        path = self._open[-1].child_path() if self._open else ""
        self._put(holder, line)
        self._open.append(_Frame(holder, path))

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag is not None:
            raise DocumentError([f"line {line}: tags such as {tag} are not read"])

    def _put(self, value: Plain, line: int) -> None:
        if not self._open:
            self.root = value
            return
        frame = self._open[-1]
        if isinstance(frame.holder, list):
            frame.holder.append(value)
        elif frame.key is None:
            self._name_key(frame, value, line)
        else:
            frame.holder[frame.key] = value
            frame.key = None

    def _name_key(self, frame: _Frame, key: Plain, line: int) -> None:
        if not isinstance(key, str):
            raise DocumentError([f"line {line}: a key must be a text"])
        if key in frame.holder:
            self.problems.append(f"{frame.path or 'document'}: key '{key}' stands twice (line {line})")
        frame.key = key
