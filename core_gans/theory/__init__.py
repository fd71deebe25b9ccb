"""Theory on a line: distances between known densities, optimal discriminators, and the pictures drawn from them."""

from core_gans.theory.densities import Density, gaussian, laplace, mixture, uniform
from core_gans.theory.distances import (
    f_bound,
    f_divergence_of,
    game_value,
    gaussian_kl,
    gaussian_wasserstein1,
    jensen_shannon,
    kl,
    neyman_chi2,
    optimal_critic,
    optimal_discriminator,
    pearson_chi2,
    quadrature,
    reverse_kl,
    total_variation,
    wasserstein1,
)

__all__ = [
    "Density",
    "f_bound",
    "f_divergence_of",
    "game_value",
    "gaussian",
    "gaussian_kl",
    "gaussian_wasserstein1",
    "jensen_shannon",
    "kl",
    "laplace",
    "mixture",
    "neyman_chi2",
    "optimal_critic",
    "optimal_discriminator",
    "pearson_chi2",
    "quadrature",
    "reverse_kl",
    "total_variation",
    "uniform",
    "wasserstein1",
]
