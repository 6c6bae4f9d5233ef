-- SPDX-License-Identifier: Apache-2.0
-- 0: the gate opened and could not say whether somebody went through. NULL in rows of before: not written down.
ALTER TABLE passage ADD COLUMN confirmed SMALLINT;
