# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses as JSON lines: the one way processes of this house speak to each other.

A message travels as ``{"is": "ClassName", field: value, …}``. Unknown fields are ignored, missing ones take their
default, so two versions can talk for a while. Tuples travel as lists, enums as their values.
"""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


class BadMessage(ValueError):
    """What came over a socket is not a message of the vocabulary; says which part."""


def encode(message: object) -> str:
    """One line of JSON without the newline."""
    return json.dumps(_plain(message), ensure_ascii=False, separators=(",", ":"))


def decode(line: str | bytes, vocabulary: dict[str, type]) -> Any:
    """The message in `line`; raises BadMessage for anything not in `vocabulary` ({name: class})."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None
    message = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    kind = message.get("is")
    if not isinstance(kind, str) or kind not in vocabulary:
        raise BadMessage(f"not in the vocabulary: {str(message)[:80]}")
    return _build(vocabulary[kind], message)


def vocabulary(*classes: type) -> dict[str, type]:
    """{name: class} for decode()."""
    return {cls.__name__: cls for cls in classes}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **{f.name: _plain(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value


_hints: dict[type, dict[str, Any]] = {}


def _build(cls: type, raw: dict[str, Any]) -> Any:
    hints = _hints.get(cls)
    if hints is None:
        hints = _hints[cls] = get_type_hints(cls)
    values = {}
    for field in fields(cls):
        if field.name in raw:
            values[field.name] = _typed(hints[field.name], raw[field.name], f"{cls.__name__}.{field.name}")
    try:
        return cls(**values)
    except TypeError as error:
        raise BadMessage(f"{cls.__name__}: {error}") from None


def _typed(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        options = get_args(hint)
        if value is None and type(None) in options:
            return None
        failure: BadMessage | None = None
        for option in options:
            if option is type(None):
                continue
            try:
                return _typed(option, value, where)
            except BadMessage as error:
                failure = error
        raise failure or BadMessage(f"{where}: {value!r}")
    if origin is tuple:
        inner = get_args(hint)
        if not isinstance(value, list):
            raise BadMessage(f"{where}: a list is needed")
        items = cast("list[Any]", value)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_typed(inner[0], item, where) for item in items)
        if len(inner) != len(items):
            raise BadMessage(f"{where}: {len(inner)} items are needed")
        return tuple(_typed(kind, item, where) for kind, item in zip(inner, items, strict=True))
    if origin is dict:
        if not isinstance(value, dict):
            raise BadMessage(f"{where}: an object is needed")
        pairs = cast("dict[str, Any]", value)
        return {key: _typed(get_args(hint)[1], item, where) for key, item in pairs.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise BadMessage(f"{where}: an object is needed")
        return _build(hint, cast("dict[str, Any]", value))
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise BadMessage(f"{where}: {value!r} is none of its words") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and not isinstance(value, hint):
        raise BadMessage(f"{where}: {hint.__name__} is needed, {type(value).__name__} came")
    if hint is int and isinstance(value, bool):
        raise BadMessage(f"{where}: int is needed, bool came")
    return value
