"""The figures of a page as PNG files, for slides and mails; needs the extra ``figures``."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files
from pathlib import Path

from dom_engine.errors import InputError
from dom_engine.scenario.whole import write_whole

ZOOM = 3.0
_FIGURE = re.compile(r"<figure><figcaption>(?P<title>.*?)</figcaption><svg (?P<svg>.*?</svg>)</figure>", re.DOTALL)
_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{}</svg>'


def png_figures(page: str) -> dict[str, bytes]:
    """Every figure of a page, drawn light on white, by file name: its place and its title.

    Raises
    ------
    InputError
        When what draws them is not installed, or the machine has no font to write with.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        message = "pictures need the extra 'figures': pip install 'dom-engine[figures]'"
        raise InputError.single("command line", message, column="png", code="NOT_INSTALLED") from None
    style = files(__package__).joinpath("picture.css").read_text(encoding="utf-8")

    def draw(svg: str) -> bytes:
        return bytes(svg_to_bytes(svg_string=svg, style_sheet=style, background="#ffffff", zoom=ZOOM))

    if draw(_EMPTY.format('<text y="15">x</text>')) == draw(_EMPTY.format("")):
        message = "this machine has no font to write with: install one, such as fonts-dejavu-core"
        raise InputError.single("command line", message, column="png", code="NO_FONT")
    found = {}
    for place, figure in enumerate(_FIGURE.finditer(page), start=1):
        slug = re.sub(r"[^a-z0-9]+", "-", unescape(figure["title"]).lower()).strip("-")[:60]
        found[f"{place:02}-{slug}.png"] = draw(f'<svg xmlns="http://www.w3.org/2000/svg" {figure["svg"]}')
    return found


def write_pictures(drawn: dict[str, bytes], folder: Path) -> None:
    """Write each into the folder; one of that name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in drawn.items():
        write_whole(folder / name, content)
