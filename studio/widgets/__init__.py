"""The widgets: one file each, with its CSS in it."""
