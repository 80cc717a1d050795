"""What the engine can do here: objects, faces, and files that nobody keeps."""

from pathlib import Path
from unittest.mock import MagicMock, patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.analyzer import Analyzer
from custom_components.ring_vision.const import CONF_RECOGNIZE_FACES
from custom_components.ring_vision.engine.client import EngineClient
from custom_components.ring_vision.engine.errors import EngineError, ErrorCode
from custom_components.ring_vision.engine.protocol import Capabilities
from custom_components.ring_vision.library import sightings
from custom_components.ring_vision.library.models import AnalysisState, SightingFilter

from .pictures import face_clip, face_picture
from .ring_cloud_server import RingCloudServer
from .steps import check, count_faces, recorded, row


@pytest.fixture
def without_faces(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the owner not want faces to be recognized."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_RECOGNIZE_FACES: False}
    )


@pytest.mark.parametrize(
    ("recognize_faces", "answer", "missing"),
    [
        (True, [EngineError(ErrorCode.CRASHED)], ("objects", "faces")),
        (False, [EngineError(ErrorCode.CRASHED)], ("objects",)),
        (True, [Capabilities(objects=False, faces=False)] * 2, ("objects", "faces")),
        (False, [Capabilities(objects=False, faces=False)] * 2, ("objects",)),
        (True, [Capabilities(objects=True, faces=False)], ("faces",)),
        (False, [Capabilities(objects=True, faces=False)], ()),
    ],
)
async def test_parts_that_cannot_run_are_told(
    hass: HomeAssistant,
    account: MockConfigEntry,
    recognize_faces: bool,
    answer: list[object],
    missing: tuple[str, ...],
) -> None:
    data = account.runtime_data
    analyzer = Analyzer(
        hass,
        data.archive,
        data.tasks,
        data.analyzer._reidentification,
        recognize_faces=recognize_faces,
        preset="balanced",
    )
    told = MagicMock()
    analyzer.async_on_change(told)
    with patch.object(EngineClient, "probe", side_effect=answer):
        await analyzer.async_prepare()
    assert analyzer.missing == missing
    assert told.called == bool(missing)


@pytest.mark.usefixtures("without_faces")
async def test_without_faces_nothing_biometric_is_asked_for_or_kept(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    """Not even where somebody was enrolled before."""
    picture = face_picture(tmp_path / "anna.jpg")
    await account.runtime_data.people.async_enroll("Anna", [picture]).wait()
    recording = recorded(cloud, face_clip(tmp_path / "glimpse.mp4", 0.1)).key
    real = EngineClient.analyze
    with patch.object(
        EngineClient, "analyze", autospec=True, side_effect=real
    ) as asked:
        await check(hass, account)
    job = asked.call_args.args[1]
    assert (job.recognize_faces, job.gallery) == (False, ())
    assert (await row(account, recording)).analysis is AnalysisState.DONE
    assert await count_faces(account) == 0
    assert account.runtime_data.analyzer.missing == ("objects",)


async def test_with_faces_their_numbers_are_kept(
    hass: HomeAssistant,
    account: MockConfigEntry,
    cloud: RingCloudServer,
    tmp_path: Path,
) -> None:
    """A face is kept with its embedding, and a match with its distance."""
    picture = face_picture(tmp_path / "anna.jpg")
    await account.runtime_data.people.async_enroll("Anna", [picture]).wait()
    recording = recorded(cloud, face_clip(tmp_path / "glimpse.mp4", 0.1)).key
    await check(hass, account)
    assert await count_faces(account) == 1
    (sighting,) = await account.runtime_data.archive.ask(
        sightings.list_sightings, SightingFilter(recording_id=recording)
    )
    assert (sighting.person_name, sighting.stranger) == ("Anna", None)
    assert 0 <= sighting.distance < 0.6


async def test_any_file_can_be_looked_at_and_nothing_is_kept(
    hass: HomeAssistant, account: MockConfigEntry, tmp_path: Path
) -> None:
    glimpse = face_clip(tmp_path / "glimpse.mp4", 0.1)
    before = set(tmp_path.rglob("*.jpg"))
    found = await account.runtime_data.analyzer.async_analyze_file(glimpse)
    assert [(seen.label, seen.stranger) for seen in found.tracks] == [("person", 1)]
    assert await count_faces(account) == 0
    assert set(tmp_path.rglob("*.jpg")) == before


async def test_a_file_that_is_none_is_an_error_of_its_own(
    hass: HomeAssistant, account: MockConfigEntry, tmp_path: Path
) -> None:
    with pytest.raises(EngineError) as raised:
        await account.runtime_data.analyzer.async_analyze_file(tmp_path / "none.mp4")
    assert raised.value.code is ErrorCode.FILE_MISSING
