# SPDX-License-Identifier: GPL-3.0-or-later
"""`threerings`: the one command. Each word does one thing; every failure is a sentence and a way out, never a trace."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from models.kinds import Group
from models.settings import Settings
from models.store import founding, people
from models.store.database import connect_owner
from models.store.errors import StoreError
from models.store.server import EmbeddedServer
from resources.i18n import LANGUAGES, tr, use

T = TypeVar("T")
app = typer.Typer(help="Three Rings (三声)", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
database_app = typer.Typer(help="The site's database: init, upgrade, check.", no_args_is_help=True)
people_app = typer.Typer(help="People: add, disable, password, list.", no_args_is_help=True)
app.add_typer(database_app, name="db")
app.add_typer(people_app, name="people")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data directory.")]
Site = Annotated[str | None, typer.Option("--site", help="Name of the site.")]
Language = Annotated[str, typer.Option("--language", help="zh_CN or en.")]


def give_up(words: str) -> typer.Exit:
    """Say what happened on standard error; the exit status is 1."""
    typer.echo(words, err=True)
    return typer.Exit(1)


def settings_of(data: Path | None, site: str | None = None) -> Settings:
    """The settings of the environment, with what the command line says over them."""
    told: dict[str, Any] = {}
    if data is not None:
        told["data_dir"] = data.absolute()
    if site is not None:
        told["site"] = site
    return Settings().model_copy(update=told)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; the store's own errors become a sentence."""
    try:
        return asyncio.run(work)
    except StoreError as error:
        raise give_up(str(error)) from None


def speak(language: str) -> None:
    """Choose the language of everything said from here on."""
    if language not in LANGUAGES:
        raise give_up(f"{language}: {', '.join(LANGUAGES)}")
    use(language)


@app.command()
def demo(
    hands_off: Annotated[bool, typer.Option(help="Robots play everybody; no question is asked.")] = False,
    calls: Annotated[int | None, typer.Option(min=0, help="End after so many contacts (6 unless --minutes).")] = None,
    callers: Annotated[int, typer.Option(min=0, help="How many robots call at once; 0: only real SIP calls.")] = 2,
    minutes: Annotated[float, typer.Option(min=0.0, help="Run so long instead of until the calls have ended.")] = 0.0,
    sip: Annotated[str, typer.Option(metavar="ADDR:PORT", help="Where customers' calls arrive.")] = "",
    exchange: Annotated[str, typer.Option(help="embedded or asterisk")] = "embedded",
    language: Language = "zh_CN",
    theme: Annotated[str, typer.Option(help="light or dark")] = "light",
    customers: Annotated[int, typer.Option(min=10, help="How many demo customers.")] = 2000,
    pictures: Annotated[Path | None, typer.Option(help="Write pictures of the desks here.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report (JSON) here.")] = None,
    data: Data = None,
) -> None:
    """A whole hotline on this machine: database, exchange, staff and customers."""
    speak(language)
    if exchange not in ("embedded", "asterisk"):
        raise give_up(tr("cli.exchange_unknown", exchange))
    if theme not in ("light", "dark"):
        raise give_up(tr("cli.theme_unknown", theme))
    from desktop.demo import DemoOptions, run_demo

    wanted = calls if calls is not None else 0 if minutes else 6
    options = DemoOptions(
        hands_off=hands_off, calls=wanted, callers=callers, minutes=minutes, sip=sip, language=language, theme=theme,
        customers=customers, pictures=pictures, report=report,
        data_dir=(data or Settings().data_dir / "demo").absolute(), exchange=exchange,
    )  # fmt: skip
    raise typer.Exit(run_demo(options))


@app.command()
def desk(
    person: Annotated[str, typer.Option(help="Number to fill in at the sign-in.")] = "",
    language: Annotated[str, typer.Option("--language", help="zh_CN or en; else the one chosen before.")] = "",
    theme: Annotated[str, typer.Option(help="light or dark; else the one chosen before.")] = "",
    no_sound: Annotated[bool, typer.Option(help="Use no sound device.")] = False,
    data: Data = None,
) -> None:
    """Open one person's desk."""
    if language:
        speak(language)
    if theme not in ("", "light", "dark"):
        raise give_up(tr("cli.theme_unknown", theme))
    from desktop.app import DeskOptions, run_desk, use_chosen

    if not language:
        use_chosen()

    settings = settings_of(data)
    raise typer.Exit(
        run_desk(DeskOptions(data_dir=settings.data_dir, person=person, theme=theme, no_sound=no_sound))
    )


@app.command()
def serve(data: Data = None, site: Site = None) -> None:
    """Run the switchboard: database (embedded unless TR_DATABASE_URL), exchange, link."""
    from telephony.service.serve import run_serve

    raise typer.Exit(run_serve(settings_of(data, site)))


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    live: Annotated[bool, typer.Option(help="Calls may still be going on.")] = False,
    data: Data = None,
) -> None:
    """Prove the invariants over the event log; the exit status says whether they hold."""
    from desktop.proving import as_report, prove, words

    settings = settings_of(data)
    proof = run(prove(settings.data_dir, live=live))
    typer.echo(json.dumps(as_report(proof), ensure_ascii=False, indent=1) if as_json else words(proof))
    raise typer.Exit(1 if proof.violations else 0)


