"""Travelling a latent space: points, paths, concepts, grids. Works on any `LatentModel`, a VAE's or a GAN's."""
