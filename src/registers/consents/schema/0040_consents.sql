-- What a person allowed to whom, for what, until when. Rows are never deleted here: a withdrawn consent stays as a fact.
CREATE TABLE consent (
  shard INTEGER NOT NULL,
  consent_id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  scene TEXT NOT NULL,
  purpose TEXT NOT NULL,
  fields TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  PRIMARY KEY (shard, consent_id)
);
CREATE INDEX consent_by_person ON consent (shard, person_id, scene, purpose);
