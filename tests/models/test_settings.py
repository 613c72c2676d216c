# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: the business numbers as the service flows name them, changed by environment variables, refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.settings import Settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TR_{name.upper()}", raising=False)


def test_the_numbers_of_the_house() -> None:
    settings = Settings()
    assert settings.rings == 3 and settings.offer_s == 15.0
    assert settings.handover_s == 15 * 60 and settings.handover_alarm_s == 10 * 60
    assert settings.lease_renew_s < settings.lease_ttl_s < settings.idle_in_transaction_s


def test_the_environment_changes_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TR_SITE", "north")
    monkeypatch.setenv("TR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TR_RING_CADENCE_S", "4")
    settings = Settings()
    assert (settings.site, settings.data_dir, settings.offer_s) == ("north", tmp_path, 12.0)


@pytest.mark.parametrize(
    ("name", "value"), [("SITE", "No Site"), ("RINGS", "0"), ("LINK_PORT", "65536"), ("TOKEN_S", "43201")]
)
def test_what_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"TR_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
