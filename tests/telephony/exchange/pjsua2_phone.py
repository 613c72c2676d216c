# SPDX-License-Identifier: GPL-3.0-or-later
"""A real softphone in a process of its own: `pjsua2_phone.py WAV HZ register HOST:PORT EXTENSION SECRET`, or
`… WAV HZ call SIP-URI`. Answers or calls, sends a tone, records what it hears (16 kHz mono), leaves when the call ends.

Prints `ready` when it is registered or has called.
"""

from __future__ import annotations

import ctypes
import sys
import time
from pathlib import Path
from typing import Any

import pjsua2 as pj

LIFE_S = 25.0


def register_digests() -> None:
    """The OpenSSL that the wheel brings knows no digest until it is told."""
    for library in sorted((Path(pj.__file__).parent / "pjsua2_python.libs").glob("libcrypto*")):
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL).OPENSSL_add_all_algorithms_noconf()


class Conversation(pj.Call):
    """Tone out, recording in."""

    hz = 0
    wav = ""
    over = False
    sound: list[Any] = []  # noqa: RUF012 - must outlive the call

    def onCallMediaState(self, prm: Any) -> None:
        information = self.getInfo()
        for media in information.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE and not self.sound:
                audio = self.getAudioMedia(media.index)
                tone, tones = pj.ToneGenerator(), pj.ToneDescVector()
                tone.createToneGenerator(16000, 1)
                one = pj.ToneDesc()
                one.freq1, one.freq2, one.on_msec, one.off_msec = Conversation.hz, 0, 20000, 0
                tones.append(one)
                tone.play(tones, True)
                tone.startTransmit(audio)
                recorder = pj.AudioMediaRecorder()
                recorder.createRecorder(Conversation.wav)
                audio.startTransmit(recorder)
                Conversation.sound += [tone, recorder]

    def onCallState(self, prm: Any) -> None:
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            Conversation.over = True


class Sign(pj.Account):
    """Answers at once."""

    call: Any = None

    def onRegState(self, prm: Any) -> None:
        print("ready" if prm.code == 200 else f"refused {prm.code}", flush=True)

    def onIncomingCall(self, prm: Any) -> None:
        self.call = Conversation(self, prm.callId)
        answer = pj.CallOpParam()
        answer.statusCode = 180
        self.call.answer(answer)
        answer.statusCode = 200
        self.call.answer(answer)


def main(words: list[str]) -> None:
    """The whole life of the phone."""
    register_digests()
    Conversation.wav, Conversation.hz = words[0], int(words[1])
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    settings.logConfig.level = settings.logConfig.consoleLevel = 0
    settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly = 0, True
    settings.medConfig.noVad, settings.medConfig.ecTailLen = True, 0
    endpoint.libInit(settings)
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    endpoint.codecSetPriority("PCMA/8000/1", 255)
    account = pj.AccountConfig()
    account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account.idUri = "sip:13800138000@127.0.0.1"
    if words[2] == "register":
        account.idUri = f"sip:{words[4]}@127.0.0.1"
        account.regConfig.registrarUri = f"sip:{words[3]}"
        account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", words[4], 0, words[5]))
    sign = Sign()
    sign.create(account)
    if words[2] == "call":
        sign.call = Conversation(sign)
        sign.call.makeCall(words[3], pj.CallOpParam(True))
        print("ready", flush=True)
    end = time.monotonic() + LIFE_S
    while time.monotonic() < end and not Conversation.over:
        endpoint.libHandleEvents(10)
    Conversation.sound.clear()
    sign.call = None
    endpoint.hangupAllCalls()
    del sign
    endpoint.libDestroy()


if __name__ == "__main__":
    main(sys.argv[1:])
