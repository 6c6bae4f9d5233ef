-- Several writers: each lease covers a run of shards, says where its owner can be asked, and can be given back and asked for.
ALTER TABLE writer_lease ADD COLUMN first_shard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE writer_lease ADD COLUMN last_shard INTEGER NOT NULL DEFAULT 1023;
ALTER TABLE writer_lease ADD COLUMN released SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE writer_lease ADD COLUMN address TEXT;
ALTER TABLE writer_lease ADD COLUMN asked_by TEXT;
