"""Bad input by the thousand: every reader of files from outside answers with success or with one clear line.

The default suite tries a few dozen of each; `-m slow` a thousand.
"""
