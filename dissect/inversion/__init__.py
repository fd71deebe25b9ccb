"""Your own picture: the latent and the features from which a generator draws a given picture, so that it can be edited.

After Bau et al. 2019, "Seeing What a GAN Cannot Generate" (encoder, then latents, then a middle layer) and "Semantic
Photo Manipulation with a Generative Image Prior" (what was edited goes back into the picture).
"""
