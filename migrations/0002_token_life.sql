ALTER TABLE `connections` ADD `granted_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `refreshed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `grant_expires_at` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `kept_alive_at` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `throttled_until` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `quota` text;--> statement-breakpoint
CREATE INDEX `connections_idle` ON `connections` (`provider`,`refreshed_at`);--> statement-breakpoint
ALTER TABLE `oauth_attempts` ADD `error_detail` text;--> statement-breakpoint
UPDATE `connections` SET `granted_at` = `created_at`, `refreshed_at` = `updated_at`;
