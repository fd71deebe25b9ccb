"""The variants that change the game itself (classes, codes, captions, growth, translation), explained to a student."""

from __future__ import annotations

from demos.variants.objective_texts import HEURISTIC, LOGISTIC, RAISE
from demos.variants.telling import Told

GAMES = {
    "cgan": Told(
        "Conditional GAN",
        "Both players are shown the class. The generator can be asked for a seven, and a good seven under the label "
        "three counts as a fake, because the discriminator sees the label beside the picture.",
        (r"-\E_{x,c} \log D(x, c)", r"- \E_{z,c} \log(1 - D(G(z, c), c))"),
        (r"-\E_{z,c} \log D(G(z, c), c)",),
    ),
    "acgan": Told(
        "AC-GAN",
        "The discriminator is not told the class: it has to say it. A second head names the class of real and "
        "generated examples, and the generator is paid for being recognised, which favours clear examples.",
        (*LOGISTIC, r"+ \CE(c, Q(x)) + \CE(c, Q(G(z, c)))"),
        (*HEURISTIC, r"+ \CE(c, Q(G(z, c)))"),
        "Q is the second head, CE the cross entropy of the class.",
    ),
    "infogan": Told(
        "InfoGAN",
        "Nobody labels anything. Some numbers of the latent are called codes, and a second head must be able to read "
        "them off the picture again. So the codes come to mean what is most visible: which digit, how slanted, how "
        "bold.",
        (*LOGISTIC, r"- \lambda \E \log Q(c | G(z, c))"),
        (*HEURISTIC, r"- \lambda \E \log Q(c | G(z, c))"),
        "The last term bounds the information between codes and pictures from below.",
    ),
    "semi_supervised": Told(
        "Semi-supervised GAN",
        "A classifier of K classes that also knows what is no example at all. From few labels and many unlabelled and "
        "generated examples it learns to classify better than from the labels alone. The generator matches mean "
        "features instead of fooling the discriminator.",
        (*LOGISTIC, r"+ \CE(c, K(x))"),
        (r"\norm \E_x \phi(x) - \E_z \phi(G(z)) \norm^2",),
        "φ are the discriminator's features, K its classes. The curve is that of the heuristic loss, which can take "
        "the place of the features.",
    ),
    "text_to_image": Told(
        "Text to image",
        "The condition is a sentence, read by an encoder in each player. The discriminator also sees real pictures "
        "under wrong captions and has to call them fake: otherwise it could ignore the text.",
        (r"-\E \log D(x, t)", r"- \half \E \log(1 - D(x, t'))", r"- \half \E \log(1 - D(G(z, t), t))"),
        (r"-\E \log D(G(z, t), t)",),
        "t is the picture's own caption, t′ that of another.",
    ),
    "lapgan": Told(
        "LAPGAN",
        "A picture is a small picture and the details that each doubling of its size adds. One GAN draws the smallest, "
        "and one for each level draws the detail, given the coarser picture. Each level has an easier task than the "
        "whole.",
        LOGISTIC,
        HEURISTIC,
        "This game is played at each level of the pyramid.",
    ),
    "progan": Told(
        "Progressive growing",
        "Both players begin with pictures of 4 × 4 pixels and grow: every new layer fades in while it learns. Coarse "
        "structure is settled before detail, which made faces of a megapixel possible. The objective is that of "
        "WGAN-GP with a small drift term.",
        (
            r"\E_z s(G(z)) - \E_x s(x)",
            r"+ \lambda \E_y (\norm \nabla_y s(y) \norm - 1)^2",
            r"+ \epsilon \E_x s(x)^2",
        ),
        RAISE,
        "y lies on the line between a real and a generated example.",
    ),
    "pix2pix": Told(
        "Pix2Pix",
        "Translation from pairs: an outline and its photograph. An absolute error says where things belong, but its "
        "average of all answers is blurred; a discriminator of patches makes the answer sharp.",
        (r"-\half \E \log D(x, y)", r"- \half \E \log(1 - D(x, G(x)))"),
        (r"-\E \log D(x, G(x))", r"+ \lambda \E \norm y - G(x) \norm_1"),
        "x is the source, y its target.",
    ),
    "cyclegan": Told(
        "CycleGAN",
        "Translation without pairs: only two heaps of pictures. Two generators translate there and back, and what went "
        "both ways must be what it was. That keeps the content, while a discriminator for each heap checks the style.",
        (r"\half \E_y (s(y) - 1)^2 + \half \E_x s(G(x))^2",),
        (r"\E_x (s(G(x)) - 1)^2", r"+ \lambda \E_x \norm F(G(x)) - x \norm_1"),
        "And the same the other way round, with F and a discriminator of its own.",
    ),
    "stargan": Told(
        "StarGAN",
        "One generator for all domains: it is told where to translate to. The discriminator also names the domain, and "
        "the way back is checked as in CycleGAN. Ten domains need one generator instead of ninety.",
        (r"\E s(G(x, c)) - \E_x s(x)", r"+ \lambda \E_y (\norm \nabla_y s(y) \norm - 1)^2", r"+ \CE(c_x, Q(x))"),
        (r"-\E s(G(x, c)) + \CE(c, Q(G(x, c)))", r"+ \lambda \E \norm G(G(x, c), c_x) - x \norm_1"),
        "c is the domain asked for, and the picture's own has its index.",
    ),
}
