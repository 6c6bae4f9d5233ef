-- The audit log: per shard one gapless sequence of entries, the tree over them, and the map that roots commit to.

-- Where a shard's log ends: enough to append. peaks are the hashes of the tree's complete subtrees, largest first.
CREATE TABLE audit_shard (
  shard INTEGER NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  peaks BLOB NOT NULL
);

-- position counts from 0 in the shard, sequence from 1 for each person.
CREATE TABLE audit_entry (
  shard INTEGER NOT NULL,
  position BIGINT NOT NULL,
  subject BLOB NOT NULL,
  sequence BIGINT NOT NULL,
  commitment BLOB NOT NULL,
  salt BLOB NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (shard, position),
  UNIQUE (shard, subject, sequence)
);

-- Complete subtrees of two leaves and more; they never change. Leaves are computed from the entries.
CREATE TABLE audit_node (
  shard INTEGER NOT NULL,
  level INTEGER NOT NULL,
  position BIGINT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (shard, level, position)
);

-- What the map holds of each person, as of the latest root; root_number is the root that brought it.
CREATE TABLE audit_map_leaf (
  shard INTEGER NOT NULL,
  subject BLOB NOT NULL,
  entry_count BIGINT NOT NULL,
  head BLOB NOT NULL,
  blind BLOB NOT NULL,
  root_number BIGINT NOT NULL,
  PRIMARY KEY (shard, subject)
);
CREATE INDEX audit_map_leaf_by_root ON audit_map_leaf (shard, root_number);

-- What the latest root says of each shard. A shard without entries has no row.
CREATE TABLE audit_head (
  shard INTEGER NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  log_root BLOB NOT NULL,
  map_root BLOB NOT NULL
);

-- The chain of signed roots, in shard 0.
CREATE TABLE audit_root (
  shard INTEGER NOT NULL,
  root_number BIGINT NOT NULL,
  signed_root BLOB NOT NULL,
  PRIMARY KEY (shard, root_number)
);
