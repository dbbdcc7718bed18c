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
ALTER TABLE `users` ADD `storage_used` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `storage_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `storage_counted_at` integer;