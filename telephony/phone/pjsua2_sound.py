# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of the pjsua2 engine: devices, the voice that speaks, the earpiece, the ring tone. Lives on the SIP thread.

Three cases, in this order: PJSIP's own devices (Windows, macOS); ALSA through a port of ours, because the Linux wheel
has no sound at all; no sound card, where a clock without device keeps calls and voices going. A device that fails
never costs a call: it is said as CommandRefused("ChooseDevices", "no_device").
"""

from __future__ import annotations

import logging
import wave
from collections.abc import Callable
from typing import Any

from telephony.phone import alsa
from telephony.phone.engine import ChooseDevices, Device, Speak
from telephony.phone.pjsip import pj, words

log = logging.getLogger(__name__)

ALL_CALLS = -1
DEFAULT_DEVICE = -1
NO_SOUND_CARD = -2
PJSIP_DEFAULT_SPEAKER = -2  # its number for what is −1 among microphones


class BadSound(Exception):
    """A file or device that cannot be used; the text is CommandRefused.why."""


class _Card(pj.AudioMediaPort):
    """An ALSA microphone and speaker as a port of PJSIP's bridge; either may be closed, then it is silent."""

    def __init__(self, microphone: str, speaker: str) -> None:
        super().__init__()
        self._names = microphone, speaker
        self._microphone: alsa.Microphone | None = None
        self._speaker: alsa.Speaker | None = None
        shape = pj.MediaFormatAudio()
        shape.init(pj.PJMEDIA_FORMAT_PCM, alsa.RATE, 1, 20_000, 16)
        self.createPort("sound card", shape)

    def open(self, listening: bool) -> None:
        """Open the speaker, and the microphone when `listening`. Raises OSError."""
        microphone, speaker = self._names
        if self._speaker is None and speaker:
            self._speaker = alsa.Speaker(speaker)
        if listening and self._microphone is None and microphone:
            self._microphone = alsa.Microphone(microphone)

    def close(self) -> None:
        """Release both devices."""
        microphone, speaker = self._microphone, self._speaker
        self._microphone = self._speaker = None
        for device in (microphone, speaker):
            if device is not None:
                device.close()

    def onFrameRequested(self, frame: Any) -> None:
        microphone = self._microphone
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf = pj.ByteVector(microphone.frame() if microphone is not None else alsa.SILENCE)

    def onFrameReceived(self, frame: Any) -> None:
        speaker = self._speaker
        if speaker is not None and frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO:
            speaker.put(bytes(frame.buf))


