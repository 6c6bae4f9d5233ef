-- SPDX-License-Identifier: Apache-2.0
-- Answers kept under the caller's Idempotency-Key, written in the commit of the operation that gave them.
CREATE TABLE kept_answer (
  shard INTEGER NOT NULL,
  caller BLOB NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  body BLOB NOT NULL,
  kept_at BIGINT NOT NULL,
  PRIMARY KEY (shard, caller, idempotency_key)
);
CREATE INDEX kept_answer_by_time ON kept_answer (kept_at);
