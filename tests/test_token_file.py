"""Tests of the token's own file: on the disk before the token is used."""

import json
from pathlib import Path
import stat

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.const import DOMAIN
from custom_components.ring_vision.token_file import TokenFile

from .ring_cloud_server import LoggedRequest, RingCloudServer


@pytest.fixture
def file(hass: HomeAssistant) -> TokenFile:
    """Return the file of an entry that does not matter."""
    return TokenFile(hass, "one")


def token(name: str, expires_at: object) -> dict[str, object]:
    """Return a token with a name."""
    return {"refresh_token": name, "expires_at": expires_at}


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up and wait until its first run is over."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_new_token_is_on_the_disk_before_it_is_used(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """Whatever the API is asked with lies in the file already, for us alone."""
    path = TokenFile(hass, entry.entry_id).path
    cloud.state.expire_access_tokens()
    before = {entry.data[CONF_TOKEN]["access_token"]}
    used: list[tuple[str, str]] = []

    def look(asked: LoggedRequest) -> None:
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in before | {""}:
            used.append((bearer, json.loads(path.read_text())["token"]["access_token"]))

    cloud.on_request = look
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert used
    assert {bearer for bearer, _ in used} == {filed for _, filed in used}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_crash_right_after_a_refresh_ends_no_sign_in(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """The entry on the disk still has the token that was used up, the file the new one."""
    used_up = dict(entry.data)
    cloud.state.expire_access_tokens()
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, data=used_up)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data[CONF_TOKEN]["refresh_token"] in cloud.state.refresh_tokens
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("filed", "kept", "newest"),
    [
        (token("file", 2.0), token("entry", 1.0), "file"),
        (token("file", 1.0), token("entry", 2.0), "entry"),
        (token("file", 1.0), token("entry", 1.0), "file"),
        (token("file", 1.0), token("entry", None), "file"),
        (token("file", "soon"), token("entry", 1.0), "entry"),
        ({}, token("entry", None), "entry"),
        ({"expires_at": True}, token("entry", "soon"), "entry"),
    ],
)
async def test_the_newer_token_wins(
    file: TokenFile, filed: dict[str, object], kept: dict[str, object], newest: str
) -> None:
    """A sign-in after a backup came back may be newer than the file."""
    await file.async_save(filed)
    assert (await file.async_newest(kept))["refresh_token"] == newest


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"token": 7}'])
async def test_a_broken_file_leaves_the_entry_its_token(
    file: TokenFile, text: str
) -> None:
    """Somebody may have edited it."""
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_text(text)
    assert await file.async_newest(token("entry", 1.0)) == token("entry", 1.0)


async def test_no_file_leaves_the_entry_its_token(file: TokenFile) -> None:
    """As before the first refresh."""
    assert await file.async_newest(token("entry", 1.0)) == token("entry", 1.0)


async def test_a_token_that_cannot_be_written_is_used_all_the_same(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: RingCloudServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The entry has it; a full disk ends no sign-in."""
    # A folder stands where the file would lie.
    (TokenFile(hass, entry.entry_id).path / "full").mkdir(parents=True)
    cloud.state.expire_access_tokens()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert "could not be written" in caplog.text
    assert entry.data[CONF_TOKEN]["refresh_token"] in cloud.state.refresh_tokens
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_file_goes_with_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: RingCloudServer
) -> None:
    """What was recorded stays, the sign-in does not."""
    cloud.state.expire_access_tokens()
    await set_up(hass, entry)
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}"))
    assert path.exists()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not path.exists()
