-- Full text of the passages. It keeps no text of its own: the triggers keep it true to `chunks`, whoever changes that.
CREATE VIRTUAL TABLE chunks_fts USING fts5 (
  text, heading, title, pairs, owner,
  content = 'chunks', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);
--> statement-breakpoint
CREATE TRIGGER chunks_inserted AFTER INSERT ON chunks
BEGIN
  INSERT INTO chunks_fts (rowid, text, heading, title, pairs, owner)
  VALUES (new.id, new.text, new.heading, new.title, new.pairs, new.owner);
END;
--> statement-breakpoint
CREATE TRIGGER chunks_deleted AFTER DELETE ON chunks
BEGIN
  INSERT INTO chunks_fts (chunks_fts, rowid, text, heading, title, pairs, owner)
  VALUES ('delete', old.id, old.text, old.heading, old.title, old.pairs, old.owner);
END;
--> statement-breakpoint
CREATE TRIGGER chunks_updated AFTER UPDATE OF id, text, heading, title, pairs, owner ON chunks
BEGIN
  INSERT INTO chunks_fts (chunks_fts, rowid, text, heading, title, pairs, owner)
  VALUES ('delete', old.id, old.text, old.heading, old.title, old.pairs, old.owner);
  INSERT INTO chunks_fts (rowid, text, heading, title, pairs, owner)
  VALUES (new.id, new.text, new.heading, new.title, new.pairs, new.owner);
END;