class Sound:
    """`allowed` False never opens a device. `complain()` is called when one that was chosen does not work."""

    def __init__(self, manager: Any, allowed: bool, complain: Callable[[], None]) -> None:
        self._manager, self._allowed, self._complain = manager, allowed, complain
        self._voices: dict[int, Any] = {}
        self._card: _Card | None = None
        self._bell: list[Any] = []
        self._chosen = ChooseDevices()
        self._set = False
        self.devices: tuple[Device, ...] = ()
        self.choose(ChooseDevices() if allowed else ChooseDevices(NO_SOUND_CARD, NO_SOUND_CARD, NO_SOUND_CARD))

    def choose(self, command: ChooseDevices) -> None:
        """Use these devices from now on. Raises BadSound and keeps what was."""
        if not self._allowed and command.microphone != NO_SOUND_CARD:
            raise BadSound("no_device")
        own = [(info.name, info.inputCount, info.outputCount) for info in self._manager.enumDev2()]
        found = (own or list(alsa.names())) if self._allowed else []
        devices = tuple(Device(number, *what) for number, what in enumerate(found))
        inputs = {d.id for d in devices if d.inputs} | {DEFAULT_DEVICE, NO_SOUND_CARD}
        outputs = {d.id for d in devices if d.outputs} | {DEFAULT_DEVICE, NO_SOUND_CARD}
        wanted = command.microphone in inputs and command.speaker in outputs and command.ring in outputs
        if devices and not wanted:
            raise BadSound("no_device")
        if self.devices == devices and self._chosen == command and self._set:
            return  # asked again by a desk that came back: nothing to interrupt
        self._set = True
        self.idle()
        self.devices, self._chosen, self._card = devices, command, None
        if not devices or NO_SOUND_CARD in (command.microphone, command.speaker):
            self._manager.setNullDev()
        elif own:
            self._manager.setSndDevMode(pj.PJSUA_SND_DEV_NO_IMMEDIATE_OPEN)
            self._manager.setCaptureDev(command.microphone)
            self._manager.setPlaybackDev(
                PJSIP_DEFAULT_SPEAKER if command.speaker == DEFAULT_DEVICE else command.speaker
            )
        else:
            self._manager.setNullDev()  # its clock drives the bridge
            self._card = _Card(self._name(command.microphone), self._name(command.speaker))

    def speak(self, command: Speak) -> Any:
        """Set or end a voice. Returns the old one: it may only go when nobody listens to it any more."""
        voice = player(command.file, command.loop) if command.file else None
        old = self._voices.pop(command.call, None)
        if voice is not None:
            self._voices[command.call] = voice
        return old

    def forget(self, call: int) -> None:
        """The call is over: its own voice goes."""
        self._voices.pop(call, None)

    def voice(self, call: int) -> Any:
        """What speaks into this call: its voice, the voice of all, the microphone."""
        card = self._card or self._manager.getCaptureDevMedia()
        return self._voices.get(call) or self._voices.get(ALL_CALLS) or card

    def earpiece(self) -> Any:
        """Where the far side is heard."""
        return self._card or self._manager.getPlaybackDevMedia()

    def talking(self) -> None:
        """A call talks: its sound card is needed. One that does not open leaves the call without it."""
        if self._card is not None:
            try:
                self._card.open(listening=True)
            except OSError as error:
                self.failed(error)

    def failed(self, error: BaseException) -> None:
        """A device did not work: go on without one and say so."""
        log.warning("sound device: %s", words(error))
        if self._card is None:
            self._manager.setNullDev()
        self._complain()

    def ring(self, on: bool) -> None:
        """Let the ring tone sound on its device, or stop it."""
        if not on:
            self._hush()
        elif not self._bell and self._chosen.ring_file and self.devices and self._chosen.ring != NO_SOUND_CARD:
            try:
                tone, bell = player(self._chosen.ring_file, loop=True), self._bell_device()
                tone.startTransmit(bell)
                self._bell = [tone, bell]
            except (pj.Error, BadSound, OSError) as error:
                log.warning("ring tone: %s", words(error))
                self._complain()

    def idle(self) -> None:
        """No call any more: devices are released, the microphone is nobody's."""
        self._hush()
        if self._card is not None:
            self._card.close()

    def close(self) -> None:
        """Let go of every object of PJSIP, before it is destroyed."""
        self.idle()
        self._voices.clear()
        self._card = None

    def _hush(self) -> None:
        for piece in self._bell:
            if isinstance(piece, _Card) and piece is not self._card:
                piece.close()
        self._bell = []

    def _bell_device(self) -> Any:
        ring, same = self._chosen.ring, self._chosen.ring in (DEFAULT_DEVICE, self._chosen.speaker)
        if self._card is not None:
            bell = self._card if same else _Card("", self._name(ring))
            bell.open(listening=False)
            return bell
        if same:
            return self._manager.getPlaybackDevMedia()
        bell = pj.ExtraAudioDevice(ring, -1)
        bell.open()
        return bell

    def _name(self, number: int) -> str:
        return alsa.DEFAULT if number == DEFAULT_DEVICE else self.devices[number].name


def player(file: str, loop: bool) -> Any:
    """A player of a 16-bit mono WAV. Raises BadSound."""
    try:
        with wave.open(file, "rb") as sound:
            if sound.getnchannels() != 1 or sound.getsampwidth() != 2 or sound.getnframes() == 0:
                raise BadSound("bad_file")
    except FileNotFoundError:
        raise BadSound("no_such_file") from None
    except (OSError, EOFError, wave.Error):
        raise BadSound("bad_file") from None
    made = pj.AudioMediaPlayer()
    made.createPlayer(file, 0 if loop else pj.PJMEDIA_FILE_NO_LOOP)
    return made


def level(raw: int) -> float:
    """PJSIP's 0…255 as 0…1."""
    return round(min(raw, 255) / 255, 3)
