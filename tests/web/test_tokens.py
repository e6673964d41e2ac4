"""Colors of the stylesheet against each other, as WCAG 2.2 AA has it: text 4.5:1, marks and edges 3:1."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "itfm" / "static" / "css"
TOKENS = (STYLES / "tokens.css").read_text(encoding="utf-8")
PAIRS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
}
SURFACES = ("canvas", "surface", "surface-sunk")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-quiet", "accent", "good", "caution", "bad") for ground in SURFACES),
    ("good", "good-soft"),
    ("caution", "caution-soft"),
    ("bad", "bad-soft"),
    ("accent", "accent-soft"),
    ("ink", "accent-soft"),
    ("ink", "bad-soft"),
    ("ink", "caution-soft"),
    ("ink-quiet", "caution-soft"),
]
MARKS = [
    *(("focus", ground) for ground in SURFACES),
    *(("line-strong", ground) for ground in ("canvas", "surface")),
    *((f"series-{slot}", "surface") for slot in (*range(1, 9), "unallocated")),
]


def luminance(color: str) -> float:
    """Return the relative luminance (WCAG 2.2) of `#rrggbb`."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_the_most_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT, ids=str)
def test_text_stands_out(theme, ink, ground):
    assert contrast(PAIRS[ink][theme], PAIRS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_white_stands_out_on_what_is_filled(theme):
    assert contrast("#ffffff", PAIRS["accent-fill"][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS, ids=str)
def test_what_carries_meaning_stands_out(theme, mark, ground):
    assert contrast(PAIRS[mark][theme], PAIRS[ground][theme]) >= 3


OWN_SHEETS = sorted(sheet for sheet in STYLES.rglob("*.css") if sheet.name != "plotly.css")


@pytest.mark.parametrize("sheet", OWN_SHEETS, ids=lambda sheet: sheet.name)
def test_every_color_is_a_token(sheet):
    if sheet.name == "tokens.css":
        pytest.skip("the tokens themselves")

    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)

    # White on a fill, which is as dark in both themes, and the veil behind dialogs.
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)", text)) <= {"#fff", "rgb(10 15 25 / 45%)"}


@pytest.mark.parametrize("sheet", OWN_SHEETS, ids=lambda sheet: sheet.name)
def test_sheets_are_ready_for_text_from_right_to_left(sheet):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert (
        re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|\b(?:left|right):", text) == []
    )


@pytest.mark.parametrize("sheet", sorted((STYLES / "components").glob("*.css")), ids=lambda sheet: sheet.name)
def test_a_component_says_what_it_is_and_which_variables_it_has(sheet):
    comment = sheet.read_text(encoding="utf-8").lstrip()

    assert comment.startswith("/* ")


def test_every_variable_that_is_used_is_set():
    sheets = "\n".join(sheet.read_text(encoding="utf-8") for sheet in OWN_SHEETS)
    used = set(re.findall(r"var\((--(?!tblr)[\w-]+)", sheets))
    set_ = set(re.findall(r"(--[\w-]+):", sheets))

    assert used <= set_
