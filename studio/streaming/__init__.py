"""Lanes that stream: the desk they lie on, the thread that writes them, and what is around it. No screen in here.

Importing it imports NumPy: not before the first paint.
"""

from studio.streaming.desk import MOST_LANES, TOP_K, TOP_P, Channel, Desk
from studio.streaming.reader import CALMEST, PROMPT, Change, Reader
from studio.streaming.room import Room
from studio.streaming.stage import State, Told
from studio.streaming.streamer import PACES, Streamer

__all__ = [
    "CALMEST",
    "MOST_LANES",
    "PACES",
    "PROMPT",
    "TOP_K",
    "TOP_P",
    "Change",
    "Channel",
    "Desk",
    "Reader",
    "Room",
    "State",
    "Streamer",
    "Told",
]
