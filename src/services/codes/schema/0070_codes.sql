-- SPDX-License-Identifier: Apache-2.0
-- Ride grants that were made. The code itself is not kept: the tag in it resolves without a table.
CREATE TABLE ride_grant (
  shard INTEGER NOT NULL,
  grant_id BLOB NOT NULL,
  person BLOB NOT NULL,
  device BLOB NOT NULL,
  clearing_group INTEGER NOT NULL,
  service_day BIGINT NOT NULL,
  user_key BLOB NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (shard, grant_id)
);
CREATE INDEX ride_grant_by_device ON ride_grant (shard, device, service_day);
