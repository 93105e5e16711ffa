"""Generative adversarial networks over pictures."""
