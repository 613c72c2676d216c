# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of an Asterisk that works for the switchboard, as text: one function per file.

What every site needs (dialplan, queue, users, music, sorcery) is the same text whether it goes into an Asterisk of our
own or into the files that an administrator copies. Secrets never stand in logs. Pure text: nothing is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from telephony.exchange.asterisk.certificates import Certificate
from telephony.exchange.asterisk.dialplan import dialplan
from telephony.exchange.asterisk.settings import (
    APP,
    FALLBACK_QUEUE,
    FROM_NODE,
    MUSIC_CLASS,
    NODE,
    PHONE_TLS_TRANSPORT,
    PHONE_TRANSPORT,
    TRUNK_TRANSPORT,
    prompts_here,
)

ENGINE_USER = APP
WATCHDOG_USER = f"{APP}-watchdog"
RING_S = 15  # three rings, as everywhere
SHOWN_VARIABLES = ("TR_CALL", "TR_LEG", "TR_SIDE", "TR_TO", "TR_TRUNK", "TR_FALLBACK")  # in every channel ARI tells of

# What is loaded, and nothing else. res_pjsip_refer is left out on purpose: transfers are the switchboard's, and one
# REFER of a phone can end Asterisk 22.10.1.
MODULES = (
    "res_pjproject", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_sorcery_memory_cache",
    "res_timing_timerfd", "res_crypto", "res_srtp", "res_musiconhold", "res_rtp_asterisk", "res_http_websocket",
    "res_websocket_client", "res_stasis", "res_stasis_answer", "res_stasis_playback", "res_stasis_recording",
    "res_stasis_snoop", "res_stasis_device_state", "app_stasis", "res_ari", "res_ari_model", "res_ari_applications",
    "res_ari_asterisk", "res_ari_bridges", "res_ari_channels", "res_ari_device_states", "res_ari_endpoints",
    "res_ari_events", "res_ari_playbacks", "res_ari_recordings", "res_ari_sounds", "res_pjsip", "res_pjsip_session",
    "res_pjsip_pubsub", "res_pjsip_sdp_rtp", "res_pjsip_authenticator_digest", "res_pjsip_registrar",
    "res_pjsip_outbound_authenticator_digest", "res_pjsip_outbound_registration", "res_pjsip_endpoint_identifier_user",
    "res_pjsip_endpoint_identifier_ip", "res_pjsip_caller_id", "res_pjsip_dtmf_info", "res_pjsip_empty_info",
    "res_pjsip_header_funcs", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_path", "res_pjsip_logger",
    "res_pjsip_acl", "res_pjsip_diversion", "res_pjsip_dlg_options", "chan_pjsip", "chan_bridge_media",
    "res_rtp_multicast", "chan_rtp", "bridge_simple", "bridge_softmix", "bridge_native_rtp", "bridge_holding",
    "bridge_builtin_features", "bridge_builtin_interval_features", "codec_alaw", "codec_ulaw", "codec_a_mu",
    "codec_g722", "codec_resample", "format_wav", "format_pcm", "format_sln", "func_callerid", "func_channel",
    "func_global", "func_logic", "func_strings", "func_timeout", "func_hangupcause", "func_devstate",
    "func_pjsip_endpoint", "func_pjsip_aor", "func_pjsip_contact", "func_sorcery", "res_manager_devicestate",
    "app_dial", "app_playback",
    "app_queue", "app_stack", "app_verbose", "app_senddtmf", "pbx_config",
)  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """Another node of the same site: its name and where its trunk side listens, HOST:PORT or HOST."""

    name: str
    address: str


@dataclass(frozen=True)
class Plan:
    """Everything that differs between Asterisks. Addresses are HOST:PORT; `rtp` first and last port of the voice.

    `external_address` and `local_nets` are for a node behind NAT: what stands in its Contact and SDP towards the rest.
    """

    name: str
    trunk: str
    phones: str
    http: str
    ami: str
    engine_password: str = field(repr=False)
    watchdog_password: str = field(repr=False)
    phones_tls: str = ""
    certificate: Certificate | None = None
    rtp: tuple[int, int] = (16384, 19999)
    peers: tuple[Peer, ...] = ()
    prompts: Path = field(default_factory=prompts_here)
    language: str = "zh_CN"
    external_address: str = ""
    local_nets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Folders:
    """Where an Asterisk of our own lives."""

    home: Path
    modules: Path
    data: Path


