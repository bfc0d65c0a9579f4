"""The incident document: Markdown as a page."""

from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
LOWEST_HEADING = 6


def rendered(body: str) -> Markup:
    """HTML of Markdown. Its HTML is shown as text, its headings lie below the page's own, its tables may scroll."""
    tokens = _MARKDOWN.parse(body)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LOWEST_HEADING, int(token.tag[1]) + 1)}"
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704  (the renderer escapes)
