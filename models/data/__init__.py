"""What the picture families learn from. Drawn sets need nothing but a seed, and no TensorFlow."""
