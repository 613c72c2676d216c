# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialplan, as text: everything goes to the switchboard, and to a queue of Asterisk's own when there is none.

Nobody can dial anything by himself: a trunk reaches the switchboard, a phone reaches the switchboard, another node
reaches this node's phones.
"""

from __future__ import annotations

from pathlib import Path

from telephony.exchange.asterisk.settings import (
    APP,
    ARRIVED,
    EAR,
    FALLBACK_CONTEXT,
    FALLBACK_QUEUE,
    FROM_NODE,
    FROM_PHONES,
    FROM_TRUNK,
    KEEPER_BRIDGE,
    KEEPER_CONTEXT,
    OPEN,
    REFUSE_CONTEXT,
    ready_device,
)

DIALLED = "_[+0-9A-Za-z]!"  # any user part of a SIP address that a number can be
KEYED = "_[*#+0-9A-Za-z]!"
PHONE_DIALS = "phone"  # first Stasis argument of a call that a phone makes by itself
READY_CONTEXT = f"{APP}-ready"  # hints: an agent is free when he is ready and his phone is idle
HEADERS_CONTEXT = f"{APP}-headers"
FALLBACK_WAIT_S = 600  # longer than anybody waits; then the caller is told that nobody is there
NODE_RING_S = 120  # the switchboard withdraws an offer long before


def dialplan(prompts: Path, language: str) -> str:
    """All contexts."""
    return "\n".join([_from_trunk(), _fallback(prompts, language), _from_phones(), _from_node(), _keeper(), _refuse()])


def _steps(pattern: str, *steps: str) -> str:
    first, *others = steps
    return "\n".join([f"exten => {pattern},1,{first}", *(f" same => {step}" for step in others)]) + "\n"


def _from_trunk() -> str:
    return f"[{FROM_TRUNK}]\n" + _steps(
        DIALLED,
        f'GotoIf($["${{{OPEN}}}" = "0"]?closed)',
        "n,Set(TR_SIDE=customer)",
        "n,Set(TR_TO=${EXTEN})",
        "n,Set(TR_TRUNK=${CHANNEL(endpoint)})",
        f"n,Stasis({APP},{ARRIVED},${{EXTEN}},${{CHANNEL(audionativeformat)}})",
        f'n,GotoIf($["${{STASISSTATUS}}" = "FAILED"]?{FALLBACK_CONTEXT},s,1)',
        "n,Hangup()",
        "n(closed),Hangup(34)",  # 503: a trunk with another way tries that
    )


def _fallback(prompts: Path, language: str) -> str:
    """The queue, and the hints its members are watched by: the engine's word and the phone's own state in one."""
    return (
        f"[{FALLBACK_CONTEXT}]\n"
        + _steps(
            "s",
            "Set(__TR_FALLBACK=1)",
            f"n,Queue({FALLBACK_QUEUE},cC,,,{FALLBACK_WAIT_S})",
            'n,GotoIf($["${QUEUESTATUS}" = "CONTINUE"]?done)',
            f"n,Playback({prompts}/{language}/nobody)",
            "n(done),Hangup()",
        )
        + f"\n[{READY_CONTEXT}]\nexten => _[0-9A-Za-z]!,hint,{ready_device('${EXTEN}')}&PJSIP/${{EXTEN}}\n"
    )


def _from_phones() -> str:
    return f"[{FROM_PHONES}]\n" + _steps(
        KEYED,
        "Set(TR_SIDE=staff)",
        f"n,Stasis({APP},{PHONE_DIALS},${{EXTEN}})",
        "n,Hangup(21)",
    )


def _from_node() -> str:
    """A call that another node sends to a phone of ours; its X- headers are the desk's and go along.

    The headers are copied to numbered variables that the new channel inherits, because only the new channel may add
    headers to its INVITE and only the old one can read those that came.
    """
    return (
        f"[{FROM_NODE}]\n"
        + _steps(
            DIALLED,
            "Set(TR_SIDE=staff)",
            "n,Set(_TR_CALL=${PJSIP_HEADER(read,X-TR-Call)})",
            "n,Set(names=${PJSIP_HEADERS(X-)})",
            "n,Set(_TR_HEADERS=0)",
            'n(next),GotoIf($["${names}" = ""]?dial)',
            "n,Set(name=${SHIFT(names)})",
            "n,Set(_TR_HEADERS=$[${TR_HEADERS} + 1])",
            "n,Set(_TR_NAME_${TR_HEADERS}=${name})",
            "n,Set(_TR_VALUE_${TR_HEADERS}=${PJSIP_HEADER(read,${name})})",
            "n,Goto(next)",
            f"n(dial),Dial(PJSIP/${{EXTEN}},{NODE_RING_S},b({HEADERS_CONTEXT}^s^1))",
            'n,GotoIf($["${DIALSTATUS}" = "CHANUNAVAIL"]?away)',
            "n,Hangup(${HANGUPCAUSE})",
            "n(away),Hangup(20)",  # 480: the phone is not there
        )
        + f"\n[{HEADERS_CONTEXT}]\n"
        + _steps(
            "s",
            "Set(TR_SIDE=staff)",
            "n,Set(number=0)",
            "n(next),Set(number=$[${number} + 1])",
            "n,GotoIf($[${number} > 0${TR_HEADERS}]?done)",
            "n,Set(PJSIP_HEADER(add,${TR_NAME_${number}})=${TR_VALUE_${number}})",
            "n,Goto(next)",
            "n(done),Return()",
        )
    )


def _keeper() -> str:
    """Both its halves stand in a recording's bridges, muted. Else nobody would read what the far one is sent."""
    return f"[{KEEPER_CONTEXT}]\n" + _steps(
        "keep", "Answer()", f"n,Stasis({APP},{EAR},${{{KEEPER_BRIDGE}}})", "n,Hangup()"
    )


def _refuse() -> str:
    """A caller who was not answered yet is refused with the very code that the extension names."""
    return f"[{REFUSE_CONTEXT}]\n" + _steps("_[4-6]XX", "PJSIPHangup(${EXTEN})", "n,Hangup(21)")
