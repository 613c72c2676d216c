# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the routing plan as JSON and back: how they travel in verbs and stand in the database. Pure.

A part is an object with the fields of its class in `models.rules.plan`; what is left out has its default. `load` raises
PartWrong naming the field; whether the values make sense together is for `models.rules.plan_check` to say.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

LONGEST_TEXT = 500
LONGEST_LIST = 2_000

T = TypeVar("T")


class PartWrong(ValueError):
    """`field` is the path of what does not fit ("overflow.kind"); `why` unknown | missing | wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def load(kind: type[T], data: object, path: str = "") -> T:
    """An instance of the dataclass `kind` from a JSON object."""
    if not isinstance(data, Mapping):
        raise PartWrong(path or kind.__name__, "wrong")
    given = cast(Mapping[object, object], data)
    hints = _hints(kind)
    for name in given:
        if name not in hints:
            raise PartWrong(_join(path, str(name)[:60]), "unknown")
    values: dict[str, Any] = {}
    for each in fields(cast(Any, kind)):
        where = _join(path, each.name)
        if each.name in given:
            values[each.name] = _value(hints[each.name], given[each.name], where)
        elif each.default is MISSING and each.default_factory is MISSING:
            raise PartWrong(where, "missing")
    return kind(**values)


def dump(part: object) -> Any:
    """Plain JSON of a part: objects, lists, strings, numbers."""
    if isinstance(part, StrEnum):
        return part.value
    if is_dataclass(part) and not isinstance(part, type):
        return {each.name: dump(getattr(part, each.name)) for each in fields(part)}
    if isinstance(part, Mapping):
        return {str(key): dump(value) for key, value in cast(Mapping[object, object], part).items()}
    if isinstance(part, (frozenset, set)):
        return sorted(str(value) for value in cast(frozenset[object], part))
    if isinstance(part, (tuple, list)):
        return [dump(value) for value in cast(tuple[object, ...], part)]
    return part


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(kind: Any, value: object, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [each for each in get_args(kind) if each is not type(None)]
        return None if value is None else _value(inner[0], value, path)
    if origin is tuple:
        return _tuple(get_args(kind), value, path)
    if origin is frozenset:
        return frozenset(_value(get_args(kind)[0], each, path) for each in _list(value, path))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(get_args(kind)[1], value, path)
    if is_dataclass(kind):
        return load(cast(type[Any], kind), value, path)
    return _plain(kind, value, path)


def _plain(kind: Any, value: object, path: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if isinstance(value, str) and value in {str(each) for each in kind}:
            return kind(value)
    elif kind is str:
        if isinstance(value, str) and len(value) <= LONGEST_TEXT and "\x00" not in value:
            return value
    elif kind is bool:
        if isinstance(value, bool):
            return value
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12:
        if kind is int and isinstance(value, int):
            return value
        if kind is float and math.isfinite(value):
            return float(value)
    raise PartWrong(path, "wrong")


def _list(value: object, path: str) -> list[object]:
    if isinstance(value, (list, tuple)) and len(cast(list[object], value)) <= LONGEST_LIST:
        return list(cast(list[object], value))
    raise PartWrong(path, "wrong")


def _tuple(kinds: tuple[Any, ...], value: object, path: str) -> tuple[Any, ...]:
    items = _list(value, path)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_value(kinds[0], each, f"{path}[{n}]") for n, each in enumerate(items))
    if len(items) != len(kinds):
        raise PartWrong(path, "wrong")
    return tuple(_value(kind, each, path) for kind, each in zip(kinds, items, strict=True))


def _mapping(kind: Any, value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or len(cast(Mapping[object, object], value)) > LONGEST_LIST:
        raise PartWrong(path, "wrong")
    given = cast(Mapping[object, object], value)
    return MappingProxyType(
        {str(_plain(str, key, path)): _value(kind, each, _join(path, str(key))) for key, each in given.items()}
    )
