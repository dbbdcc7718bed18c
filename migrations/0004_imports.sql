CREATE TABLE `import_folders` (
	`import_id` text NOT NULL,
	`item_id` text NOT NULL,
	`state` text NOT NULL,
	`path` text NOT NULL,
	`depth` integer NOT NULL,
	`cursor_enc` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	`reason` text,
	PRIMARY KEY(`import_id`, `item_id`)
);
--> statement-breakpoint
CREATE INDEX `import_folders_next` ON `import_folders` (`import_id`,`state`,"depth" DESC);--> statement-breakpoint
CREATE TABLE `import_items` (
	`id` text PRIMARY KEY NOT NULL,
	`import_id` text NOT NULL,
	`item_id` text NOT NULL,
	`name` text NOT NULL,
	`path` text NOT NULL,
	`size` integer,
	`mime_type` text,
	`is_export` integer DEFAULT false NOT NULL,
	`version` text,
	`hash` text,
	`web_url` text,
	`state` text NOT NULL,
	`reason` text,
	`document_id` text,
	`bytes_done` integer DEFAULT 0 NOT NULL,
	`chunks` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	`copy_enc` text,
	`changed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `import_items_item` ON `import_items` (`import_id`,`item_id`);--> statement-breakpoint
CREATE INDEX `import_items_import` ON `import_items` (`import_id`);--> statement-breakpoint
CREATE INDEX `import_items_state` ON `import_items` (`import_id`,`state`,`not_before`);--> statement-breakpoint
CREATE INDEX `import_items_changed` ON `import_items` (`import_id`,`changed_at`);--> statement-breakpoint
CREATE INDEX `import_items_copies` ON `import_items` (`import_id`) WHERE copy_enc IS NOT NULL;--> statement-breakpoint
CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`provider` text NOT NULL,
	`category` text,
	`on_duplicate` text NOT NULL,
	`keep_original` integer NOT NULL,
	`status` text NOT NULL,
	`pause_reason` text,
	`resume_at` integer,
	`error_code` text,
	`is_planned` integer DEFAULT false NOT NULL,
	`troubles` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`lease_id` text,
	`lease_until` integer,
	`dispatched_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`finished_at` integer,
	`idempotency_key` text,
	`idempotency_body` text,
	`files_waiting` integer DEFAULT 0 NOT NULL,
	`files_downloading` integer DEFAULT 0 NOT NULL,
	`files_processing` integer DEFAULT 0 NOT NULL,
	`files_imported` integer DEFAULT 0 NOT NULL,
	`files_skipped` integer DEFAULT 0 NOT NULL,
	`files_failed` integer DEFAULT 0 NOT NULL,
	`bytes_done` integer DEFAULT 0 NOT NULL,
	`bytes_total` integer DEFAULT 0 NOT NULL,
	`chunks` integer DEFAULT 0 NOT NULL,
	`folders_open` integer DEFAULT 0 NOT NULL,
	`folders_listed` integer DEFAULT 0 NOT NULL,
	`folders_failed` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `imports_user` ON `imports` (`user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `imports_user_status` ON `imports` (`user_id`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `imports_idempotency` ON `imports` (`user_id`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `imports_status` ON `imports` (`status`,`resume_at`);--> statement-breakpoint
CREATE INDEX `imports_connection` ON `imports` (`connection_id`,`status`);--> statement-breakpoint
CREATE TABLE `chunks` (
	`id` integer PRIMARY KEY NOT NULL,
	`document_id` text NOT NULL,
	`owner` text NOT NULL,
	`ordinal` integer NOT NULL,
	`text` text NOT NULL,
	`overlap` integer NOT NULL,
	`page` integer,
	`page_end` integer,
	`heading` text,
	`title` text NOT NULL,
	`pairs` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `chunks_document` ON `chunks` (`document_id`,`ordinal`);--> statement-breakpoint
ALTER TABLE `documents` ADD `owns_object` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_provider` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_connection_id` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_item_id` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_version` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_url` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `source_path` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `content_hash` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `text_status` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `text_reason` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `chunk_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `documents` ADD `imported_at` integer;--> statement-breakpoint
CREATE INDEX `documents_source` ON `documents` (`user_id`,`source_connection_id`,`source_item_id`);--> statement-breakpoint
CREATE INDEX `documents_content` ON `documents` (`user_id`,`content_hash`);