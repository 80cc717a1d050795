"""The words of the actions: names, fields and schemas."""

from typing import Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_NAME
from homeassistant.helpers import config_validation as cv
import probatio

from ..engine.protocol import PRESETS
from ..library.corrections import CorrectionKind
from ..library.export import ExportFormat

ATTR_BINNED: Final = "binned"
ATTR_CAMERAS: Final = "cameras"
ATTR_CORRECTION: Final = "correction"
ATTR_CORRECTION_ID: Final = "correction_id"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_END: Final = "end"
ATTR_FILES: Final = "files"
ATTR_FOLDER: Final = "folder"
ATTR_FORMAT: Final = "format"
ATTR_HOURS: Final = "hours"
ATTR_IMAGES: Final = "images"
ATTR_KEEP_DAYS: Final = "keep_days"
ATTR_KEEP_GIGABYTES: Final = "keep_gigabytes"
ATTR_KINDS: Final = "kinds"
ATTR_LABELS: Final = "labels"
ATTR_LIMIT: Final = "limit"
ATTR_LOCKED: Final = "locked"
ATTR_MEDIA: Final = "media"
ATTR_NEW_NAME: Final = "new_name"
ATTR_OFFSET: Final = "offset"
ATTR_PATH: Final = "path"
ATTR_PERMANENTLY: Final = "permanently"
ATTR_OUTDATED: Final = "outdated"
ATTR_PERSON: Final = "person"
ATTR_PERSONS: Final = "persons"
ATTR_PRESET: Final = "preset"
ATTR_RECORDING: Final = "recording"
ATTR_RECORDINGS: Final = "recordings"
ATTR_SCENERY: Final = "scenery"
ATTR_SIGHTING: Final = "sighting"
ATTR_SKIP_EXISTING: Final = "skip_existing"
ATTR_START: Final = "start"
ATTR_TASK_ID: Final = "task_id"
ATTR_WAIT: Final = "wait"

SERVICE_ANALYZE: Final = "analyze"
SERVICE_ANALYZE_FILE: Final = "analyze_file"
SERVICE_CANCEL_TASK: Final = "cancel_task"
SERVICE_CORRECT_SIGHTING: Final = "correct_sighting"
SERVICE_DELETE: Final = "delete"
SERVICE_DOWNLOAD: Final = "download"
SERVICE_ENROLL_PERSON: Final = "enroll_person"
SERVICE_EXPORT_PEOPLE: Final = "export_people"
SERVICE_EXPORT_RECORDINGS: Final = "export_recordings"
SERVICE_FORGET_PERSON: Final = "forget_person"
SERVICE_IMPORT_PEOPLE: Final = "import_people"
SERVICE_LIST_PEOPLE: Final = "list_people"
SERVICE_LIST_RECORDINGS: Final = "list_recordings"
SERVICE_LIST_SIGHTINGS: Final = "list_sightings"
SERVICE_LIST_TASKS: Final = "list_tasks"
SERVICE_LOCK: Final = "lock"
SERVICE_PURGE: Final = "purge"
SERVICE_RENAME_PERSON: Final = "rename_person"
SERVICE_RESTORE: Final = "restore"
SERVICE_UNDO: Final = "undo"

MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 1_000_000
MAX_GIGABYTES: Final = 100_000
MAX_HOURS: Final = 24 * 180
"""Ring keeps recordings 180 days at most."""

_ACCOUNT: Final = {probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}
_LIST_OF_TEXT: Final = probatio.All(probatio.EnsureList(), [cv.string])
_RECORDINGS: Final = {
    probatio.Required(ATTR_RECORDINGS): probatio.All(
        _LIST_OF_TEXT, probatio.Length(min=1, max=MAX_LIMIT)
    )
}
_LIMIT: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=MAX_LIMIT))
_PAGE: Final = {
    probatio.Optional(ATTR_CAMERAS): _LIST_OF_TEXT,
    probatio.Optional(ATTR_START): cv.datetime,
    probatio.Optional(ATTR_END): cv.datetime,
    probatio.Optional(ATTR_LIMIT, default=100): _LIMIT,
    probatio.Optional(ATTR_OFFSET, default=0): probatio.All(
        probatio.Coerce(int), probatio.Range(min=0, max=MAX_OFFSET)
    ),
}