def site_files(plan: Plan) -> dict[str, str]:
    """What any Asterisk needs to work for the switchboard, by the name of the file it belongs to."""
    return {
        "ari.conf": ari(plan),
        "extensions.conf": dialplan(plan.prompts, plan.language),
        "http.conf": http(plan),
        "manager.conf": manager(plan),
        "musiconhold.conf": musiconhold(plan),
        "pjsip.conf": pjsip(plan),
        "queues.conf": queues(),
        "sorcery.conf": SORCERY,
    }


def own_files(plan: Plan, folders: Folders) -> dict[str, str]:
    """Every file of an Asterisk that serves us alone."""
    return {
        **site_files(plan),
        "asterisk.conf": asterisk(plan, folders),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={module}.so\n" for module in MODULES),
        "logger.conf": "[general]\n[logfiles]\nconsole => notice,warning,error\nmessages => notice,warning,error\n",
        "rtp.conf": f"[general]\nrtpstart={plan.rtp[0]}\nrtpend={plan.rtp[1]}\nicesupport=no\nstrictrtp=no\n",
        "indications.conf": _INDICATIONS,
        **{name: "[general]\nenable=no\n" for name in ("cdr.conf", "cel.conf", "dnsmgr.conf")},
        **{name: "[general]\n" for name in ("features.conf", "ccss.conf", "udptl.conf", "queuerules.conf")},
        **{name: "" for name in ("acl.conf", "codecs.conf", "pjproject.conf", "websocket_client.conf")},
        "extconfig.conf": "[settings]\n",
    }


def asterisk(plan: Plan, folders: Folders) -> str:
    """Folders and the name that stands in its channel ids."""
    home = folders.home
    places = {
        "astetcdir": home / "etc", "astmoddir": folders.modules, "astvarlibdir": home / "lib", "astdbdir": home / "db",
        "astkeydir": home / "keys", "astdatadir": folders.data, "astagidir": home / "lib",
        "astspooldir": home / "spool", "astrundir": home / "run", "astlogdir": home / "log", "astsbindir": home / "lib",
    }  # fmt: skip
    lines = [f"{name} => {place}" for name, place in places.items()]
    # entityid is told, because without a network card there is nothing to make one from
    options = ["documentation_language = en_US", f"systemname = {plan.name}", "entityid = 02:00:00:00:00:01"]
    return "\n".join(["[directories]", *lines, "", "[options]", *options, ""])


def http(plan: Plan) -> str:
    """The HTTP server of ARI."""
    host, port = plan.http.rsplit(":", 1)
    return f"[general]\nenabled=yes\nenable_static=no\nbindaddr={host}\nbindport={port}\nsessionlimit=200\n"


def ari(plan: Plan) -> str:
    """Two users: the switchboard, and the watchdog beside this Asterisk."""
    text = f"[general]\nenabled=yes\npretty=no\nwebsocket_write_timeout=1000\nchannelvars={','.join(SHOWN_VARIABLES)}\n"
    for user, password in ((ENGINE_USER, plan.engine_password), (WATCHDOG_USER, plan.watchdog_password)):
        text += f"\n[{user}]\ntype=user\nread_only=no\npassword={password}\npassword_format=plain\n"
    return text


def manager(plan: Plan) -> str:
    """AMI for the watchdog alone, and from this machine alone."""
    port = plan.ami.rsplit(":", 1)[1]
    return (
        f"[general]\nenabled=yes\nwebenabled=no\nbindaddr=127.0.0.1\nport={port}\n\n[{WATCHDOG_USER}]\n"
        f"secret={plan.watchdog_password}\ndeny=0.0.0.0/0.0.0.0\npermit=127.0.0.1/255.255.255.255\n"
        "read=system,call,agent\nwrite=system,call,agent,reporting\nwritetimeout=1000\n"
    )


