-- How many files of an import are in which state is counted as they change: to count 100,000 rows for each look would be dear.
-- What was chosen and turned out to be a file stays at depth 0: it is no folder that was listed.
CREATE TRIGGER import_items_counted_insert AFTER INSERT ON import_items
BEGIN
  UPDATE imports SET
    files_waiting = files_waiting + (NEW.state = 'waiting'),
    files_downloading = files_downloading + (NEW.state = 'downloading'),
    files_processing = files_processing + (NEW.state = 'processing'),
    files_imported = files_imported + (NEW.state = 'imported'),
    files_skipped = files_skipped + (NEW.state = 'skipped'),
    files_failed = files_failed + (NEW.state = 'failed'),
    bytes_done = bytes_done + NEW.bytes_done,
    bytes_total = bytes_total
      + (CASE WHEN NEW.state IN ('waiting', 'downloading', 'processing') THEN max(coalesce(NEW.size, 0), NEW.bytes_done) ELSE NEW.bytes_done END),
    chunks = chunks + NEW.chunks
  WHERE id = NEW.import_id;
END;
--> statement-breakpoint
CREATE TRIGGER import_items_counted_update AFTER UPDATE OF state, size, bytes_done, chunks ON import_items
BEGIN
  UPDATE imports SET
    files_waiting = files_waiting + (NEW.state = 'waiting') - (OLD.state = 'waiting'),
    files_downloading = files_downloading + (NEW.state = 'downloading') - (OLD.state = 'downloading'),
    files_processing = files_processing + (NEW.state = 'processing') - (OLD.state = 'processing'),
    files_imported = files_imported + (NEW.state = 'imported') - (OLD.state = 'imported'),
    files_skipped = files_skipped + (NEW.state = 'skipped') - (OLD.state = 'skipped'),
    files_failed = files_failed + (NEW.state = 'failed') - (OLD.state = 'failed'),
    bytes_done = bytes_done + NEW.bytes_done - OLD.bytes_done,
    bytes_total = bytes_total
      + (CASE WHEN NEW.state IN ('waiting', 'downloading', 'processing') THEN max(coalesce(NEW.size, 0), NEW.bytes_done) ELSE NEW.bytes_done END)
      - (CASE WHEN OLD.state IN ('waiting', 'downloading', 'processing') THEN max(coalesce(OLD.size, 0), OLD.bytes_done) ELSE OLD.bytes_done END),
    chunks = chunks + NEW.chunks - OLD.chunks
  WHERE id = NEW.import_id;
END;
--> statement-breakpoint
CREATE TRIGGER import_items_counted_delete AFTER DELETE ON import_items
BEGIN
  UPDATE imports SET
    files_waiting = files_waiting - (OLD.state = 'waiting'),
    files_downloading = files_downloading - (OLD.state = 'downloading'),
    files_processing = files_processing - (OLD.state = 'processing'),
    files_imported = files_imported - (OLD.state = 'imported'),
    files_skipped = files_skipped - (OLD.state = 'skipped'),
    files_failed = files_failed - (OLD.state = 'failed'),
    bytes_done = bytes_done - OLD.bytes_done,
    bytes_total = bytes_total
      - (CASE WHEN OLD.state IN ('waiting', 'downloading', 'processing') THEN max(coalesce(OLD.size, 0), OLD.bytes_done) ELSE OLD.bytes_done END),
    chunks = chunks - OLD.chunks
  WHERE id = OLD.import_id;
END;
--> statement-breakpoint
CREATE TRIGGER import_folders_counted_insert AFTER INSERT ON import_folders
BEGIN
  UPDATE imports SET
    folders_open = folders_open + (NEW.state IN ('chosen', 'open')),
    folders_listed = folders_listed + (NEW.state = 'listed' AND NEW.depth > 0),
    folders_failed = folders_failed + (NEW.state = 'failed')
  WHERE id = NEW.import_id;
END;
--> statement-breakpoint
CREATE TRIGGER import_folders_counted_update AFTER UPDATE OF state, depth ON import_folders
BEGIN
  UPDATE imports SET
    folders_open = folders_open + (NEW.state IN ('chosen', 'open')) - (OLD.state IN ('chosen', 'open')),
    folders_listed = folders_listed + (NEW.state = 'listed' AND NEW.depth > 0) - (OLD.state = 'listed' AND OLD.depth > 0),
    folders_failed = folders_failed + (NEW.state = 'failed') - (OLD.state = 'failed')
  WHERE id = NEW.import_id;
END;
--> statement-breakpoint
CREATE TRIGGER import_folders_counted_delete AFTER DELETE ON import_folders
BEGIN
  UPDATE imports SET
    folders_open = folders_open - (OLD.state IN ('chosen', 'open')),
    folders_listed = folders_listed - (OLD.state = 'listed' AND OLD.depth > 0),
    folders_failed = folders_failed - (OLD.state = 'failed')
  WHERE id = OLD.import_id;
END;
