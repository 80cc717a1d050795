"""Days are those of the owner's clock, also when it is put forward or back."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.ring_vision.library import recordings
from custom_components.ring_vision.library.models import Camera
from custom_components.ring_vision.library.store import Library
from custom_components.ring_vision.library_state import read_state

from .library.samples import add_downloaded, announced, sightings_of, track

HOUR = timedelta(hours=1)
CAMERA = Camera(id="101", name="Front Door", kind="lpd_v4", family="doorbots")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Tokyo", date(2026, 11, 1), 24),
        ("Australia/Sydney", date(2026, 10, 4), 23),
        ("Australia/Sydney", date(2026, 4, 5), 25),
    ],
)
async def test_today_has_as_many_hours_as_the_clock_gives_it(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    zone: str,
    day: date,
    hours: int,
) -> None:
    """Something is seen once an hour, the day before included."""
    await hass.config.async_set_time_zone(zone)
    late = datetime(day.year, day.month, day.day, 23, 45, tzinfo=ZoneInfo(zone))
    now = dt_util.as_utc(late)
    freezer.move_to(now)
    library = Library.open(tmp_path)
    library.run(recordings.save_cameras, [CAMERA])
    for number in range(40):
        new = announced(number, start=now - number * HOUR)
        add_downloaded(library, new, now=now)
        sightings_of(library, new.id, track())
    state = library.run(read_state, dt_util.start_of_local_day())
    library.close()
    assert state.of("101").sightings_today == hours
