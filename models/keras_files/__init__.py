"""Weights out of Keras's files, `.keras` and HDF5, as data alone: Keras itself is never asked to load one.

A file is read by a process of its own (`child`), with bounds on its memory and time, because HDF5's library was not
written for files that lie; what comes out of it is a safetensors file of plain arrays.
"""
