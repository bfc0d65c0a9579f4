"""Shipped defaults, as data files beside this module."""

from pathlib import Path

HERE = Path(__file__).parent

DOCUMENT_TEMPLATE = HERE / "document.md"
EXAMPLE_CATALOGUE = HERE / "example_catalogue.yaml"
BASE_CATALOGUE = HERE / "base_catalogue.yaml"
