CREATE TABLE `deletions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`stage` text NOT NULL,
	`providers` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	`lease_id` text,
	`lease_until` integer,
	`dispatched_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deletions_user_id_unique` ON `deletions` (`user_id`);--> statement-breakpoint
CREATE INDEX `deletions_due` ON `deletions` (`not_before`);--> statement-breakpoint
ALTER TABLE `users` ADD `deleting_at` integer;--> statement-breakpoint
CREATE INDEX `audit_actor` ON `audit_entries` (`actor`);--> statement-breakpoint
-- What began before a user's deletion was asked for must not leave anything behind after it.
CREATE TRIGGER connections_of_users BEFORE INSERT ON connections
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
CREATE TRIGGER documents_of_users BEFORE INSERT ON documents
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
CREATE TRIGGER uploads_of_users BEFORE INSERT ON uploads
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
CREATE TRIGGER imports_of_users BEFORE INSERT ON imports
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
CREATE TRIGGER oauth_attempts_of_users BEFORE INSERT ON oauth_attempts
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
CREATE TRIGGER storage_counts_of_users BEFORE INSERT ON storage_counts
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
-- A mark that has the objects counted anew is not needed any more; what stands beside it in its batch is.
CREATE TRIGGER storage_holds_of_users BEFORE INSERT ON storage_holds
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND deleting_at IS NULL)
BEGIN
  SELECT RAISE(IGNORE) WHERE NEW.expires_at = 0;
  SELECT RAISE(ABORT, 'the account is being deleted');
END;
--> statement-breakpoint
-- What is written to the audit log stays as it is, but for one thing: the pseudonym of a user who is being deleted takes the user's place.
DROP TRIGGER audit_entries_no_update;
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
WHEN NOT (
  (NEW.user_id <> OLD.user_id OR NEW.actor <> OLD.actor)
  AND (NEW.user_id = OLD.user_id
    OR EXISTS (SELECT 1 FROM deletions WHERE id = NEW.user_id AND user_id = OLD.user_id))
  AND (NEW.actor = OLD.actor
    OR EXISTS (SELECT 1 FROM deletions WHERE id = NEW.actor AND user_id = OLD.actor))
  AND NEW.rowid IS OLD.rowid AND NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.action IS OLD.action
  AND NEW.provider IS OLD.provider AND NEW.subject_id IS OLD.subject_id AND NEW.code IS OLD.code
  AND NEW.request_id IS OLD.request_id AND NEW.country IS OLD.country
)
BEGIN
  SELECT RAISE(ABORT, 'audit entries are append-only');
END;
--> statement-breakpoint
-- Words of passages that are deleted must not stay in the index until it is merged some day.
INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('secure-delete', 1);
