CREATE TABLE analyses (
	recording_id VARCHAR NOT NULL,
	engine VARCHAR NOT NULL,
	finished INTEGER NOT NULL,
	duration_s FLOAT NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	codec VARCHAR NOT NULL,
	seconds FLOAT NOT NULL,
	cpu_seconds FLOAT NOT NULL,
	peak_rss_mb FLOAT NOT NULL,
	frames_decoded INTEGER NOT NULL,
	frames_analyzed INTEGER NOT NULL,
	missing VARCHAR NOT NULL,
	stages VARCHAR NOT NULL,
	PRIMARY KEY (recording_id),
	FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE cameras (
	id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	family VARCHAR NOT NULL,
	location_id VARCHAR,
	firmware VARCHAR,
	time_zone VARCHAR,
	shared BOOLEAN NOT NULL,
	has_plan BOOLEAN NOT NULL,
	connected BOOLEAN NOT NULL,
	reason VARCHAR,
	PRIMARY KEY (id)
);
CREATE TABLE faces (
	id INTEGER NOT NULL,
	sighting_id INTEGER NOT NULL,
	time_s FLOAT NOT NULL,
	x1 FLOAT NOT NULL,
	y1 FLOAT NOT NULL,
	x2 FLOAT NOT NULL,
	y2 FLOAT NOT NULL,
	score FLOAT NOT NULL,
	width_px INTEGER NOT NULL,
	sharpness FLOAT NOT NULL,
	weight FLOAT NOT NULL,
	embedding BLOB NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(sighting_id) REFERENCES sightings (id) ON DELETE CASCADE
);
CREATE TABLE person_references (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	person_id INTEGER NOT NULL,
	embedding BLOB NOT NULL,
	source VARCHAR NOT NULL,
	created INTEGER NOT NULL,
	FOREIGN KEY(person_id) REFERENCES persons (id) ON DELETE CASCADE
);
CREATE TABLE persons (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	name VARCHAR NOT NULL,
	name_key VARCHAR NOT NULL,
	created INTEGER NOT NULL,
	UNIQUE (name_key)
);
CREATE TABLE recordings (
	id VARCHAR NOT NULL,
	camera_id VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	start INTEGER NOT NULL,
	duration_s FLOAT,
	state VARCHAR NOT NULL,
	reason VARCHAR,
	attempts INTEGER DEFAULT 0 NOT NULL,
	next_try INTEGER,
	asked_since INTEGER,
	asked INTEGER DEFAULT 0 NOT NULL,
	path VARCHAR,
	size INTEGER,
	downloaded INTEGER,
	analysis VARCHAR NOT NULL,
	analysis_reason VARCHAR,
	analysis_attempts INTEGER DEFAULT 0 NOT NULL,
	locked BOOLEAN DEFAULT 0 NOT NULL,
	binned INTEGER,
	binned_why VARCHAR,
	PRIMARY KEY (id)
);
CREATE TABLE sightings (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	recording_id VARCHAR NOT NULL,
	camera_id VARCHAR NOT NULL,
	track INTEGER NOT NULL,
	label VARCHAR NOT NULL,
	confidence FLOAT NOT NULL,
	start INTEGER NOT NULL,
	"end" INTEGER NOT NULL,
	frames INTEGER NOT NULL,
	x1 FLOAT NOT NULL,
	y1 FLOAT NOT NULL,
	x2 FLOAT NOT NULL,
	y2 FLOAT NOT NULL,
	moving BOOLEAN NOT NULL,
	person_id INTEGER,
	distance FLOAT,
	stranger INTEGER,
	snapshot VARCHAR,
	hidden BOOLEAN DEFAULT 0 NOT NULL,
	FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE,
	FOREIGN KEY(person_id) REFERENCES persons (id) ON DELETE SET NULL
);
CREATE TABLE tasks (
	id VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	current INTEGER NOT NULL,
	total INTEGER,
	message VARCHAR,
	started INTEGER NOT NULL,
	finished INTEGER,
	error VARCHAR,
	arguments VARCHAR,
	PRIMARY KEY (id)
);
CREATE INDEX recordings_open_analysis ON recordings (analysis, start) WHERE analysis IN ('waiting', 'failed');
CREATE INDEX recordings_by_start ON recordings (start, camera_id, state);
CREATE INDEX recordings_by_camera ON recordings (camera_id, start);
CREATE INDEX recordings_by_download ON recordings (downloaded) WHERE downloaded IS NOT NULL;
CREATE INDEX recordings_by_state ON recordings (state, start, size);
CREATE INDEX ix_tasks_started ON tasks (started);
CREATE INDEX ix_person_references_person_id ON person_references (person_id);
CREATE INDEX sightings_news ON sightings (camera_id, start) WHERE (moving OR label = 'person');
CREATE INDEX sightings_by_start ON sightings (start, camera_id);
CREATE INDEX sightings_by_person ON sightings (person_id, hidden, start);
CREATE INDEX sightings_identified ON sightings (camera_id, start) WHERE (person_id IS NOT NULL OR stranger IS NOT NULL);
CREATE INDEX ix_sightings_recording_id ON sightings (recording_id);
CREATE INDEX ix_faces_sighting_id ON faces (sighting_id);
PRAGMA user_version = 2;