SCHEMAS: Final[dict[str, probatio.Schema]] = {
    SERVICE_DOWNLOAD: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Optional(ATTR_START): cv.datetime,
            probatio.Optional(ATTR_END): cv.datetime,
            probatio.Optional(ATTR_HOURS): probatio.All(
                probatio.Coerce(float), probatio.Range(min=0.1, max=MAX_HOURS)
            ),
            probatio.Optional(ATTR_CAMERAS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_LIMIT): _LIMIT,
            probatio.Optional(ATTR_SKIP_EXISTING, default=True): cv.boolean,
            probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
        }
    ),
    SERVICE_ANALYZE: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Optional(ATTR_RECORDINGS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_OUTDATED, default=False): cv.boolean,
            probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
        }
    ),
    SERVICE_CORRECT_SIGHTING: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Required(ATTR_SIGHTING): cv.positive_int,
            probatio.Required(ATTR_CORRECTION): probatio.In(list(CorrectionKind)),
            probatio.Optional(ATTR_NAME): cv.string,
        }
    ),
    SERVICE_RENAME_PERSON: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Required(ATTR_PERSON): cv.string,
            probatio.Required(ATTR_NEW_NAME): cv.string,
        }
    ),
    SERVICE_UNDO: probatio.Schema(
        {**_ACCOUNT, probatio.Optional(ATTR_CORRECTION_ID): cv.positive_int}
    ),
    SERVICE_ANALYZE_FILE: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Required(ATTR_MEDIA): cv.string,
            probatio.Optional(ATTR_PRESET): probatio.In(PRESETS),
        }
    ),
    SERVICE_ENROLL_PERSON: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Required(ATTR_NAME): cv.string,
            probatio.Required(ATTR_IMAGES): probatio.All(
                _LIST_OF_TEXT, probatio.Length(min=1, max=100)
            ),
        }
    ),
    SERVICE_LIST_PEOPLE: probatio.Schema(_ACCOUNT),
    SERVICE_LIST_TASKS: probatio.Schema(_ACCOUNT),
    SERVICE_CANCEL_TASK: probatio.Schema(
        {**_ACCOUNT, probatio.Required(ATTR_TASK_ID): cv.string}
    ),
    SERVICE_LIST_RECORDINGS: probatio.Schema(
        {
            **_ACCOUNT,
            **_PAGE,
            probatio.Optional(ATTR_BINNED, default=False): cv.boolean,
        }
    ),
    SERVICE_LIST_SIGHTINGS: probatio.Schema(
        {
            **_ACCOUNT,
            **_PAGE,
            probatio.Optional(ATTR_RECORDING): cv.string,
            probatio.Optional(ATTR_LABELS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_PERSON): cv.string,
            probatio.Optional(ATTR_SCENERY, default=False): cv.boolean,
        }
    ),
    SERVICE_PURGE: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Optional(ATTR_KEEP_DAYS): cv.positive_int,
            probatio.Optional(ATTR_KEEP_GIGABYTES): probatio.All(
                probatio.Coerce(float), probatio.Range(min=0, max=MAX_GIGABYTES)
            ),
            probatio.Optional(ATTR_KINDS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_LABELS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
            probatio.Optional(ATTR_PERMANENTLY, default=False): cv.boolean,
        }
    ),
    SERVICE_DELETE: probatio.Schema(
        {
            **_ACCOUNT,
            **_RECORDINGS,
            probatio.Optional(ATTR_PERMANENTLY, default=False): cv.boolean,
        }
    ),
    SERVICE_RESTORE: probatio.Schema({**_ACCOUNT, **_RECORDINGS}),
    SERVICE_LOCK: probatio.Schema(
        {
            **_ACCOUNT,
            **_RECORDINGS,
            probatio.Optional(ATTR_LOCKED, default=True): cv.boolean,
        }
    ),
    SERVICE_FORGET_PERSON: probatio.Schema(
        {**_ACCOUNT, probatio.Required(ATTR_PERSON): cv.string}
    ),
    SERVICE_EXPORT_RECORDINGS: probatio.Schema(
        {
            **_ACCOUNT,
            probatio.Required(ATTR_FOLDER): cv.string,
            probatio.Optional(ATTR_FORMAT, default=ExportFormat.CSV.value): probatio.In(
                [one.value for one in ExportFormat]
            ),
            probatio.Optional(ATTR_FILES, default=True): cv.boolean,
            probatio.Optional(ATTR_CAMERAS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_START): cv.datetime,
            probatio.Optional(ATTR_END): cv.datetime,
            probatio.Optional(ATTR_LABELS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_PERSONS): _LIST_OF_TEXT,
            probatio.Optional(ATTR_WAIT, default=True): cv.boolean,
        }
    ),
    SERVICE_EXPORT_PEOPLE: probatio.Schema(
        {**_ACCOUNT, probatio.Required(ATTR_PATH): cv.string}
    ),
    SERVICE_IMPORT_PEOPLE: probatio.Schema(
        {**_ACCOUNT, probatio.Required(ATTR_PATH): cv.string}
    ),
}
