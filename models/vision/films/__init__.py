"""How each kind of film is written, a frame at a time."""
