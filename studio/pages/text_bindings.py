"""The keys of the Text page. Those that are shown come first; all of them are under F1."""

from __future__ import annotations

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("enter", "begin", "Train", id="text.begin", tooltip="Train on python-docs, and watch"),
    Binding("space", "pause", "Pause", id="text.pause", tooltip="Pause, or go on"),
    Binding("up", "warm(1)", "Hotter", id="text.hotter"),
    Binding("plus,equals_sign", "pace(1)", "Faster", id="text.faster", key_display="+"),
    Binding("e", "edit", "Prompt", id="text.prompt", tooltip="Edit the prompt, and begin again from it"),
    Binding("c", "candidates", "Choices", id="text.candidates", tooltip="What may come next; pick one"),
    Binding("down", "warm(-1)", "Cooler", id="text.cooler", show=False),
    Binding("minus", "pace(-1)", "Slower", id="text.slower", show=False, key_display="-"),
    Binding("n,full_stop", "one", "One character, then pause", id="text.one", show=False, key_display="n"),
    Binding("backspace", "back(1)", "Take back a character", id="text.back", show=False),
    Binding("ctrl+w", "back(10)", "Take back ten characters", id="text.back_ten", show=False),
    Binding("r", "restart", "Restart with a new seed", id="text.restart", show=False),
    Binding("b", "branch", "Branch: a copy that goes its own way", id="text.branch", show=False),
    Binding("a", "add", "Add a lane", id="text.add", show=False),
    Binding("x", "remove", "Take the lane away", id="text.remove", show=False),
    Binding("k", "cycle('top_k', 1)", "Top-k: off, 40, 20, 10, 5, 2", id="text.top_k", show=False),
    Binding("K", "cycle('top_k', -1)", "Top-k, the other way", id="text.top_k_back", show=False),
    Binding("p", "cycle('top_p', 1)", "Top-p: off, .98, .95, .9, .8, .6", id="text.top_p", show=False),
    Binding("P", "cycle('top_p', -1)", "Top-p, the other way", id="text.top_p_back", show=False),
    Binding("o", "settings", "All settings of the lane", id="text.settings", show=False),
    Binding("v", "surprise", "Colour by surprise", id="text.surprise", show=False),
    Binding("z", "zoom", "The chosen lane alone, or all", id="text.zoom", show=False),
    Binding("asterisk", "reach", "Keys mean all lanes, or the chosen one", id="text.all", show=False),
    Binding("tab,right", "choose(1)", "The next lane", id="text.next", show=False),
    Binding("shift+tab,left", "choose(-1)", "The lane before", id="text.previous", show=False),
    Binding("pageup", "scroll(-1)", "Scroll back", id="text.scroll_back", show=False),
    Binding("pagedown", "scroll(1)", "Scroll forward", id="text.scroll_forward", show=False),
    Binding("home", "scroll(-1000)", "To the oldest text", id="text.scroll_start", show=False),
    Binding("end", "scroll(1000)", "To the end, and follow it", id="text.scroll_end", show=False),
    Binding("m", "model", "Choose the model that writes", id="text.model", show=False),
    Binding("f", "follow", "Follow a training, or stop following", id="text.follow", show=False),
    Binding("s", "sessions", "Sessions: go on, replay, name, delete", id="text.sessions", show=False),
    Binding("w", "write", "Write the transcript to a file", id="text.write", show=False),
    Binding("y", "copy", "Copy the text", id="text.copy", show=False),
    Binding("escape", "leave", "Back", id="text.leave", show=False),
]
