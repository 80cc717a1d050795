"""Tests of the reasons why a recording has no file or no analysis."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ring_vision.engine.errors import ErrorCode
from custom_components.ring_vision.library.errors import BrokenReason
from custom_components.ring_vision.people.gallery import KNOWN_AS_ANOTHER
from custom_components.ring_vision.reasons import async_reason_texts, reason_text

from .calls import act
from .ring_cloud_server import FAULTS, RingCloudServer
from .ring_cloud_server.clips import clip
from .steps import check, recorded

CODES = [
    *BrokenReason,
    *ErrorCode,
    *("not_ready", "no_media", "gone", "no_plan", "e2ee", "ring_edge"),
    *("connection_lost", "refused", "no_answer"),
    KNOWN_AS_ANOTHER,
]
FAILED = "sensor.anna_example_com_failed_recordings"


@pytest.mark.parametrize("code", CODES)
async def test_every_reason_has_a_text(hass: HomeAssistant, code: str) -> None:
    texts = await async_reason_texts(hass)
    assert reason_text(texts, code) != code


async def test_a_reason_of_a_later_version_is_shown_as_it_is(
    hass: HomeAssistant,
) -> None:
    texts = await async_reason_texts(hass)
    assert reason_text(texts, "something_new") == "something_new"
    assert reason_text(texts, None) is None


async def test_what_was_given_up_is_counted_with_its_reason(
    hass: HomeAssistant, account: MockConfigEntry, cloud: RingCloudServer
) -> None:
    recording = recorded(cloud, clip("libx264", "first"), minutes_ago=1)
    cloud.add_fault(FAULTS["media_html"](times=-1))
    await check(hass, account)
    state = hass.states.get(FAILED)
    assert state is not None
    assert state.state == "1"
    assert state.attributes["recordings"] == [
        {
            "recording_id": recording.key,
            "camera": "Front Door",
            "start": recording.start.isoformat(),
            "reason": "A web page came instead of the video",
        }
    ]
    answer = await act(hass, "list_recordings")
    (listed,) = answer["recordings"]
    assert listed["reason"] == "html"
    assert listed["reason_text"] == "A web page came instead of the video"
