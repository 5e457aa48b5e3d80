"""The user's settings: a TOML file, overruled by the environment, overruled by options."""

from __future__ import annotations

import os

import msgspec
from msgspec import Struct

from kb import paths
from kb.errors import BadSetting
from pycli.terminal.labels import Languages

LANGUAGE_CHOICES: dict[str, Languages] = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}

THEMES = ("auto", "dark", "light")


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """What `config.toml` may say."""

    lang: str = ""
    color: str = ""
    theme: str = ""
    pager: str = ""
    python: str = ""
    timeout: float = 0.0


def load() -> Config:
    """The settings file; defaults when there is none. Raises BadSetting with file and key."""
    path = paths.config_file()
    try:
        if not path.is_file() and path.exists():
            raise BadSetting(f"cannot read {path}: it is no regular file; see: ptnote paths")
        raw = path.read_bytes()
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise BadSetting(f"cannot read {path}: {error.strerror}; see: ptnote paths") from error
    import tomllib

    try:
        config = msgspec.convert(tomllib.loads(raw.decode()), Config)
    except (ValueError, msgspec.ValidationError) as error:
        raise BadSetting(f"{path}: {error}; it may hold: {', '.join(Config.__struct_fields__)}") from error
    if config.lang and config.lang not in LANGUAGE_CHOICES:
        raise BadSetting(f"{path}: lang = '{config.lang}'; use en, zh or both")
    if config.color and config.color not in ("always", "auto", "never"):
        raise BadSetting(f"{path}: color = '{config.color}'; use always, auto or never")
    if config.theme and config.theme not in THEMES:
        raise BadSetting(f"{path}: theme = '{config.theme}'; use auto, dark or light")
    return config


def theme(config: Config) -> str:
    """The colors to use: `PTNOTE_THEME`, then the settings. Raises BadSetting for one that there is not."""
    chosen = os.environ.get("PTNOTE_THEME") or config.theme or THEMES[0]
    if chosen not in THEMES:
        raise BadSetting(f"PTNOTE_THEME is '{chosen}'; use auto, dark or light")
    return chosen


def languages(option: str | None, config: Config) -> Languages:
    """The languages to speak: option, `PTNOTE_LANG`, settings, then the locale; English if
    those say nothing. Raises BadSetting for a `PTNOTE_LANG` that names none."""
    if option:
        return LANGUAGE_CHOICES[option]
    chosen = os.environ.get("PTNOTE_LANG", "")
    if chosen:
        if chosen not in LANGUAGE_CHOICES:
            raise BadSetting(f"PTNOTE_LANG is '{chosen}'; use en, zh or both")
        return LANGUAGE_CHOICES[chosen]
    if config.lang:
        return LANGUAGE_CHOICES[config.lang]
    return LANGUAGE_CHOICES[_locale()]


def _locale() -> str:
    """What the locale says: the first variable that is set decides, as gettext has it."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").split(":")[0]
        if value:
            code = value.split(".")[0].split("_")[0].lower()
            return "zh" if code == "zh" else "en"
    return "en"
