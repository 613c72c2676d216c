# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchdog's process: one watchdog for every Asterisk of this site, until it is told to end.

The site's machines stand in asterisk.json of the data directory (with ami, ami_user and ami_password for the
watchdog); without that file it is the one of our own that runs there. Raises BadNodes with words.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import replace
from pathlib import Path

from resources.i18n import tr
from telephony.exchange.asterisk.nodes import BadNodes, site_nodes
from telephony.exchange.asterisk.own import running
from telephony.exchange.asterisk.settings import NODES, OWN, Node
from telephony.exchange.asterisk.watchdog import Watchdog


def known_nodes(data: Path) -> tuple[Node, ...]:
    """How the engine reaches the site's machines; none when there are none yet."""
    if nodes := site_nodes(data):
        return nodes
    own = running(data / OWN)
    return (own.node(),) if own is not None else ()


def watched_nodes(data: Path) -> tuple[tuple[Node, str], ...]:
    """Every machine as its watchdog reaches it, with its AMI address."""
    if nodes := site_nodes(data):
        silent = next((node.name for node in nodes if not node.ami), "")
        if silent:
            raise BadNodes(tr("asterisk.nodes_entry", data / NODES, silent, "ami"))
        return tuple((replace(node, user=node.ami_user, password=node.ami_password), node.ami) for node in nodes)
    own = running(data / OWN)
    if own is None:
        raise BadNodes(tr("asterisk.check_none", data / NODES))
    return ((own.watchdog_node(), own.ami),)


async def watch(data: Path) -> None:
    """Until cancelled. Says on standard output when a switchboard goes and comes."""
    dogs = [
        Watchdog(node, ami, told=lambda gone, name=node.name: print(f"{name} {'GONE' if gone else 'BACK'}", flush=True))
        for node, ami in watched_nodes(data)
    ]
    async with asyncio.TaskGroup() as tasks:
        for dog in dogs:
            tasks.create_task(dog.run(), name=f"watchdog-{dog.node.name}")


def stand_by(data: Path) -> None:
    """Run until SIGTERM or SIGINT."""

    async def run() -> None:
        task = asyncio.current_task()
        if task is not None and sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await watch(data)

    asyncio.run(run())
