"""The variants that differ in what the two players minimise, explained to a student."""

from __future__ import annotations

from demos.variants.telling import Told

LOGISTIC = (r"-\E_x \log D(x)", r"- \E_z \log(1 - D(G(z)))")
HEURISTIC = (r"-\E_z \log D(G(z))",)
CRITIC = (r"\E_z s(G(z)) - \E_x s(x)",)
RAISE = (r"-\E_z s(G(z))",)

OBJECTIVES = {
    "gan": Told(
        "GAN",
        "The first GAN. The discriminator learns to tell real from generated; the generator learns to fool "
        "it. With the best possible discriminator, the minimax generator lowers the Jensen-Shannon divergence, but "
        "its pull fades exactly when the fakes are bad. The heuristic loss asks for the same and pulls hardest then.",
        LOGISTIC,
        (r"-\E_z \log D(G(z))", r"\E_z \log(1 - D(G(z)))"),
        "The first line is the heuristic generator, which is the default; the second is minimax.",
    ),
    "dcgan": Told(
        "DCGAN",
        "The same game on convolutions: strided instead of pooled, batch normalisation in both players, no dense "
        "layers. It is the recipe that first made GANs of pictures train reliably, and the ground on which objectives "
        "are compared here.",
        LOGISTIC,
        HEURISTIC,
    ),
    "wgan": Told(
        "WGAN",
        "Where data and model do not overlap, the Jensen-Shannon divergence is flat and teaches nothing. The earth "
        "mover's distance still says how far away the data are. A critic whose slope is bounded estimates it; here its "
        "weights are clipped, which is simple and crude.",
        CRITIC,
        RAISE,
        "After each step of the critic, every weight is clipped.",
    ),
    "wgan_gp": Told(
        "WGAN-GP",
        "Clipping makes a critic too simple. Instead, its slope is asked to be 1 at points between real and generated "
        "examples, where an optimal critic has just that slope. Slower in each step, far steadier over many.",
        (r"\E_z s(G(z)) - \E_x s(x)", r"+ \lambda \E_{y} (\norm \nabla_y s(y) \norm - 1)^2"),
        RAISE,
        "y lies on the line between a real and a generated example.",
    ),
    "lsgan": Told(
        "LSGAN",
        "Scores are pulled to target numbers by squares: a for fakes, b for reals, c for what the generator wants. A "
        "fake that is already taken for real, but lies far from the data, is still pulled: squares never saturate. "
        "With (−1, 1, 0) the game lowers Pearson's χ² divergence.",
        (r"\half \E_x (s(x) - b)^2", r"+ \half \E_z (s(G(z)) - a)^2"),
        (r"\half \E_z (s(G(z)) - c)^2",),
    ),
    "fgan": Told(
        "f-GAN",
        "Every convex f with f(1) = 0 defines a divergence, and every function T of the examples gives a lower bound "
        "of it. The discriminator raises the bound, the generator lowers it. The bound is tight where T equals f′ of "
        "the ratio p/q of the densities: choose a divergence and see that T.",
        (r"\E_z f^*(g(s(G(z))))", r"- \E_x g(s(x))"),
        (r"-\E_z g(s(G(z)))", r"-\E_z f^*(g(s(G(z))))"),
        "g brings a score into the domain of f*. The first line is the heuristic generator, which is the default; the "
        "second is minimax.",
    ),
    "ls_gan": Told(
        "LS-GAN",
        "Loss-sensitive: a generated example must lose against a real one by a margin that grows with their distance. "
        "Fakes that are close to the data are forgiven, and the discriminator spends its capacity on the bad ones. Its "
        "theory assumes densities of bounded slope.",
        (r"\E_{x,z} \max(0, \Delta - s(x) + s(G(z)))", r"- \mu \E_x s(x)"),
        RAISE,
        "Δ = τ‖x − G(z)‖₁ is the margin of the pair.",
    ),
    "gls_gan": Told(
        "GLS-GAN",
        "One family with two known ends. A slope v says what a margin that is kept still earns: at 0 nothing, which is "
        "LS-GAN; at 1 as much as a broken one costs, which has WGAN's gradient.",
        (r"\E_{x,z} \max(a, v a)", r"a = \Delta - s(x) + s(G(z))"),
        RAISE,
        "Δ = τ‖x − G(z)‖₁ is the margin of the pair.",
    ),
    "ebgan": Told(
        "EBGAN",
        "The discriminator is an autoencoder, and its reconstruction error is an energy: low for what it knows. Real "
        "examples are pulled down, fakes pushed up, but only to a margin. A pulling-away term keeps the fakes' codes "
        "from pointing all the same way.",
        (r"\E_x e(x)", r"+ \E_z \max(0, m - e(G(z)))"),
        (r"\E_z e(G(z)) + \lambda \PT",),
        "The energy e is minus the score; PT is the mean squared cosine between the codes of two fakes.",
    ),
    "began": Told(
        "BEGAN",
        "Also an autoencoder, but it compares the losses of real and generated examples instead of the examples. A "
        "number k balances the players: it grows when the fakes are reconstructed too well. γ trades diversity for "
        "sharpness, and M falls while the run converges.",
        (r"\E_x e(x) - k \E_z e(G(z))",),
        (r"\E_z e(G(z))",),
        "After each round, k follows λ(γ e(x) − e(G(z))), between 0 and 1. The curve is drawn for the generator, "
        "whose loss does not depend on k.",
    ),
    "hinge": Told(
        "Hinge",
        "The discriminator cares only for scores within its margin: a real above 1 or a fake below −1 costs nothing "
        "more. The generator is pulled with the same force wherever it is. With spectral normalisation it is what "
        "large GANs of pictures use.",
        (r"\E_x \max(0, 1 - s(x))", r"+ \E_z \max(0, 1 + s(G(z)))"),
        RAISE,
    ),
    "relativistic": Told(
        "Relativistic GAN",
        "Half of the examples are real, and a discriminator should know it: it judges whether an example looks more "
        "real than the other kind does on average. So real examples must come to look less real while fakes improve, "
        "and the generator learns from them, too.",
        (r"-\E_x \log \sigma(s(x) - s_G)", r"- \E_z \log(1 - \sigma(s(G(z)) - s_R))"),
        (r"-\E_z \log \sigma(s(G(z)) - s_R)", r"- \E_x \log(1 - \sigma(s(x) - s_G))"),
        "The mean score of the real examples is written with an R, that of the generated ones with a G. The curve "
        "holds all real examples at the score 0. With form = paired, each real example is compared with one generated "
        "one instead of with their mean.",
    ),
}
