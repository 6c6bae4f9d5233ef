-- Accounts with their present state. `bound`: 0 none, 1 never below zero, 2 never above zero. held_out_fen and held_in_fen are
-- the sums of open holds from and to the account; entries counts the rows of ledger_entry.
CREATE TABLE ledger_account (
  shard INTEGER NOT NULL,
  account BLOB NOT NULL,
  kind SMALLINT NOT NULL,
  owner BLOB NOT NULL,
  currency TEXT NOT NULL,
  bound SMALLINT NOT NULL,
  balance_fen BIGINT NOT NULL,
  held_out_fen BIGINT NOT NULL,
  held_in_fen BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  PRIMARY KEY (shard, account)
);

-- What was posted, under the id its maker chose. `state` is that of a hold: 0 no hold, 1 open, 2 posted, 3 voided, 4 expired.
-- For kinds that settle a hold, the accounts are the hold's.
CREATE TABLE ledger_transfer (
  shard INTEGER NOT NULL,
  transfer BLOB NOT NULL,
  kind SMALLINT NOT NULL,
  from_account BLOB NOT NULL,
  to_account BLOB NOT NULL,
  amount_fen BIGINT NOT NULL,
  held BLOB,
  expires_at BIGINT,
  state SMALLINT NOT NULL,
  purpose TEXT NOT NULL,
  reference BLOB NOT NULL,
  posted_at BIGINT NOT NULL,
  PRIMARY KEY (shard, transfer)
);

-- One row for each change of a balance: 1, 2, 3 … for each account, with the balance after it.
CREATE TABLE ledger_entry (
  shard INTEGER NOT NULL,
  account BLOB NOT NULL,
  sequence BIGINT NOT NULL,
  transfer BLOB NOT NULL,
  amount_fen BIGINT NOT NULL,
  balance_fen BIGINT NOT NULL,
  PRIMARY KEY (shard, account, sequence)
);
