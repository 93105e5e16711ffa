"""A recipe: the knobs of one family. It is the form on the page, the flags of the command, the JSON kept with the
result, and the validation of all three; so a knob is written once, here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import UsageError


def knob(default: Any, help: str, *, group: str = "", unit: str = "", advanced: bool = False, **bounds: Any) -> Any:
    """A pydantic field with what a form needs: one sentence of help, a group, a unit, and bounds (ge, le, gt, lt).

    An `advanced` knob is folded away at first.
    """
    extra: dict[str, Any] = {"group": group, "unit": unit, "advanced": advanced}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Recipe(BaseModel):
    """The base of every family's recipe: immutable, strict about names, bounds checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    family: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    default_preset: ClassVar[str]

    @classmethod
    def preset(cls, name: str | None = None, **changes: Any) -> Self:
        """The recipe of a preset (the default one for None) with some knobs changed.

        Raises UsageError with one line that names the knob, or the preset, and what is allowed.
        """
        name = cls.default_preset if name is None else name
        if name not in cls.presets:
            raise UsageError(f"there is no preset {name!r}; there are {', '.join(cls.presets)}")
        return cls.checked({**cls.presets[name], **changes})

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from plain values. Raises UsageError with one line for all that is wrong."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise UsageError("; ".join(problems(error).values())) from None

    def changed(self, **changes: Any) -> Self:
        """This recipe with some knobs changed, checked again."""
        return self.checked({**self.model_dump(), **changes})


def problems(error: ValidationError) -> dict[str, str]:
    """What is wrong, by knob: `{"layers": "layers: Input should be less than or equal to 4 (got 9)"}`."""
    found = {}
    for item in error.errors(include_url=False, include_context=False):
        name = ".".join(str(part) for part in item["loc"]) or "recipe"
        if item["type"] == "extra_forbidden":
            found[name] = f"{name}: there is no such knob"
        elif item["type"] == "value_error":
            found[name] = item["msg"].removeprefix("Value error, ")
        else:
            found[name] = f"{name}: {item['msg']} (got {item['input']!r})"
    return found
