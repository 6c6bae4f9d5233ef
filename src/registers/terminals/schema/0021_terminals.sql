-- SPDX-License-Identifier: Apache-2.0
-- Codes that a terminal dropped from its replay window before their time, as it last said: each could be shown twice.
ALTER TABLE terminal ADD COLUMN codes_forgotten BIGINT;
