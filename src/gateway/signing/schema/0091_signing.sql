-- SPDX-License-Identifier: Apache-2.0
-- Nonces of signatures whose time was ahead of the server's clock: what a restarted server could not tell from new ones. Each
-- stays for minutes.
CREATE TABLE used_nonce (
  shard INTEGER NOT NULL,
  nonce_hash BLOB NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (shard, nonce_hash)
);
CREATE INDEX used_nonce_by_time ON used_nonce (created);
