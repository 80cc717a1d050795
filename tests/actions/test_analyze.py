"""The actions that look at recordings and at files."""

from pathlib import Path

from homeassistant.components.media_source import URI_SCHEME
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import text

from custom_components.ring_vision.const import DOMAIN
from tests.calls import act, keep, refused
from tests.library import samples
from tests.pictures import face_picture
from tests.ring_cloud_server import CloudRecording

OLDER = "UPDATE analyses SET engine = '1 resnet'"
LOCAL = f"{URI_SCHEME}media_source/local/"


@pytest.fixture
def media(hass: HomeAssistant) -> Path:
    """Return the folder of the local media."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def allowed(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant is allowed to read."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    return folder


async def test_looking_again_puts_the_new_result_in_place_of_the_old_one(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    before = (await act(hass, "list_sightings"))["sightings"]
    key = one_recording.key
    response = await act(hass, "analyze", recordings=[key, key], wait=True)
    assert (response["analyzed"], response["failed"]) == ([key], {})
    after = (await act(hass, "list_sightings"))["sightings"]
    assert [one["recording_id"] for one in before] == [key]
    assert [one | {"id": 0} for one in after] == [one | {"id": 0} for one in before]
    assert after[0]["stranger"] == 1
    listed = (await act(hass, "list_recordings"))["recordings"]
    assert [(one["analysis"], one["analysis_seconds"] > 0) for one in listed] == [
        ("done", True)
    ]


async def test_what_an_older_version_looked_at_is_looked_at_again_when_asked(
    hass: HomeAssistant, one_recording: CloudRecording, account: MockConfigEntry
) -> None:
    response = await act(hass, "analyze", outdated=True, wait=True)
    assert response["analyzed"] == []
    library = account.runtime_data.archive.library
    library.run(lambda connection: connection.execute(text(OLDER)))
    assert (await act(hass, "analyze", wait=True))["analyzed"] == []
    response = await act(hass, "analyze", outdated=True, wait=True)
    assert response["analyzed"] == [one_recording.key]


async def test_all_that_wait_are_looked_at_and_the_broken_ones_set_aside(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    broken, lost = keep(account, samples.announced(1), samples.announced(2))
    account.runtime_data.archive.files.remove(f"101/{lost}.mp4")
    response = await act(hass, "analyze", wait=True)
    assert response["failed"] == {broken: "not_media", lost: "file_missing"}
    assert response["analyzed"] == []
    assert (await act(hass, "analyze", wait=True))["failed"] == {}


async def test_a_recording_that_is_not_here_cannot_be_looked_at(
    hass: HomeAssistant, account: MockConfigEntry
) -> None:
    (waiting,) = samples.add(account.runtime_data.archive.library, samples.announced())
    for recording_id, key in (
        (waiting, "recording_without_file"),
        ("1234", "unknown_recording"),
        ("", "unknown_recording"),
    ):
        error = await refused(
            hass, "analyze", ServiceValidationError, recordings=[recording_id]
        )
        assert (error.translation_key, error.translation_placeholders) == (
            key,
            {"recording": recording_id},
        )


async def test_any_file_can_be_looked_at(
    hass: HomeAssistant,
    account: MockConfigEntry,
    clip_of_a_face: Path,
    allowed: Path,
    media: Path,
) -> None:
    video = clip_of_a_face.copy_into(allowed)
    by_path = await act(hass, "analyze_file", media=str(video))
    assert [
        (one["label"], one["person"], one["stranger"]) for one in by_path["sightings"]
    ] == [("person", None, 1)]
    assert (by_path["strangers"], by_path["missing"]) == (1, ["objects"])
    assert (by_path["width"], by_path["height"]) == (640, 384)
    face_picture(media / "Anna's picture.jpg")
    by_id = await act(hass, "analyze_file", media=f"{LOCAL}Anna's picture.jpg")
    assert [one["stranger"] for one in by_id["sightings"]] == [1]
    # Nothing of it is kept.
    assert (await act(hass, "list_sightings"))["sightings"] == []
    assert (await act(hass, "list_recordings"))["recordings"] == []


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("/etc/passwd", "path_not_allowed"),
        ("{allowed}/../secret.mp4", "path_not_allowed"),
        ("{allowed}/link.mp4", "path_not_allowed"),
        ("secret.mp4", "path_not_allowed"),
        ("", "path_not_allowed"),
        ("{allowed}/no\0thing.mp4", "media_not_found"),
        ("{allowed}/nothing.mp4", "media_not_found"),
        ("{allowed}", "media_not_found"),
        (LOCAL + "nothing.mp4", "media_not_found"),
        (LOCAL + "../configuration.yaml", "media_not_found"),
        (URI_SCHEME + "nobody/1", "media_not_found"),
        (URI_SCHEME + "image/image.front_door_last_snapshot", "media_not_local"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused(
    hass: HomeAssistant,
    account: MockConfigEntry,
    allowed: Path,
    media: Path,
    wanted: str,
    key: str,
) -> None:
    secret = allowed.parent / "secret.mp4"
    secret.write_bytes(b"secret")
    (allowed / "link.mp4").symlink_to(secret)
    name = wanted.replace("{allowed}", str(allowed))
    error = await refused(hass, "analyze_file", ServiceValidationError, media=name)
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    assert error.translation_placeholders == {"media": name}


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<!DOCTYPE html><html><body>Sorry</body></html>", "not_media"), (b"", "empty")],
)
async def test_a_file_without_pictures_is_refused(
    hass: HomeAssistant,
    account: MockConfigEntry,
    allowed: Path,
    content: bytes,
    reason: str,
) -> None:
    file = allowed / "video.mp4"
    file.write_bytes(content)
    error = await refused(hass, "analyze_file", HomeAssistantError, media=str(file))
    assert error.translation_key == "engine_failed"
    assert reason in error.translation_placeholders["reason"]
