-- SPDX-License-Identifier: Apache-2.0
-- Terminals' records as they were received, in the terminal's shard.
CREATE TABLE terminal_record (
  shard INTEGER NOT NULL,
  terminal BLOB NOT NULL,
  counter BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (shard, terminal, counter)
);

-- A held passage from its record until it is applied in the person's shard. state: 1 waits for its outcome, 2 took place and
-- is to be applied, 3 may have taken place (unknown) and is to be applied as the scene says, 4 done.
CREATE TABLE held_passage (
  shard INTEGER NOT NULL,
  terminal BLOB NOT NULL,
  counter BIGINT NOT NULL,
  state SMALLINT NOT NULL,
  result TEXT,
  PRIMARY KEY (shard, terminal, counter)
);
CREATE INDEX held_passage_ready ON held_passage (state, shard, terminal, counter);
