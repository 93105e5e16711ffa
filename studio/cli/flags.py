"""Flags made from a recipe: a knob is written once, in the recipe; its type, bounds, help and defaults are read there.

The command line only tells words from words. What they mean, and whether they are within bounds, the recipe decides,
so that a wrong value gets the same answer here, in a form and in a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from models.recipe import Recipe

if TYPE_CHECKING:
    from cyclopts import Parameter
    from pydantic.fields import FieldInfo

NONE = "none"
BOUNDS = (("ge", "from {}"), ("gt", "above {}"), ("le", "to {}"), ("lt", "below {}"))
ADVANCED = "Advanced"


def with_knobs(
    command: Callable[..., None], recipe: type[Recipe], leave_out: Collection[str] = ()
) -> Callable[..., None]:
    """`command` with a flag for each knob of `recipe`, and one for its presets, beside its own flags.

    It has words of its own for the knobs in `leave_out`. It is called with `preset` and with `knobs`: those that were
    given, as plain values for the recipe to check.
    """

    def called(*positional: Any, **given: Any) -> None:
        fields = recipe.model_fields
        knobs = {
            name: plain(field, given.pop(name))
            for name, field in fields.items()
            if name in given and name not in leave_out
        }
        command(*positional, **{"preset": None} | given, knobs=knobs)

    parameters = inspect.signature(command, eval_str=True).parameters
    flags = {"preset": preset(recipe)}
    flags |= {
        name: annotation(recipe, name, field) for name, field in recipe.model_fields.items() if name not in leave_out
    }
    called.__annotations__ = {}  # a knob may be called as one of its parameters is
    called.__doc__ = command.__doc__
    called.__name__ = command.__name__
    vars(called)["__signature__"] = inspect.Signature(
        [
            *(item for name, item in parameters.items() if name not in ("preset", "knobs")),
            *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=flag)
              for name, flag in flags.items()),
        ]
    )  # fmt: skip
    return called


def plain(field: FieldInfo, value: Any) -> Any:
    """A value from the command line as the recipe takes it: `none` for no value, commas between several figures."""
    if value == NONE and type(None) in get_args(field.annotation):
        return None
    if isinstance(value, tuple) and item_type(field) is not str:
        return tuple(part for item in value for part in item.split(",") if part.strip())
    return value


def preset(recipe: type[Recipe]) -> Any:
    """The flag that chooses a preset."""
    from cyclopts import Group, Parameter

    help = f"Where the knobs start from (default {recipe.default_preset})."
    group = Group("This run", sort_key=0)
    return Annotated[str | None, Parameter(group=group, help=help, metavar="|".join(recipe.presets))]


def annotation(recipe: type[Recipe], name: str, field: FieldInfo) -> Any:
    """What cyclopts has to know of a knob."""
    kind: Any = bool if field.annotation is bool else str
    if get_origin(field.annotation) is tuple:
        kind = tuple[str, ...]
    return Annotated[kind | None, parameter(recipe, name, field)]


def parameter(recipe: type[Recipe], name: str, field: FieldInfo) -> Parameter:
    """How a knob is shown and read."""
    from cyclopts import Group, Parameter

    # A family adds knobs to groups that it has inherited: a group stands where its last knob does.
    groups = list(dict.fromkeys(map(group_of, reversed(recipe.model_fields.values()))))[::-1]
    title = ADVANCED if hints(field).get("advanced") else group_of(field)
    several = get_origin(field.annotation) is tuple
    return Parameter(
        group=Group(title, sort_key=100 if title == ADVANCED else 10 + groups.index(title)),
        help=help_of(recipe, name, field),
        metavar=metavar(field),
        show_default=False,
        consume_multiple=several,
        negative_iterable=(),
        allow_leading_hyphen=field.annotation is not bool and not several,
    )


def hints(field: FieldInfo) -> Mapping[str, Any]:
    """What `models.recipe.knob` noted: group, unit, advanced."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def group_of(field: FieldInfo) -> str:
    """The heading a knob stands under, unless it is an advanced one."""
    return str(hints(field).get("group") or "knobs").capitalize()


def help_of(recipe: type[Recipe], name: str, field: FieldInfo) -> str:
    """What the knob is for, its bounds, its default, and what the other presets set it to."""
    bounds = " ".join(
        text.format(getattr(item, bound)) for bound, text in BOUNDS for item in field.metadata if hasattr(item, bound)
    )
    if bounds and type(None) in get_args(field.annotation):
        bounds += " or none"
    default = said(recipe.presets[recipe.default_preset].get(name, field.default))
    others = [
        f"{preset} {said(values[name])}"
        for preset, values in recipe.presets.items()
        if preset != recipe.default_preset and name in values and said(values[name]) != default
    ]
    facts = [bounds, ", ".join([f"default {default}", *others])]
    return f"{field.description} ({'; '.join(fact for fact in facts if fact)})"


def said(value: Any) -> str:
    """A knob's value as it could be typed."""
    if isinstance(value, tuple):
        return ",".join(said(item) for item in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return NONE if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def metavar(field: FieldInfo) -> str:
    """What stands for the value in the help: the choices, the unit, or the kind."""
    if get_origin(field.annotation) is Literal:
        return "|".join(str(choice) for choice in get_args(field.annotation))
    if get_origin(field.annotation) is tuple:
        return "TEXT..." if item_type(field) is str else "N,N,..."
    return "TEXT" if field.annotation is str else "SECONDS" if hints(field).get("unit") == "s" else "N"


def item_type(field: FieldInfo) -> Any:
    """The type of the items of a knob that holds several, without its constraints."""
    item = get_args(field.annotation)[0]
    return get_args(item)[0] if get_origin(item) is Annotated else item
