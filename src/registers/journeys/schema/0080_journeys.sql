-- SPDX-License-Identifier: Apache-2.0
-- Passages that took place, and the journeys computed from them. Both live in the person's shard.

-- One row for each passage, under the record that the terminal made of it.
CREATE TABLE passage (
  shard INTEGER NOT NULL,
  terminal BLOB NOT NULL,
  counter BIGINT NOT NULL,
  person BLOB NOT NULL,
  scene TEXT NOT NULL,
  passed_at BIGINT NOT NULL,
  point TEXT NOT NULL,
  direction SMALLINT NOT NULL,
  cap_fen BIGINT,
  presentation BLOB NOT NULL,
  PRIMARY KEY (shard, terminal, counter)
);
CREATE INDEX passage_by_person ON passage (shard, person, scene, passed_at);

-- One showing of a code counts once in the whole city: whoever brings it first.
CREATE TABLE presentation (
  shard INTEGER NOT NULL,
  presentation BLOB NOT NULL,
  terminal BLOB NOT NULL,
  counter BIGINT NOT NULL,
  PRIMARY KEY (shard, presentation)
);

-- A second claim on a presentation: looked at by people, never charged.
CREATE TABLE disputed_passage (
  shard INTEGER NOT NULL,
  terminal BLOB NOT NULL,
  counter BIGINT NOT NULL,
  person BLOB NOT NULL,
  first_terminal BLOB NOT NULL,
  first_counter BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (shard, terminal, counter)
);

CREATE TABLE journey (
  shard INTEGER NOT NULL,
  journey BLOB NOT NULL,
  person BLOB NOT NULL,
  scene TEXT NOT NULL,
  subject TEXT NOT NULL,
  state SMALLINT NOT NULL,
  began_at BIGINT NOT NULL,
  entry_at BIGINT,
  entry_point TEXT,
  exit_at BIGINT,
  exit_point TEXT,
  charged_fen BIGINT NOT NULL,
  owed_fen BIGINT NOT NULL,
  lines TEXT NOT NULL,
  rule_version TEXT NOT NULL,
  revision BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (shard, journey),
  UNIQUE (shard, person, scene, subject)
);
CREATE INDEX journey_by_person ON journey (shard, person, began_at);
