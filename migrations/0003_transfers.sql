CREATE TABLE `storage_counts` (
	`user_id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`last_key` text NOT NULL,
	`bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `storage_holds` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`bytes` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `storage_holds_user` ON `storage_holds` (`user_id`);--> statement-breakpoint
CREATE INDEX `storage_holds_expiry` ON `storage_holds` (`expires_at`);--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`connection_id` text,
	`document_id` text,
	`filename` text NOT NULL,
	`metadata` text NOT NULL,
	`size` integer NOT NULL,
	`conflict` text NOT NULL,
	`status` text NOT NULL,
	`offset` integer NOT NULL,
	`is_unsure` integer DEFAULT false NOT NULL,
	`is_staged` integer DEFAULT false NOT NULL,
	`state_enc` text,
	`lease_id` text,
	`lease_until` integer,
	`wanted_at` integer,
	`item` text,
	`error_code` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`sweep_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `uploads_user` ON `uploads` (`user_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `uploads_connection` ON `uploads` (`connection_id`);--> statement-breakpoint
CREATE INDEX `uploads_sweep` ON `uploads` (`sweep_at`);--> statement-breakpoint
ALTER TABLE `documents` ADD `claim_id` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `claim_until` integer;--> statement-breakpoint
ALTER TABLE `documents` ADD `receipt` text;--> statement-breakpoint
ALTER TABLE `users` ADD `storage_used` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `storage_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `storage_counted_at` integer;