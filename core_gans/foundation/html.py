"""Pages from jinja2 templates, which lie beside the code that fills them: what is put into one is escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def filled(package: str, template: str, **values: object) -> Markup:
    """The ``template`` (a file's name) of a ``package`` (dotted), filled with ``values``; Markup is put in as it is.

    Raises jinja2.UndefinedError for a name that the template uses and ``values`` lack, and jinja2.TemplateNotFound.
    """
    return Markup(_templates(package).get_template(template).render(values))


@cache
def _templates(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
