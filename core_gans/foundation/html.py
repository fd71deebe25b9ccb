"""Pages from jinja2 templates, which lie beside the code that fills them, and single elements; words are escaped.

Only pages of Markdown (``*.md.j2``) take words as they are.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def filled(package: str, template: str, **values: object) -> Markup:
    """The ``template`` (a file's name) of a ``package`` (dotted), filled with ``values``; Markup is put in as it is.

    Raises jinja2.UndefinedError for a name that the template uses and ``values`` lack, and jinja2.TemplateNotFound.
    """
    return Markup(_templates(package).get_template(template).render(values))


def tag(name: str, /, *inside: str, **attributes: object) -> Markup:
    """An element of SVG or HTML; ``inside`` and the attributes' values are escaped unless they are Markup.

    ``class_`` is the attribute class and ``text_anchor`` is text-anchor; what is None is left out; floats are written
    with two decimals at most. Nothing inside closes the tag at once, as only SVG allows; "" does not.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"), f"{round(value, 2) + 0.0:.10g}" if isinstance(value, float) else value
        )
        for key, value in attributes.items()
        if value is not None
    )
    if not inside:
        return Markup("<{}{}/>").format(name, written)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(inside))


@cache
def _templates(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=lambda name: not (name or "").endswith(".md.j2"),
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
