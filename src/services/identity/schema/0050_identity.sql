-- SPDX-License-Identifier: Apache-2.0
-- Who may act for whom: clerks, counter codes, devices. What belongs to a person lives in the person's shard.

CREATE TABLE staff (
  shard INTEGER NOT NULL,
  staff_id BLOB NOT NULL,
  name TEXT NOT NULL,
  public_key BLOB NOT NULL,
  added_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (shard, staff_id)
);

-- The newest counter code of a person; a new one replaces it. The code itself is here only as its keyed hash.
CREATE TABLE counter_code (
  shard INTEGER NOT NULL,
  person_id BLOB NOT NULL,
  code_hash BLOB NOT NULL,
  staff_id BLOB NOT NULL,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  wrong_tries INTEGER NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (shard, person_id)
);

CREATE TABLE device (
  shard INTEGER NOT NULL,
  device_id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  public_key BLOB NOT NULL,
  name_box BLOB NOT NULL,
  enrolled_at BIGINT NOT NULL,
  low_limits_until BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (shard, device_id)
);
CREATE INDEX device_by_person ON device (shard, person_id);

-- What a device should tell its holder, newest last, a bounded number for each device.
CREATE TABLE device_notice (
  shard INTEGER NOT NULL,
  device_id BLOB NOT NULL,
  notice_number BIGINT NOT NULL,
  template TEXT NOT NULL,
  noticed_at BIGINT NOT NULL,
  PRIMARY KEY (shard, device_id, notice_number)
);

-- Failed enrolments by day and keyed hash of the network address. Older days are dropped as new ones come.
CREATE TABLE enrolment_failure (
  shard INTEGER NOT NULL,
  day BIGINT NOT NULL,
  address_hash BLOB NOT NULL,
  failures BIGINT NOT NULL,
  PRIMARY KEY (shard, day, address_hash)
);
