-- SPDX-License-Identifier: Apache-2.0
-- Kept answers once more: whoever asked and what was asked stand here only under a key, because a request can be guessed from its
-- plain hash. What was kept the old way cannot be carried over, since the requests themselves were not kept.
DROP TABLE kept_answer;
CREATE TABLE kept_answer (
  shard INTEGER NOT NULL,
  caller BLOB NOT NULL,
  idempotency_key TEXT NOT NULL,
  request BLOB NOT NULL,
  status INTEGER NOT NULL,
  body BLOB NOT NULL,
  forget_at BIGINT NOT NULL,
  PRIMARY KEY (shard, caller, idempotency_key)
);
CREATE INDEX kept_answer_by_time ON kept_answer (forget_at);
