-- Terminals: gates and readers. A terminal's rows live in the shard that its id carries.

CREATE TABLE terminal (
  shard INTEGER NOT NULL,
  terminal_id BLOB NOT NULL,
  scene TEXT NOT NULL,
  point TEXT NOT NULL,
  directions INTEGER NOT NULL,
  clearing_group INTEGER NOT NULL,
  state TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  public_key BLOB,
  enrolled_at BIGINT,
  seen_at BIGINT,
  record_counter BIGINT NOT NULL,
  record_hash BLOB NOT NULL,
  record_at BIGINT NOT NULL,
  PRIMARY KEY (shard, terminal_id)
);

-- One-time enrolment tokens; the secret is here only as its hash.
CREATE TABLE terminal_token (
  shard INTEGER NOT NULL,
  terminal_id BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  reuse_count BIGINT NOT NULL,
  reused_at BIGINT,
  PRIMARY KEY (shard, terminal_id)
);

-- Which lists and rule files a terminal said it holds, and since when.
CREATE TABLE terminal_file (
  shard INTEGER NOT NULL,
  terminal_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  held_at BIGINT NOT NULL,
  PRIMARY KEY (shard, terminal_id, kind, name)
);

-- Every record taken in: what makes a second delivery and a fork visible, and the answer it got. The bytes are kept elsewhere.
CREATE TABLE terminal_receipt (
  shard INTEGER NOT NULL,
  terminal_id BLOB NOT NULL,
  counter BIGINT NOT NULL,
  record_hash BLOB NOT NULL,
  record_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (shard, terminal_id, counter)
);
