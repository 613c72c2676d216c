# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting and every business number, named once. Environment variables are ``TR_<NAME>``; durations are seconds.

Raises pydantic.ValidationError, which names the variable, for a value that cannot be.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SYSTEM_DATA = Path("/var/lib/threerings")


def default_data_dir() -> Path:
    """Where data lives when nobody says: the system's place as root, else the person's own (never a roaming one)."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return SYSTEM_DATA
    return user_data_path("three-rings", appauthor=False, roaming=False)


class Settings(BaseSettings):
    """One process's settings. Frozen: who needs another value makes another object (``model_copy(update=…)``)."""

    model_config = SettingsConfigDict(env_prefix="TR_", frozen=True, extra="ignore")

    # the site and its places
    site: str = Field(default="main", pattern=r"^[a-z][a-z0-9]{0,15}$")
    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: str | None = None  # postgresql://administrator:password@host:port/postgres, when not embedded
    pg_bindir: Path | None = None  # PostgreSQL's own programs, before the wheel's and the system's
    language: Literal["zh_CN", "en"] = "zh_CN"

    # doors; 0 chooses a free port
    host: str = "127.0.0.1"
    link_port: int = Field(default=0, ge=0, le=65535)
    trunk_port: int = Field(default=0, ge=0, le=65535)
    phone_port: int = Field(default=0, ge=0, le=65535)
    phone_tls_port: int = Field(default=0, ge=0, le=65535)
    hotline: str = "400"  # the number that customers dial

    # the exchange: our own, or Asterisk (the machines of asterisk.json in the data directory, or one of our own)
    exchange: Literal["embedded", "asterisk"] = "embedded"

    # wishes from the web; without a key that door is closed
    wishes_key: SecretStr = SecretStr("")
    wishes_per_minute: int = Field(default=30, ge=1)  # from one address

    # the three rings
    ring_cadence_s: float = Field(default=5.0, gt=0)  # one ring and its pause
    rings: int = Field(default=3, ge=1)

    # the two clocks of a hand-over
    handover_s: float = Field(default=900.0, gt=0)  # until a named engineer has claimed it
    handover_alarm_s: float = Field(default=600.0, gt=0)  # when the supervisor hears of it
    callback_s: float = Field(default=900.0, gt=0)  # from the claim to the first attempt
    callback_retry_s: float = Field(default=600.0, gt=0)  # busy or no answer: the next attempt
    callback_said: bool = False  # whether the customer is told a time

    # after the call
    wrap_up_s: float = Field(default=60.0, gt=0)
    wrap_up_extend_s: float = Field(default=30.0, gt=0)
    wrap_up_extensions: int = Field(default=2, ge=0)

    # routing
    last_agent_retry_s: float = Field(default=10.0, gt=0)  # the last reachable agent is offered again after this
    service_level_s: float = Field(default=20.0, gt=0)
    outbound_calls_per_person: int = Field(default=2, ge=1)

    # leases and hearts
    lease_ttl_s: float = Field(default=3.0, gt=0)  # of the leading switchboard
    lease_renew_s: float = Field(default=1.0, gt=0)
    desk_lease_s: float = Field(default=15.0, gt=0)
    desk_renew_s: float = Field(default=5.0, gt=0)
    heartbeat_s: float = Field(default=5.0, gt=0)  # of a listening database connection
    token_s: float = Field(default=12 * 3600.0, gt=0, le=12 * 3600.0)

    # the database
    statement_timeout_s: float = Field(default=10.0, gt=0)
    lock_timeout_s: float = Field(default=5.0, gt=0)
    connect_timeout_s: float = Field(default=5.0, gt=0)

    @property
    def offer_s(self) -> float:
        """How long one handset rings before the call goes on."""
        return self.rings * self.ring_cadence_s

    @property
    def idle_in_transaction_s(self) -> float:
        """A leader stopped inside a transaction must not block its successor for longer than this."""
        return 1.5 * self.lease_ttl_s