def musiconhold(plan: Plan) -> str:
    """The class that callers hear while they wait."""
    return f"[{MUSIC_CLASS}]\nmode=playlist\nentry={plan.prompts}/music\n"


def queues() -> str:
    """The queue that serves callers while no switchboard does. Its members come and go with the ready agents."""
    return (
        "[general]\npersistentmembers=no\nautofill=yes\nshared_lastcall=no\n\n"
        f"[{FALLBACK_QUEUE}]\nstrategy=leastrecent\nmusicclass={MUSIC_CLASS}\ntimeout={RING_S}\nretry=1\nringinuse=no\n"
        "joinempty=yes\nleavewhenempty=no\nwrapuptime=0\nautopause=no\nreportholdtime=no\n"
    )


# The second line of each pair lets the switchboard push what it needs, at once and into memory only.
SORCERY = """[res_pjsip]
endpoint=config,pjsip.conf,criteria=type=endpoint
endpoint=memory
auth=config,pjsip.conf,criteria=type=auth
auth=memory
aor=config,pjsip.conf,criteria=type=aor
aor=memory

[res_pjsip_endpoint_identifier_ip]
identify=config,pjsip.conf,criteria=type=identify
identify=memory

[res_pjsip_outbound_registration]
registration=config,pjsip.conf,criteria=type=registration
registration=memory
"""

_INDICATIONS = (
    "[general]\ncountry=cn\n[cn]\ndescription=China\nringcadence=1000,4000\ndial=450\nbusy=450/350,0/350\n"
    "ring=450/1000,0/4000\ncongestion=450/700,0/700\n"
)


def pjsip(plan: Plan) -> str:
    """Both SIP sides and the other nodes; phones and trunks are pushed by the switchboard."""
    parts = [
        "[global]\ntype=global\nuser_agent=Three Rings\nendpoint_identifier_order=username,auth_username,ip\n",
        "[system]\ntype=system\ntimer_t1=500\nthreadpool_initial_size=5\nthreadpool_max_size=50\n",
        _transport(plan, TRUNK_TRANSPORT, "udp", plan.trunk),
        _transport(plan, PHONE_TRANSPORT, "udp", plan.phones),
    ]
    if plan.certificate is not None and plan.phones_tls:
        files = f"cert_file={plan.certificate.chain}\npriv_key_file={plan.certificate.key}\nmethod=tlsv1_2\n"
        parts.append(_transport(plan, PHONE_TLS_TRANSPORT, "tls", plan.phones_tls) + files)
    parts += [_peer(peer) for peer in plan.peers]
    return "\n".join(parts)


def _transport(plan: Plan, name: str, protocol: str, bind: str) -> str:
    text = f"[{name}]\ntype=transport\nprotocol={protocol}\nbind={bind}\n"
    if name in (PHONE_TRANSPORT, PHONE_TLS_TRANSPORT):
        text += "symmetric_transport=yes\n"  # a phone is rung by the way it registered
    if plan.external_address:
        text += f"external_signaling_address={plan.external_address}\nexternal_media_address={plan.external_address}\n"
        text += "".join(f"local_net={net}\n" for net in plan.local_nets)
    return text


def _peer(peer: Peer) -> str:
    """Another node, known by where its calls come from: it may ring our phones, and we may ring its."""
    name = NODE + peer.name
    return (
        f"[{name}]\ntype=endpoint\ntransport={TRUNK_TRANSPORT}\ncontext={FROM_NODE}\ndisallow=all\nallow=alaw,ulaw,g722\n"
        f"aors={name}\nidentify_by=ip\ndirect_media=no\nallow_transfer=no\ntrust_id_inbound=yes\nsend_pai=yes\n\n"
        f"[{name}]\ntype=aor\ncontact=sip:{peer.address}\nqualify_frequency=10\n\n"
        f"[{name}]\ntype=identify\nendpoint={name}\nmatch={peer.address}\n"
    )
