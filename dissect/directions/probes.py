"""Probes: a logistic regression from units, or from latents, to an attribute; how well it does on unseen images.

A linear probe says that the attribute can be read there (Alain and Bengio 2017), and the normal of its hyperplane is a
direction to walk along (Shen et al. 2020, InterFaceGAN, for latents). Whether the generator uses what the probe reads
is another question: ask :func:`dissect.directions.effects.effect`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core_gans.foundation.names import require_known
from dissect.directions.moving import LatentDirection, UnitDirection

DRAWS = 1000  # of the bootstrap
FOLDS = 5  # of the cross-validation
SOFTNESS = 0.1  # scikit-learn's C: the inverse weight of the squared size of the coefficients
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted probe of ``F`` features for ``K`` classes, and its cross-validated accuracy.

    ``accuracy`` counts each sample once, judged by a probe that saw neither it nor its group; ``low`` and ``high`` hold
    95% of a bootstrap over groups. ``baseline`` is the share of the largest class, ``balanced`` the mean over classes
    of the share of each that is recognised, where a constant answer has 1 / K. Weights are those of a fit to all.
    """

    classes: tuple[str, ...]
    accuracy: float
    low: float
    high: float
    baseline: float
    balanced: float
    samples: int
    folds: int
    weights: Numbers  # (K, F) of standardised features, their mean over the classes taken off
    bias: Numbers  # (K,)
    mean: Numbers  # (F,)
    deviation: Numbers  # (F,) 1 for a feature that never varies

    @property
    def better_than_guessing(self) -> bool:
        """Whether the whole interval lies above the baseline."""
        return self.low > self.baseline

    def predict(self, features: Numbers) -> NDArray[np.int64]:
        """The most probable class (N,) of ``features`` (N, F)."""
        return np.asarray(((features - self.mean) / self.deviation @ self.weights.T + self.bias).argmax(1))

    def unit_direction(self, layer: str, of: str) -> UnitDirection:
        """The step of length 1 in standardised units that makes the class ``of`` most probable, for units' features.

        A step adds to each unit its weight times its deviation, so that strong and weak units move alike.

        Raises:
            ValueError: there is no such class.
        """
        normal = self._normal(of)
        return UnitDirection(f"probe {of}", layer, torch.from_numpy(normal * self.deviation).float(), self._facts())

    def latent_direction(self, shape: Sequence[int], of: str) -> LatentDirection:
        """The normal of the hyperplane, of length 1, towards the class ``of``, for a probe of latents of ``shape``.

        Raises:
            ValueError: there is no such class.
        """
        normal = self._normal(of) / self.deviation
        vector = torch.from_numpy(normal / np.linalg.norm(normal)).float()
        return LatentDirection(f"probe {of}", vector.view(tuple(shape)), self._facts())

    def _normal(self, of: str) -> Numbers:
        require_known("class of the probe", of, self.classes)
        weight = self.weights[self.classes.index(of)]
        size = np.linalg.norm(weight)
        if not size > 0:
            raise ValueError("the probe's weights are all 0: no feature varies")
        return weight / size

    def _facts(self) -> dict[str, float]:
        return {"accuracy": self.accuracy, "baseline": self.baseline}


def fit_probe(
    features: Numbers,
    answers: NDArray[np.int64],
    classes: Sequence[str],
    *,
    groups: NDArray[np.int64] | None = None,
    softness: float = SOFTNESS,
    rng: torch.Generator,
) -> Probe:
    """Fit a probe of ``features`` (N, F) for ``answers`` (N,), indices of ``classes``, and judge it on unseen groups.

    Args:
        groups: (N,) what must not be torn apart between learning and judging, such as the image of a cell; by default
            every sample stands alone.
        softness: the larger, the less the weights are held small.
        rng: shuffles the folds and draws the bootstrap.

    Raises:
        ValueError: features that are not finite or do not match the answers, or a class too rare for the folds.
    """
    features, answers = np.asarray(features, dtype=np.float64), np.asarray(answers)
    if features.ndim != 2 or answers.shape != features.shape[:1]:
        raise ValueError(f"expected features (N, F) and answers (N,), got {features.shape} and {answers.shape}")
    if not np.isfinite(features).all():
        raise ValueError("the probe's features hold NaN or infinite numbers")
    groups = np.arange(len(answers)) if groups is None else np.unique(groups, return_inverse=True)[1]
    for k, label in enumerate(classes):
        if (count := len(np.unique(groups[answers == k]))) < FOLDS:
            raise ValueError(
                f"{label!r} is there in {count} samples, too few for {FOLDS} folds: take more images or another "
                "attribute"
            )
    if len(classes) < 2:
        raise ValueError(
            f"a probe tells two classes or more apart, and there is only {', '.join(classes) or 'none'}: take more "
            "images, or another attribute"
        )
    from sklearn.model_selection import StratifiedGroupKFold  # takes a second, and most directions need none of it

    seed = int(torch.randint(2**31, (), generator=rng))
    right = np.zeros(len(answers))
    for learn, judge in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(features, answers, groups):
        weights, bias, mean, deviation = _fitted(features[learn], answers[learn], len(classes), softness)
        found = ((features[judge] - mean) / deviation @ weights.T + bias).argmax(1)
        right[judge] = found == answers[judge]
    shares = np.bincount(answers, minlength=len(classes)) / len(answers)
    low, high = _interval(right, groups, rng)
    return Probe(
        tuple(classes),
        float(right.mean()),
        low,
        high,
        float(shares.max()),
        float(np.mean([right[answers == k].mean() for k in range(len(classes))])),
        len(answers),
        FOLDS,
        *_fitted(features, answers, len(classes), softness),
    )


def _fitted(
    features: Numbers, answers: NDArray[np.int64], classes: int, softness: float
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Weights (K, F), biases (K,), means and deviations (F,)."""
    from sklearn.linear_model import LogisticRegression  # as above
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=softness, max_iter=2000).fit(scaler.transform(features), answers)
    weights, bias = model.coef_, model.intercept_
    if classes == 2:  # scikit-learn keeps the difference alone
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights - weights.mean(0), bias - bias.mean(), scaler.mean_, scaler.scale_


def _interval(right: Numbers, groups: NDArray[np.int64], rng: torch.Generator) -> tuple[float, float]:
    """What holds 95% of the accuracies of resampled groups."""
    correct, size = np.bincount(groups, weights=right), np.bincount(groups)
    drawn = torch.randint(len(size), (DRAWS, len(size)), generator=rng).numpy()
    low, high = np.quantile(correct[drawn].sum(1) / size[drawn].sum(1), (0.025, 0.975))
    return float(low), float(high)
