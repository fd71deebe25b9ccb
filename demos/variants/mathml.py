r"""Formulas as MathML, which browsers typeset by themselves, from a short notation close to what is spoken.

``\E_x \log D(x)``: a backslash names a sign or a function, ``^`` and ``_`` raise and lower what follows, braces hold
together, and ``\frac{a}{b}`` and ``\sqrt{a}`` are what they are in TeX. Everything else stands for itself.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from core_gans.foundation.html import tag

SIGNS = {
    "E": "𝔼", "alpha": "α", "epsilon": "ε", "gamma": "γ", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ",
    "Delta": "Δ", "phi": "φ",
}  # fmt: skip
OPERATORS = {"nabla": "∇", "norm": "‖", "half": "½"}
FUNCTIONS = ("log", "max", "tanh", "sign")
TOKEN = re.compile(r"\\[a-zA-Z]+|\d+(?:\.\d+)?|[a-zA-Z]|[{}^_]|[^\s]")


def formula(text: str) -> Markup:
    """``text`` in the notation above as one ``<math>`` element. ValueError for braces that do not match.

    The notation itself is kept beside it, for programs that read the page aloud.
    """
    tokens = TOKEN.findall(text)
    inside = Markup("")
    while tokens:
        if tokens[0] == "}":
            raise ValueError(f"expected braces in pairs, got one too many in {text!r}.")
        inside += _scripted(tokens)
    spoken = re.sub(r"\\([a-zA-Z]+)", r"\1", text)
    return tag("math", tag("mrow", inside), xmlns="http://www.w3.org/1998/Math/MathML", aria_label=spoken)


def _scripted(tokens: list[str]) -> Markup:
    """The next sign or group with what is raised and lowered beside it."""
    base = _one(tokens)
    below = above = Markup("")
    while tokens and tokens[0] in ("_", "^"):
        if tokens.pop(0) == "_":
            below = _one(tokens)
        else:
            above = _one(tokens)
    if below and above:
        return tag("msubsup", base, below, above)
    if below:
        return tag("msub", base, below)
    return tag("msup", base, above) if above else base


def _one(tokens: list[str]) -> Markup:
    if not tokens:
        raise ValueError("expected something to follow at the end of a formula.")
    token = tokens.pop(0)
    if token == "{":
        inside = Markup("")
        while tokens and tokens[0] != "}":
            inside += _scripted(tokens)
        if not tokens:
            raise ValueError("expected braces in pairs, got one that is never closed.")
        tokens.pop(0)
        return tag("mrow", inside)
    if token == "\\frac":
        return tag("mfrac", _one(tokens), _one(tokens))
    if token == "\\sqrt":
        return tag("msqrt", _one(tokens))
    if token.startswith("\\"):
        return _named(token[1:])
    if token[0].isdigit():
        return tag("mn", token)
    if token.isalpha():
        return tag("mi", token)
    return tag("mo", "−" if token == "-" else token, stretchy="false")


def _named(name: str) -> Markup:
    if name in SIGNS:
        return tag("mi", SIGNS[name])
    if name in FUNCTIONS:
        return tag("mi", name) + tag("mspace", width="0.17em")
    if name in OPERATORS:
        return tag("mo", OPERATORS[name], stretchy="false")
    return tag("mtext", name)