@app.command()
def check(
    what: Annotated[str, typer.Argument(help="asterisk: the site's Asterisk; nothing: this machine")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    language: Language = "zh_CN",
    data: Data = None,
) -> None:
    """The doctor: what is wrong on this machine and what to do."""
    speak(language)
    from desktop.doctor import examine, examine_asterisk, report

    if what not in ("", "asterisk"):
        raise give_up(tr("cli.check_unknown", what))
    findings = examine_asterisk(settings_of(data)) if what else examine(settings_of(data))
    typer.echo(report(findings, as_json))
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


@app.command("asterisk-watchdog")
def asterisk_watchdog(data: Data = None, language: Language = "zh_CN") -> None:
    """Beside Asterisk: hand waiting callers to Asterisk's own queue while the switchboard is gone. Until ended."""
    speak(language)
    from telephony.exchange.asterisk.nodes import BadNodes
    from telephony.exchange.asterisk.standing_by import stand_by

    try:
        stand_by(settings_of(data).data_dir)
    except BadNodes as error:
        raise give_up(str(error)) from None


BENCHES = ("lookup", "pop", "start", "routing", "setup", "embedded")


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="lookup, pop, start, routing, setup or embedded")],
    report: Annotated[Path | None, typer.Option(help="Write the result (JSON) here.")] = None,
    quick: Annotated[bool, typer.Option(help="At most a minute, on a smaller load; says so.")] = False,
) -> None:
    """Measure ours against its peer in one run."""
    from importlib import import_module

    if name not in BENCHES:
        raise give_up(tr("cli.bench_unknown", name))
    measure: Callable[..., dict[str, Any]] = import_module(f"tests.bench.{name}").measure
    result = measure(quick=quick)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    typer.echo(text)
    if report is not None:
        report.write_text(text + "\n", encoding="utf-8")


# ---- db -------------------------------------------------------------------------------------------------------


@database_app.command("init")
def database_init(data: Data = None, site: Site = None) -> None:
    """Found a site on the embedded server, or on TR_DATABASE_URL."""
    settings = settings_of(data, site)

    async def found() -> None:
        where: EmbeddedServer | str = settings.database_url or EmbeddedServer(
            settings.data_dir, bindir=settings.pg_bindir
        )
        if isinstance(where, EmbeddedServer):
            await asyncio.to_thread(where.start)
        address = await founding.init(where, settings.site, settings.data_dir)
        typer.echo(f"{address.site}: {address.host}:{address.port}/{address.database}")

    run(found())


@database_app.command("upgrade")
def database_upgrade(data: Data = None) -> None:
    """Bring tables and access to this program's version."""
    typer.echo(run(founding.upgrade(settings_of(data).data_dir)))


@database_app.command("check")
def database_check(data: Data = None) -> None:
    """Look whether the site's database is sound."""
    findings = run(founding.check(settings_of(data).data_dir))
    for finding in findings:
        typer.echo(f"{'✓' if finding.well else '✗'} {finding.words}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


# ---- people ---------------------------------------------------------------------------------------------------


@people_app.command("add")
def people_add(
    number: str,
    name: str,
    group: Annotated[list[Group], typer.Option(help="May be given several times.")],
    skill: Annotated[list[str] | None, typer.Option()] = None,
    extension: str = "",
    team: str = "",
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",
    data: Data = None,
) -> None:
    """Add a person; he signs in with his number and this password."""

    async def add() -> None:
        owner = connect_owner(settings_of(data).data_dir)
        try:
            await people.add(
                owner, number, name, group, password, skills=skill or (), extension=extension, team=team, actor="cli"
            )
        finally:
            await owner.close()

    run(add())


@people_app.command("disable")
def people_disable(number: str, data: Data = None) -> None:
    """Take the right to sign in and cut every live connection."""

    async def disable() -> int:
        owner = connect_owner(settings_of(data).data_dir)
        try:
            return await people.disable(owner, number, actor="cli")
        finally:
            await owner.close()

    typer.echo(tr("cli.cut", run(disable())))


@people_app.command("password")
def people_password(
    number: str,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",
    data: Data = None,
) -> None:
    """Give a person a new password."""

    async def change() -> None:
        owner = connect_owner(settings_of(data).data_dir)
        try:
            await people.set_password(owner, number, password, actor="cli")
        finally:
            await owner.close()

    run(change())


@people_app.command("list")
def people_list(data: Data = None) -> None:
    """Everybody with groups and skills."""

    async def everybody() -> None:
        owner = connect_owner(settings_of(data).data_dir)
        try:
            for one in await people.listing(owner):
                mark = " " if one.active else "✗"
                typer.echo(f"{mark} {one.person}\t{one.name}\t{','.join(one.groups)}\t{','.join(one.skills)}")
        finally:
            await owner.close()

    run(everybody())


def main() -> None:
    """Entry point; an interrupt from the keyboard ends quietly."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
