# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as JSON lines: everything said arrives as it was said, and whatever else comes is refused in words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.kinds import AgentState, StateReason
from telephony import calls, messages
from telephony.exchange import engine
from telephony.wire import BadMessage, decode, encode, vocabulary

FINITE = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, FINITE)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), FINITE, st.text(max_size=8))
JSON_VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=4
)


@dataclass(frozen=True)
class Leaf:
    n: int
    x: float
    name: str = "leaf"
    state: AgentState = AgentState.READY


@dataclass(frozen=True)
class Tree:
    leaf: Leaf
    leaves: tuple[Leaf, ...] = ()
    pair: tuple[str, int] = ("", 0)
    named: dict[str, float] = field(default_factory=dict)
    maybe: float | None = None
    free: dict[str, Any] = field(default_factory=dict)
    on: bool = False


WORDS = vocabulary(Leaf, Tree)
LEAVES = st.builds(Leaf, st.integers(), FINITE, st.text(max_size=20), st.sampled_from(AgentState))
TREES = st.builds(
    Tree, LEAVES, st.lists(LEAVES, max_size=3).map(tuple), st.tuples(st.text(max_size=5), st.integers()),
    st.dictionaries(st.text(max_size=5), FINITE, max_size=3), st.none() | FINITE,
    st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=3), st.booleans(),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(TREES)
def test_what_is_said_arrives_as_it_was_said(tree: Tree) -> None:
    line = encode(tree)
    assert "\n" not in line
    assert decode(line, WORDS) == tree
    assert decode(line.encode(), WORDS) == tree


def _messages(module: ModuleType) -> list[type]:
    """Every message class a module defines, but those that only computers of this house build in memory."""
    return [
        each for each in vars(module).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__
    ]  # fmt: skip


SPOKEN = [cls for module in (messages, engine) for cls in _messages(module)]


@pytest.mark.parametrize("cls", SPOKEN, ids=lambda cls: f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_message_of_link_and_exchange_survives_the_journey(cls: type, data: st.DataObject) -> None:
    hints = get_type_hints(cls)
    free = {name: JSON_VALUES for name in hints if hints[name] is Any}
    free |= {name: st.dictionaries(st.text(max_size=8), JSON_VALUES) for name in hints if hints[name] == dict[str, Any]}
    message = data.draw(st.builds(cls, **free))
    assert decode(encode(message), vocabulary(cls)) == message


def test_routing_events_and_orders_can_be_written_down() -> None:
    event = calls.StateChosen("1001", AgentState.NOT_READY, StateReason.MEAL)
    assert decode(encode(event), vocabulary(calls.StateChosen)) == event
    order = calls.Note("c1", "offered", {"leg": "c1.1.1", "n": 1}, "1001")
    assert decode(encode(order), vocabulary(calls.Note)) == order


@settings(max_examples=50, deadline=None)
@given(LEAVES, st.dictionaries(st.text(min_size=1, max_size=8), JSON_VALUES, max_size=3))
def test_unknown_fields_are_ignored_and_missing_ones_take_their_default(leaf: Leaf, more: dict[str, Any]) -> None:
    known = {each.name for each in fields(Leaf)} | {"is"}
    raw = {**{name: value for name, value in more.items() if name not in known}, **json.loads(encode(leaf))}
    assert decode(json.dumps(raw), WORDS) == leaf
    del raw["name"], raw["state"]
    assert decode(json.dumps(raw), WORDS) == replace(leaf, name="leaf", state=AgentState.READY)


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60), JSON_VALUES.map(json.dumps)))
def test_anything_else_is_a_bad_message_and_nothing_worse(line: str | bytes) -> None:
    with pytest.raises(BadMessage):
        decode(line, WORDS)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["Leaf", "Tree"]), st.dictionaries(
    st.sampled_from(["n", "x", "name", "state", "leaf", "leaves", "pair", "named", "maybe", "free", "on"]), JSON_VALUES
))  # fmt: skip
def test_wrong_fields_are_a_bad_message_or_a_message(name: str, raw: dict[str, Any]) -> None:
    try:
        message = decode(json.dumps({"is": name, **raw}), WORDS)
    except BadMessage:
        return
    assert type(message).__name__ == name
    assert decode(encode(message), WORDS) == message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[]", "vocabulary"),
        ('{"is": 3}', "vocabulary"),
        ('{"is": ["Leaf"]}', "vocabulary"),
        ('{"is": "Tree"}', "leaf"),
        ('{"is": "Leaf", "n": "1", "x": 1}', "Leaf.n: int is needed, str came"),
        ('{"is": "Leaf", "n": true, "x": 1}', "Leaf.n: int is needed, bool came"),
        ('{"is": "Leaf", "n": 1, "x": true}', "Leaf.x"),
        ('{"is": "Leaf", "n": 1, "x": null}', "Leaf.x: float is needed"),
        ('{"is": "Leaf", "n": 1, "x": 1, "state": "asleep"}', "Leaf.state: 'asleep' is none of its words"),
        ('{"is": "Leaf", "n": 1, "x": 1, "state": {}}', "Leaf.state"),
        ('{"is": "Tree", "leaf": 3}', "Tree.leaf: an object is needed"),
        ('{"is": "Tree", "leaf": {"n": 1, "x": 2}, "leaves": {}}', "Tree.leaves: a list is needed"),
        ('{"is": "Tree", "leaf": {"n": 1, "x": 2}, "pair": ["a"]}', "Tree.pair: 2 items are needed"),
        ('{"is": "Tree", "leaf": {"n": 1, "x": 2}, "named": []}', "Tree.named: an object is needed"),
        ('{"is": "Tree", "leaf": {"n": 1, "x": 2}, "maybe": "1"}', "Tree.maybe"),
    ],
)
def test_refusals_say_which_part(line: str | bytes, says: str) -> None:
    with pytest.raises(BadMessage, match=says):
        decode(line, WORDS)
