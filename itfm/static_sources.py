"""Which folders of npm packages are served, and under which name. Pure."""

from __future__ import annotations

from typing import Final

VENDOR_FOLDERS: Final[tuple[tuple[str, str], ...]] = (
    ("vendor/tabler/css", "node_modules/@tabler/core/dist/css"),
    ("vendor/htmx", "node_modules/htmx.org/dist"),
    ("vendor/plotly", "node_modules/plotly.js-cartesian-dist-min"),
    ("vendor/inter", "node_modules/@fontsource-variable/inter"),
)
