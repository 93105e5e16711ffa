"""Variational autoencoders over pictures."""
