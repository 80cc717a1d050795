"""Which recordings to fetch, in which order, and what became of them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Concatenate, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from sqlalchemy.engine import Connection

from ..const import DOMAIN
from ..library import asking, recordings
from ..library.errors import (
    BrokenFile,
    BrokenReason,
    OutsideFolder,
    StorageReason,
    StorageUnavailable,
)
from ..library.files import RecordingFiles
from ..library.models import Recording, RecordingState
from ..library.store import Library
from ..ring_cloud import RingCloud
from ..ring_cloud.errors import CannotConnect, MediaDenied, MediaUnavailable, NotReady
from .history import History, Progress
from .intake import ChosenRecordings, DueRecordings, Intake
from .run import Downloaded, DownloadSummary, Run
from .transfer import (
    REASON_CONNECTION_LOST,
    REASON_REFUSED,
    Transfer,
    TransferFailed,
    async_job,
)

MAX_TRANSFERS: Final = 2
"""At the same time, for one account."""
RETRY_WAIT: Final = timedelta(minutes=5)
"""Until a file that the store did not give is asked for again; doubled each time."""
LONGEST_RETRY_WAIT: Final = timedelta(hours=6)
MAX_ATTEMPTS: Final = 12
"""Runs that asked the store in vain, over about two days."""
MAX_BROKEN_ATTEMPTS: Final = 7
"""Runs to which a broken file came, over half a day: a page of maintenance passes."""
MAX_STRIKES: Final = 3
"""Recordings in a row at which Ring cannot be reached, until it is taken for away."""
REASON_NO_ANSWER: Final = "no_answer"
_PASSING: Final = frozenset({REASON_CONNECTION_LOST, REASON_REFUSED, REASON_NO_ANSWER})
_BROKEN: Final = frozenset(BrokenReason)
__all__ = ["DownloadSummary", "Downloader", "Progress"]


class Downloader:
    """Brings an account's recordings into the library."""

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: RingCloud,
        library: Library,
        files: RecordingFiles,
    ) -> None:
        """Fetch nothing before somebody asks."""
        self._hass = hass
        self._cloud = cloud
        self._library = library
        self._intake = Intake(library, files)
        self._history = History(hass, cloud, library)
        self._turns = {live: asyncio.Lock() for live in (True, False)}
        self._taking = asyncio.Lock()
        self._transfers = asyncio.Semaphore(MAX_TRANSFERS)
        self._busy: set[str] = set()
        """Recordings whose files come in now, whichever run fetches them."""
        self._quiet = asyncio.Event()
        """Nothing live is being fetched: what somebody chose may go on."""
        self._quiet.set()

    async def async_check(
        self,
        camera_ids: Sequence[str],
        *,
        since: datetime,
        progress: Progress | None = None,
    ) -> list[str]:
        """Note what is new since the last look, and return its ids."""
        return await self._history.async_check(camera_ids, since, progress)

    async def async_backfill(
        self,
        camera_ids: Sequence[str],
        *,
        start: datetime | None,
        end: datetime | None,
        progress: Progress | None = None,
        name: str = "all",
        resume: bool = False,
    ) -> list[str]:
        """Note all of a span of time, and return the ids that are new.

        With `resume` a walk of that name which was cut off goes on where it was.
        """
        return await self._history.async_backfill(
            camera_ids, start, end, progress, name=name, resume=resume
        )

    async def async_download_due(
        self,
        *,
        camera_ids: Sequence[str],
        limit: int | None,
        progress: Progress,
        on_downloaded: Downloaded,
    ) -> DownloadSummary:
        """Fetch what is due, always the newest next: also what comes in meanwhile."""
        async with self._turns[True]:
            await async_job(self._hass, self._intake.clean_parts)
            due = await async_job(self._hass, self._intake.due, limit, camera_ids)
            run = Run(
                take=DueRecordings(self._intake, camera_ids, limit),
                total=len(due),
                live=True,
                again=False,
                progress=progress,
                on_downloaded=on_downloaded,
                summary=DownloadSummary(),
            )
            if due:
                self._quiet.clear()
                try:
                    await self._async_stored(run)
                finally:
                    self._quiet.set()
            return run.summary

    async def async_download_ids(
        self,
        ids: Iterable[str],
        *,
        skip_existing: bool,
        progress: Progress,
        on_downloaded: Downloaded,
    ) -> DownloadSummary:
        """Fetch these, newest first; what was deleted here stays deleted.

        Between two of them all that is due goes first: somebody may be at the door.
        """
        summary = DownloadSummary()
        chosen = list(ids)
        if not chosen:
            return summary
        async with self._turns[False]:
            with _storage_errors():
                await async_job(self._hass, self._intake.prepare)
                wanted = await async_job(
                    self._hass,
                    self._intake.plan,
                    chosen,
                    skip_existing,
                    summary.skipped,
                )
            run = Run(
                take=ChosenRecordings(
                    self._intake, wanted, not skip_existing, summary.skipped
                ),
                total=summary.done + len(wanted),
                live=False,
                again=not skip_existing,
                progress=progress,
                on_downloaded=on_downloaded,
                summary=summary,
            )
            await self._async_stored(run)
        return summary

    async def _async_stored(self, run: Run) -> None:
        """Fetch into a folder that is ready for it."""
        with _storage_errors():
            await async_job(self._hass, self._intake.prepare)
            await self._async_run(run)

    async def _async_run(self, run: Run) -> None:
        """Fetch with two hands; after an error the other one ends what it began."""
        run.tell()
        hands = [
            self._hass.async_create_background_task(
                self._async_fetch_all(run), f"{DOMAIN} transfers {number}"
            )
            for number in range(MAX_TRANSFERS)
        ]
        try:
            await asyncio.wait(hands, return_when=asyncio.FIRST_EXCEPTION)
            run.stopped = True
            await asyncio.wait(hands)
        finally:
            for hand in hands:
                hand.cancel()
            ends = await asyncio.gather(*hands, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        await self._async_end_passed_over(run)

    async def _async_fetch_all(self, run: Run) -> None:
        """Fetch one recording after the other."""
        while not run.stopped:
            if not run.live:
                await self._quiet.wait()
            recording = await self._async_take(run)
            if recording is None:
                return
            try:
                run.summary.forget(recording.id)
                run.tell(recording.id)
                async with self._transfers:
                    await self._async_one(run, recording)
            except CannotConnect:
                if not await self._async_pass_over(run, recording):
                    raise
            else:
                self._intake.doubtful.discard(recording.id)
                run.strikes, run.reached = 0, True
                run.under_way.discard(recording.id)
            finally:
                self._busy.discard(recording.id)
            run.tell()

    async def _async_take(self, run: Run) -> Recording | None:
        """Take the next recording, which no run takes again while its file comes in."""
        async with self._taking:
            # A copy: what ends while the thread looks is still due to its eyes.
            taken = frozenset(run.under_way | self._busy)
            recording = await async_job(self._hass, run.take, taken)
            if recording is not None:
                run.under_way.add(recording.id)
                self._busy.add(recording.id)
            return recording

    async def _async_pass_over(self, run: Run, recording: Recording) -> bool:
        """Say whether to go on with the next one, though Ring gave no answer.

        It may be this one, or this camera, that Ring stumbles over: were it tried
        first again and again, all older ones would wait for ever.
        """
        if run.reached and recording.id in self._intake.doubtful:
            await self._async_no_answer(run, recording)
            return True
        self._intake.doubtful.add(recording.id)
        run.passed_over[recording.id] = recording
        run.strikes += 1
        return run.strikes < MAX_STRIKES

    async def _async_end_passed_over(self, run: Run) -> None:
        """Tell whether Ring was away, or only gave no answer about some recordings."""
        if run.passed_over and not run.reached:
            raise CannotConnect("Ring could not be reached")
        for recording in run.passed_over.values():
            await self._async_no_answer(run, recording)

    async def _async_no_answer(self, run: Run, recording: Recording) -> None:
        """Come back to a recording about which Ring, there for others, says nothing."""
        await self._async_retry_later(run, recording, REASON_NO_ANSWER)
        self._intake.doubtful.discard(recording.id)
        run.under_way.discard(recording.id)

    async def _async_one(self, run: Run, recording: Recording) -> None:
        """Fetch one recording and note what became of it."""
        summary = run.summary
        try:
            fresh = await self._async_fetch(recording, again=run.again)
        except NotReady:
            await self._async_not_ready(run, recording)
        except MediaUnavailable as err:
            await self._async_note(recording, recordings.mark_skipped, err.reason)
            summary.skipped.append(recording.id)
        except MediaDenied as err:
            await self._async_denied(run, recording, err.reason)
        except BrokenFile as err:
            await self._async_retry_later(run, recording, err.reason.value)
        except TransferFailed as err:
            await self._async_retry_later(run, recording, err.reason)
        else:
            if fresh is not None:
                summary.downloaded.append(recording.id)
                run.on_downloaded(fresh)

    async def _async_fetch(
        self, recording: Recording, *, again: bool
    ) -> Recording | None:
        """Return the fresh row once the file is here; None when it was deleted."""
        begun = await async_job(self._hass, self._intake.begin, recording, again)
        if isinstance(begun, Recording):
            return begun
        ask = partial(self._cloud.async_media_url, recording)
        transfer = Transfer(self._hass, begun, ask)
        return await transfer.async_run(partial(self._intake.keep, recording))

    async def _async_not_ready(self, run: Run, recording: Recording) -> None:
        """Ask later, or never again when a day has gone by."""
        state = await self._async_note(
            recording, asking.mark_not_ready, dt_util.utcnow()
        )
        if state is RecordingState.EXPIRED:
            run.summary.failed[recording.id] = asking.REASON_NO_MEDIA
        else:
            run.summary.not_ready.append(recording.id)

    async def _async_denied(self, run: Run, recording: Recording, reason: str) -> None:
        """Ask again some hours later, or believe it when a day has gone by."""
        end = RecordingState.SKIPPED if reason == "no_plan" else RecordingState.EXPIRED
        state = await self._async_note(
            recording, asking.mark_denied, dt_util.utcnow(), end, reason
        )
        if state is RecordingState.NOT_READY:
            run.summary.not_ready.append(recording.id)
        elif state is RecordingState.SKIPPED:
            run.summary.skipped.append(recording.id)
        else:
            run.summary.failed[recording.id] = reason

    async def _async_retry_later(
        self, run: Run, recording: Recording, reason: str
    ) -> None:
        """Plan another run's try; give up what failed in many of them.

        What comes broken shows as failed meanwhile: mostly it stays so.
        """
        run.summary.failed[recording.id] = reason
        kind = _BROKEN if reason in _BROKEN else _PASSING
        again = recording.reason in kind
        attempts = recording.attempts if again else 0
        if attempts >= (MAX_BROKEN_ATTEMPTS if kind is _BROKEN else MAX_ATTEMPTS):
            await self._async_note(recording, recordings.mark_failed, reason)
            return
        await self._async_note(
            recording,
            recordings.mark_retry,
            reason,
            dt_util.utcnow() + min(LONGEST_RETRY_WAIT, RETRY_WAIT * 2**attempts),
            state=RecordingState.FAILED if kind is _BROKEN else RecordingState.SEEN,
            again=again,
        )

    async def _async_note[**P, T](
        self,
        recording: Recording,
        mark: Callable[Concatenate[Connection, str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T | None:
        """Note an end without a file, unless an older whole one is still here."""
        if recording.state is RecordingState.DOWNLOADED:
            return None
        return await async_job(
            self._hass, partial(self._library.run, mark, recording.id, *args, **kwargs)
        )


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Say in the owner's words why no file can be written."""
    try:
        yield
    except (StorageUnavailable, OutsideFolder) as err:
        full = (
            isinstance(err, StorageUnavailable)
            and err.reason is StorageReason.DISK_FULL
        )
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="disk_full" if full else "storage_unavailable",
        ) from err
