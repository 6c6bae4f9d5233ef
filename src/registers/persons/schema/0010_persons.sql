-- Natural persons. Everything of a person lives in one shard: the low 10 bits of the blind index of the document that
-- created the person.

-- Which person a document belongs to. The number is not here: only its keyed hash.
CREATE TABLE person_claim (
  shard INTEGER NOT NULL,
  id_hash BLOB NOT NULL,
  person_id BLOB NOT NULL,
  claimed_at BIGINT NOT NULL,
  PRIMARY KEY (shard, id_hash)
);

-- The last person number given out in a shard.
CREATE TABLE person_counter (
  shard INTEGER NOT NULL PRIMARY KEY,
  last_number BIGINT NOT NULL
);

CREATE TABLE person (
  shard INTEGER NOT NULL,
  person_id BLOB NOT NULL,
  person_number BIGINT NOT NULL,
  document_box BLOB NOT NULL,
  birth_date_box BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shard, person_id),
  UNIQUE (shard, person_number)
);

-- What each source said of a person, from when it holds and when it was recorded. Rows are only added.
CREATE TABLE person_attribute (
  shard INTEGER NOT NULL,
  person_id BLOB NOT NULL,
  attribute INTEGER NOT NULL,
  valid_from BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  source TEXT NOT NULL,
  value_box BLOB NOT NULL,
  PRIMARY KEY (shard, person_id, attribute, valid_from, recorded_at)
);

-- The persons frozen now, and nobody else: freeze lists are made from this table.
CREATE TABLE person_freeze (
  shard INTEGER NOT NULL,
  person_id BLOB NOT NULL,
  person_number BIGINT NOT NULL,
  frozen_since BIGINT NOT NULL,
  PRIMARY KEY (shard, person_id)
);

-- How often a shard's freezes changed. The version of the freeze list is the sum over the shards: it only grows.
CREATE TABLE person_freeze_change (
  shard INTEGER NOT NULL PRIMARY KEY,
  changes BIGINT NOT NULL
);
