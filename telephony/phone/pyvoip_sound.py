# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of the pyVoIP engine: one thread that every 20 ms moves a frame between devices, voices and calls.

Devices are those of `alsa`; without one (or with −2) calls go on in silence. A device that fails never costs a call.
"""

from __future__ import annotations

import logging
import threading
import time
import wave
from collections.abc import Callable

from telephony.phone import alsa
from telephony.phone.engine import ChooseDevices, Device, Speak
from telephony.phone.own_thread import Refused
from telephony.phone.pyvoip_library import audioop
from telephony.phone.pyvoip_rtp import SILENCE, Stream, loudness

log = logging.getLogger(__name__)

FRAME_S = 0.02
LATE_S = 0.2  # a machine that slept: begin anew instead of making up for it
ALL_CALLS = -1
NO_SOUND_CARD = -2
DEFAULT_DEVICE = -1


class Voice:
    """A WAV in frames of 20 ms. Raises Refused."""

    def __init__(self, file: str, loop: bool) -> None:
        self._sound, self._loop, self._at = _samples(file), loop, 0

    def next(self) -> bytes:
        """The next frame, silence at its end."""
        frame = self._sound[self._at : self._at + len(SILENCE)]
        self._at += len(SILENCE)
        if self._loop and len(frame) < len(SILENCE):
            self._at = len(SILENCE) - len(frame)
            frame += self._sound[: self._at]
        return frame.ljust(len(SILENCE), b"\0")


class Line:
    """One call's place at the mixer."""

    def __init__(self, call: int, stream: Stream) -> None:
        self.call, self.stream = call, stream
        self.muted = False
        self.microphone = self.earpiece = 0.0


