"""What a received letter says: its text, its HTML with the pictures inside, and where its links lead. Pure."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Final

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def text_of(letter: EmailMessage) -> str:
    """Return the plain text; empty when there is none."""
    return _content(letter, "plain")


def html_of(letter: EmailMessage) -> str:
    """Return the HTML with the letter's own pictures inside, for a frame that loads nothing; empty without HTML."""
    html = _content(letter, "html")
    for part in letter.walk():
        name = str(part.get("Content-ID", "")).strip("<> ")
        content = part.get_payload(decode=True)
        if name and part.get_content_type() in PICTURES and isinstance(content, bytes):
            data = base64.b64encode(content).decode()
            html = html.replace(f'src="cid:{name}"', f'src="data:{part.get_content_type()};base64,{data}"')
    return html


def links_of(html: str, *, site: str) -> list[tuple[str, str]]:
    """Return words and address of each link that leads into `site`, in their order, each address once."""
    reader = _LinkReader()
    reader.feed(html)
    inside = site.rstrip("/") + "/"
    found = {address: " ".join(words.split()) for words, address in reader.links if address.startswith(inside)}
    return [(words, address) for address, words in found.items() if words]


def _content(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


class _LinkReader(HTMLParser):
    """Collects the words and addresses of links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember where the link begins; its label, where it has one, stands for its words."""
        given = dict(attrs)
        if tag == "a" and (address := given.get("href")):
            label = given.get("aria-label") or ""
            self._address = "" if label else address
            self.links.append((label, address))

    def handle_endtag(self, tag: str) -> None:
        """Forget the link that ends."""
        if tag == "a":
            self._address = ""

    def handle_data(self, data: str) -> None:
        """Add words to the link they stand in."""
        if self._address:
            words, address = self.links[-1]
            self.links[-1] = (words + data, address)
