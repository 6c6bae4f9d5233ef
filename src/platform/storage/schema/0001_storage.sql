-- One row per set of shards: who may write it. A writer checks its epoch in every commit.
CREATE TABLE writer_lease (
  name TEXT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  owner TEXT NOT NULL,
  taken_at BIGINT NOT NULL,
  renewed_at BIGINT NOT NULL
);
