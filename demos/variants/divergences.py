"""The rows of f-GAN's tables as formulas: f, the activation g and T*, in the notation of ``mathml``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """``f`` of the ratio u = p/q, the activation ``g`` of a score s, and ``optimum``, T* = f'(u)."""

    title: str
    f: str
    g: str
    optimum: str


ROWS = {
    "gan": Row("GAN (2 JSD − log 4)", r"u \log u - (u + 1) \log(u + 1)", r"-\log(1 + e^{-s})", r"\log \frac{u}{u + 1}"),
    "jensen_shannon": Row(
        "Jensen-Shannon",
        r"u \log \frac{2u}{1 + u} - \log \frac{1 + u}{2}",
        r"\log 2 - \log(1 + e^{-s})",
        r"\log \frac{2u}{1 + u}",
    ),
    "weighted_jensen_shannon": Row(
        "weighted Jensen-Shannon, π = ½",
        r"\pi u \log \frac{u}{1 - \pi + \pi u} - (1 - \pi) \log(1 - \pi + \pi u)",
        r"-\pi \log \pi - \log(1 + e^{-s})",
        r"\pi \log \frac{u}{1 - \pi + \pi u}",
    ),
    "kl": Row("Kullback-Leibler", r"u \log u", r"s", r"1 + \log u"),
    "reverse_kl": Row("reverse KL", r"-\log u", r"-e^{-s}", r"-\frac{1}{u}"),
    "jeffrey": Row("Jeffrey", r"(u - 1) \log u", r"s", r"1 + \log u - \frac{1}{u}"),
    "pearson_chi2": Row("Pearson χ²", r"(u - 1)^2", r"s", r"2(u - 1)"),
    "neyman_chi2": Row("Neyman χ²", r"\frac{(1 - u)^2}{u}", r"1 - e^{-s}", r"1 - \frac{1}{u^2}"),
    "squared_hellinger": Row("squared Hellinger", r"(\sqrt{u} - 1)^2", r"1 - e^{-s}", r"1 - \frac{1}{\sqrt{u}}"),
    "total_variation": Row("total variation", r"\half | u - 1 |", r"\half \tanh s", r"\half \sign(u - 1)"),
    "alpha": Row(
        "α divergence, α = ½",
        r"\frac{u^\alpha - 1 - \alpha (u - 1)}{\alpha (\alpha - 1)}",
        r"\frac{1}{1 - \alpha} - \log(1 + e^{-s})",
        r"\frac{u^{\alpha - 1} - 1}{\alpha - 1}",
    ),
}
