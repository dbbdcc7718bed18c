CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`subject_id` text NOT NULL,
	`provider` text NOT NULL,
	`code` text NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_at` integer NOT NULL,
	`lease_id` text,
	`lease_until` integer
);
--> statement-breakpoint
CREATE INDEX `alerts_next` ON `alerts` (`next_at`);--> statement-breakpoint
CREATE INDEX `alerts_user` ON `alerts` (`user_id`);--> statement-breakpoint
CREATE TABLE `metric_counts` (
	`name` text NOT NULL,
	`provider` text NOT NULL,
	`code` text NOT NULL,
	`value` integer NOT NULL,
	PRIMARY KEY(`name`, `provider`, `code`)
);
--> statement-breakpoint
CREATE INDEX `documents_pending` ON `documents` (`user_id`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `oauth_attempts_user` ON `oauth_attempts` (`user_id`,`status`,`created_at`);--> statement-breakpoint
CREATE INDEX `uploads_open` ON `uploads` (`user_id`) WHERE status = 'open';--> statement-breakpoint
-- What is counted is counted with the change itself: both happen, or neither.
CREATE TRIGGER oauth_attempts_counted AFTER UPDATE OF status ON oauth_attempts
WHEN NEW.status IN ('completed', 'failed') AND OLD.status <> NEW.status
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  VALUES ('connects', NEW.provider, CASE NEW.status WHEN 'completed' THEN '' ELSE coalesce(NEW.error_code, 'invalid_state') END, 1)
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER audit_entries_counted AFTER INSERT ON audit_entries
WHEN NEW.action IN ('cloud.refreshed', 'cloud.refresh_failed', 'cloud.reauth_required')
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  VALUES ('refreshes', coalesce(NEW.provider, ''), CASE NEW.action WHEN 'cloud.refreshed' THEN '' ELSE coalesce(NEW.code, 'internal') END, 1)
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + 1;
END;
--> statement-breakpoint
CREATE TRIGGER imports_end_counted AFTER UPDATE OF status ON imports
WHEN NEW.status IN ('completed', 'cancelled', 'failed') AND OLD.status NOT IN ('completed', 'cancelled', 'failed')
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  VALUES
    ('imports_ended', NEW.provider, NEW.status, 1),
    ('import_milliseconds', NEW.provider, NEW.status, max(0, coalesce(NEW.finished_at, NEW.updated_at) - NEW.created_at))
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + excluded.value;
END;
--> statement-breakpoint
CREATE TRIGGER import_items_end_counted AFTER UPDATE OF state ON import_items
WHEN NEW.state IN ('imported', 'skipped', 'failed') AND OLD.state <> NEW.state
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  SELECT 'files_' || NEW.state, provider, coalesce(NEW.reason, ''), 1 FROM imports WHERE id = NEW.import_id
  UNION ALL
  SELECT 'import_bytes', provider, '', NEW.bytes_done FROM imports WHERE id = NEW.import_id AND NEW.state = 'imported'
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + excluded.value;
END;
--> statement-breakpoint
CREATE TRIGGER import_items_found_counted AFTER INSERT ON import_items
WHEN NEW.state IN ('imported', 'skipped', 'failed')
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  SELECT 'files_' || NEW.state, provider, coalesce(NEW.reason, ''), 1 FROM imports WHERE id = NEW.import_id
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + excluded.value;
END;
--> statement-breakpoint
CREATE TRIGGER uploads_end_counted AFTER UPDATE OF status ON uploads
WHEN NEW.status = 'completed' AND OLD.status = 'open' AND NEW.document_id IS NULL
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  VALUES ('upload_bytes', NEW.provider, '', NEW.size)
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + excluded.value;
END;
--> statement-breakpoint
CREATE TRIGGER documents_stored_counted AFTER UPDATE OF status ON documents
WHEN NEW.status = 'stored' AND OLD.status = 'pending'
BEGIN
  INSERT INTO metric_counts (name, provider, code, value)
  VALUES ('upload_bytes', NEW.storage_backend, '', NEW.size)
  ON CONFLICT (name, provider, code) DO UPDATE SET value = value + excluded.value;
END;
