# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes every WAV in this folder (8 kHz, mono, 16 bit): speech by espeak-ng and sox, music by numpy. Run it by hand.

The files are kept in the repository, so a running system needs neither program.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8000
HERE = Path(__file__).parent
PEAK_DB = "-4"

WORDS = {
    "zh_CN": {
        "waiting": "您好，坐席正忙，请稍候，我们会尽快接听。",
        "nobody": "现在无人接听，按 1 键我们会回电给您。",
        "callback_noted": "好的，我们已经记下您的号码，会尽快回电给您。再见。",
        "recording_notice": "为了保证服务质量，本次通话将被录音。",
        "welcome": "您好，欢迎致电三声客户服务热线。",
        "closed": "您好，现在是非工作时间。请您在工作时间再来电，谢谢。再见。",
        "closed_holiday": "您好，今天是节假日，我们暂停服务。请您在工作日再来电，谢谢。再见。",
        "closed_emergency": "您好，由于特殊情况，热线暂停服务。给您带来不便，敬请谅解。再见。",
        "blocked": "您好，您的来电无法接通。再见。",
        "unavailable": "对不起，现在无法为您接通，请稍后再拨。再见。",
        "menu_example": "报修请按 1，查询请按 2，投诉请按 3。英语服务请按 9。",
        "menu_wrong": "对不起，按键无效。",
        "voicemail_greeting": "请在提示音后留言，留言结束请按井号键或直接挂机。",
        "callback_no_number": "对不起，我们没有收到您的号码，无法给您回电，请稍后再拨。再见。",
        "callback_here": "您好，这里是三声客户服务热线，您预约的回电，正在为您接通坐席。",
        "position_far": "您前面还有六十位以上的来电。",
        "wait_short": "预计等待不到一分钟。",
        "wait_long": "预计等待一小时以上。",
    },
    "en": {
        "waiting": "Hello. All our agents are busy. Please hold on, we will be with you as soon as possible.",
        "nobody": "Nobody can answer right now. Press 1 and we will call you back.",
        "callback_noted": "Thank you. We have noted your number and will call you back soon. Goodbye.",
        "recording_notice": "To keep our service good, this call will be recorded.",
        "welcome": "Hello, and welcome to the Three Rings customer service hotline.",
        "closed": "Hello. We are closed at this hour. Please call again during our working hours. Goodbye.",
        "closed_holiday": "Hello. Today is a holiday and we are closed. Please call again on a working day. Goodbye.",
        "closed_emergency": "Hello. Our hotline is closed for an exceptional reason. We are sorry. Goodbye.",
        "blocked": "Hello. Your call cannot be connected. Goodbye.",
        "unavailable": "We are sorry, your call cannot be connected now. Please try again later. Goodbye.",
        "menu_example": "For repairs, press 1. For enquiries, press 2. For complaints, press 3. For Chinese, press 9.",
        "menu_wrong": "Sorry, that key is not in use.",
        "voicemail_greeting": "Please leave a message after the tone. When you are done, press hash or hang up.",
        "callback_no_number": "Sorry, we did not get your number and cannot call you back. Please try later. Goodbye.",
        "callback_here": "Hello, this is the Three Rings hotline, calling you back as you asked. One moment, please.",
        "position_far": "There are more than sixty callers before you.",
        "wait_short": "The expected wait is less than a minute.",
        "wait_long": "The expected wait is more than an hour.",
    },
}

PIECES = {
    "zh_CN": {
        "position": "您目前的排队序号是",
        "wait_about": "预计等待约",
        "wait_minute": "分钟。",
        "wait_minutes": "分钟。",
    },
    "en": {
        "position": "You are number",
        "wait_about": "The expected wait is about",
        "wait_minute": "minute.",
        "wait_minutes": "minutes.",
    },
}
"""Words that are said one after the other with numbers between them, so without silence at their edges."""
NUMBERS_TO = 59  # number-0 … number-59
DIGITS_ZH = "零一二三四五六七八九"
VOICES = {"zh_CN": ("cmn", 205, 50), "en": ("en-gb", 165, 45)}

ROBOTS = {
    "caller_1": (
        "cmn+f3", 245, 60,
        "您好，我姓王。我家的打印机打出来的字都是花的，换了新的墨盒也没有用。机器是去年十一月买的，应该还在保修期里。"
        "昨天开始还会卡纸，一张都打不出来。麻烦你们尽快派人来看一下。",
    ),
    "caller_2": (
        "cmn+m3", 245, 40,
        "喂，你好，我是李建国。公司的一台笔记本电脑开不了机，按电源键只有灯亮一下，屏幕是黑的。里面有很重要的资料，"
        "能不能告诉我该怎么办？如果要修，我想送到附近的维修站去。",
    ),
    "caller_3": (
        "cmn+f2", 240, 70,
        "你好，我这里是阳光小学。我们机房有五台电脑，装了新系统以后就上不了网，重新启动也不行。老师们明天还要上课，"
        "请转给工程师帮我们看一看，谢谢。",
    ),
    "caller_4": (
        "cmn+m7", 240, 35,
        "你好，我上个星期报修过一次显示器，工程师来换了一块板，可是今天又开始闪屏了。这已经是第二次了，"
        "请你们查一下上次的工单，给我一个说法。",
    ),
    "agent": (
        "cmn+f4", 245, 55,
        "您好，三声客服为您服务，请问有什么可以帮您？好的，请您说一下产品的型号和序列号。请问故障是从什么时候开始的？"
        "我已经记下来了，请您稍等，我帮您查一下保修状态。",
    ),
    "engineer": (
        "cmn+m1", 240, 45,
        "您好，我是热线工程师。您的情况我已经看到了，请您先把电源关掉，等三十秒再打开。如果还是不行，"
        "我们会安排维修工程师上门为您检查。",
    ),
}  # fmt: skip