class Mixer:
    """`complain()` is called when a device that was chosen does not work, `pressed(call, digit)` from its thread."""

    def __init__(self, allowed: bool, complain: Callable[[], None], pressed: Callable[[int, str], None]) -> None:
        self._allowed, self._complain, self._pressed = allowed, complain, pressed
        self._lock = threading.Lock()
        self._lines: dict[int, Line] = {}
        self._voices: dict[int, Voice] = {}
        self._chosen = ChooseDevices()
        self._microphone: alsa.Microphone | None = None
        self._speaker: alsa.Speaker | None = None
        self._bell: tuple[Voice, alsa.Speaker] | None = None
        self.devices: tuple[Device, ...] = self._found()
        self._work = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)
        self._thread.start()

    # ---- the engine's thread --------------------------------------------------------------------------------------

    def choose(self, command: ChooseDevices) -> None:
        """Use these devices from now on. Raises Refused and keeps what was."""
        devices = self._found()
        inputs = {d.id for d in devices if d.inputs} | {DEFAULT_DEVICE, NO_SOUND_CARD}
        outputs = {d.id for d in devices if d.outputs} | {DEFAULT_DEVICE, NO_SOUND_CARD}
        wanted = command.microphone in inputs and command.speaker in outputs and command.ring in outputs
        if (not self._allowed and command.microphone != NO_SOUND_CARD) or (devices and not wanted):
            raise Refused("no_device")
        if devices == self.devices and command == self._chosen:
            return  # asked again by a desk that came back: nothing to interrupt
        with self._lock:
            self._release()
            self.devices, self._chosen = devices, command
            talking = bool(self._lines)
        if talking:
            self._open_card()

    def speak(self, command: Speak) -> None:
        """Set or end the voice of a call, or of all."""
        voice = Voice(command.file, command.loop) if command.file else None
        with self._lock:
            self._voices.pop(command.call, None)
            if voice is not None:
                self._voices[command.call] = voice

    def join(self, line: Line) -> None:
        """The call talks: its sound flows, the card is needed."""
        with self._lock:
            self._lines[line.call] = line
        self._open_card()
        self._work.set()

    def leave(self, call: int) -> None:
        """The call is over; with the last one the devices are released."""
        with self._lock:
            line = self._lines.pop(call, None)
            self._voices.pop(call, None)
            if line is not None:
                line.stream.stop()
            if not self._lines and self._bell is None:
                self._release()

    def ring(self, on: bool) -> None:
        """Let the ring tone sound on its device, or stop it."""
        if on and self._bell is None and self._chosen.ring_file and self.devices and self._chosen.ring != NO_SOUND_CARD:
            try:
                bell = Voice(self._chosen.ring_file, True), alsa.Speaker(self._name(self._chosen.ring))
            except (OSError, Refused) as error:
                log.warning("ring tone: %s", error)
                self._complain()
                return
            with self._lock:
                self._bell = bell
            self._work.set()
        elif not on and self._bell is not None:
            with self._lock:
                (_, speaker), self._bell = self._bell, None
            speaker.close()

    def levels(self) -> list[tuple[int, float, float]]:
        """(call, microphone, earpiece) of every call that talks, 0…1."""
        with self._lock:
            return [(line.call, line.microphone, line.earpiece) for line in self._lines.values()]

    def close(self) -> None:
        """End the thread, release everything."""
        self._closing = True
        self._work.set()
        self._thread.join()
        self.ring(False)
        for call in list(self._lines):
            self.leave(call)
        with self._lock:
            self._release()

    # ---- the media thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        due = time.monotonic()
        while not self._closing:
            if not self._lines and self._bell is None:
                self._work.wait()
                self._work.clear()
                due = time.monotonic()
                continue
            try:
                with self._lock:
                    self._step()
            except Exception:
                log.exception("sound")
            due += FRAME_S
            wait = due - time.monotonic()
            if wait < -LATE_S:
                due = time.monotonic()
            elif wait > 0:
                time.sleep(wait)

    def _step(self) -> None:
        said = self._microphone.frame() if self._microphone is not None else SILENCE
        voices = {number: voice.next() for number, voice in self._voices.items()}
        heard = SILENCE
        for line in self._lines.values():
            line.stream.take()
            own = voices.get(line.call) or voices.get(ALL_CALLS) or said
            line.microphone = loudness(own)
            line.stream.speak(SILENCE if line.muted else own)
            frame = line.stream.next_heard()
            line.earpiece = loudness(frame)
            heard = audioop.add(heard, frame, 2)
            while line.stream.digits:
                self._pressed(line.call, line.stream.digits.popleft())
        if self._speaker is not None and self._lines:
            self._speaker.put(heard)
        if self._bell is not None:
            voice, speaker = self._bell
            speaker.put(voice.next())

    # ---- devices --------------------------------------------------------------------------------------------------

    def _found(self) -> tuple[Device, ...]:
        found = alsa.names() if self._allowed else ()
        return tuple(Device(number, *what) for number, what in enumerate(found))

    def _name(self, number: int) -> str:
        return alsa.DEFAULT if number == DEFAULT_DEVICE else self.devices[number].name

    def _open_card(self) -> None:
        chosen = self._chosen
        if not self.devices or not self._allowed or NO_SOUND_CARD in (chosen.microphone, chosen.speaker):
            return
        try:
            if self._speaker is None:
                self._speaker = alsa.Speaker(self._name(chosen.speaker))
            if self._microphone is None:
                self._microphone = alsa.Microphone(self._name(chosen.microphone))
        except OSError as error:
            log.warning("sound device: %s", error)
            self._complain()

    def _release(self) -> None:
        devices = self._microphone, self._speaker
        self._microphone = self._speaker = None
        for device in devices:
            if device is not None:
                device.close()


def _samples(file: str) -> bytes:
    try:
        with wave.open(file, "rb") as sound:
            if sound.getnchannels() != 1 or sound.getsampwidth() != 2 or sound.getnframes() == 0:
                raise Refused("bad_file")
            samples, rate = sound.readframes(sound.getnframes()), sound.getframerate()
    except FileNotFoundError:
        raise Refused("no_such_file") from None
    except (OSError, EOFError, wave.Error):
        raise Refused("bad_file") from None
    return samples if rate == alsa.RATE else audioop.ratecv(samples, 2, 1, rate, alsa.RATE, None)[0]
