-- SPDX-License-Identifier: Apache-2.0
-- The person's class at the time of a passage, so that a journey costs the same in whatever order its records arrive.
ALTER TABLE passage ADD COLUMN concession SMALLINT;

-- Until when it is decided what happened to missing halves of journeys.
CREATE TABLE settling (
  shard INTEGER NOT NULL,
  person BLOB NOT NULL,
  scene TEXT NOT NULL,
  settled_until BIGINT NOT NULL,
  PRIMARY KEY (shard, person, scene)
);
CREATE INDEX journey_by_state ON journey (scene, state, began_at);