def number_words(value: int, language: str) -> str:
    """0…59 in words; espeak reads English digits by itself."""
    if language != "zh_CN":
        return str(value)
    tens, ones = divmod(value, 10)
    if not tens:
        return DIGITS_ZH[ones]
    return ("" if tens == 1 else DIGITS_ZH[tens]) + "十" + (DIGITS_ZH[ones] if ones else "")


def speak(words: str, voice: str, speed: int, pitch: int, target: Path, *, piece: bool = False) -> None:
    """Speech to an 8 kHz WAV. Raises CalledProcessError when espeak-ng or sox fails."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "speech.wav"
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(raw), words], check=True
        )
        form = ["-r", str(RATE), "-c", "1", "-b", "16"]
        edges = ["pad", "0.15", "0.25"]
        if piece:
            trim = ["silence", "1", "0.01", "0.5%", "reverse"]
            edges = [*trim, *trim, "pad", "0.02", "0.08"]
        effects = ["gain", "-6", "highpass", "200", "lowpass", "3400", "norm", PEAK_DB, *edges]
        subprocess.run(["sox", str(raw), *form, str(target), *effects], check=True)


def beep() -> npt.NDArray[np.int16]:
    """The tone before a message: 1 kHz, 0.4 s, with soft edges."""
    t = np.arange(int(0.4 * RATE)) / RATE
    soft = np.minimum(np.minimum(t / 0.01, (0.4 - t) / 0.01), 1)
    return (np.sin(2 * np.pi * 1000 * t) * soft * 9000).astype(np.int16)


def music() -> npt.NDArray[np.int16]:
    """A quiet arpeggio of four chords, about 19 s, whose end runs into its beginning."""
    chords = [(261.63, 329.63, 392.0, 493.88), (220.0, 261.63, 329.63, 392.0),
              (174.61, 220.0, 261.63, 329.63), (196.0, 246.94, 293.66, 440.0)]  # fmt: skip
    step, notes = 0.3, [0, 1, 2, 3, 2, 1, 2, 1]
    melody = [(chord, chord[n] * 2) for _ in range(2) for chord in chords for n in notes]
    total = int(len(melody) * step * RATE)
    out = np.zeros(total)
    for number, (chord, frequency) in enumerate(melody):
        start = int(number * step * RATE)
        _ring(out, start, frequency, 1.4, 0.30)
        if number % len(notes) == 0:
            _ring(out, start, chord[0], 2.6, 0.34)
            _ring(out, start, chord[2], 2.6, 0.16)
    return (out / np.abs(out).max() * 9000).astype(np.int16)


def _ring(out: npt.NDArray[np.float64], start: int, frequency: float, seconds: float, level: float) -> None:
    """One soft note with two harmonics; what rings past the end is heard at the beginning."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * frequency * t) + 0.35 * np.sin(4 * np.pi * frequency * t) * np.exp(-3 * t)
    tone += 0.12 * np.sin(6 * np.pi * frequency * t) * np.exp(-5 * t)
    envelope = np.minimum(t / 0.015, 1) * np.exp(-2.2 * t) * np.minimum((seconds - t) / 0.1, 1)
    positions = (start + np.arange(len(t))) % len(out)
    out[positions] += level * tone * envelope


def save(samples: npt.NDArray[np.int16], target: Path) -> None:
    """Write a WAV."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def main() -> None:
    """Make all of them."""
    for language, prompts in WORDS.items():
        (HERE / language).mkdir(exist_ok=True)
        voice, speed, pitch = VOICES[language]
        for name, words in prompts.items():
            speak(words, voice, speed, pitch, HERE / language / f"{name}.wav")
        numbers = {f"number-{value}": number_words(value, language) for value in range(NUMBERS_TO + 1)}
        for name, words in {**PIECES[language], **numbers}.items():
            speak(words, voice, speed, pitch, HERE / language / f"{name}.wav", piece=True)
        save(beep(), HERE / language / "beep.wav")
    (HERE / "robots").mkdir(exist_ok=True)
    for name, (voice, speed, pitch, words) in ROBOTS.items():
        speak(words, voice, speed, pitch, HERE / "robots" / f"{name}.wav")
    save(music(), HERE / "music.wav")


if __name__ == "__main__":
    main()
