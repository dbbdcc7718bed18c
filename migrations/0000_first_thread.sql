CREATE TABLE `audit_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`user_id` text NOT NULL,
	`actor` text NOT NULL,
	`provider` text,
	`subject_id` text,
	`code` text,
	`request_id` text NOT NULL,
	`country` text
);
--> statement-breakpoint
CREATE INDEX `audit_user_time` ON `audit_entries` (`user_id`,`at`);--> statement-breakpoint
CREATE INDEX `audit_time` ON `audit_entries` (`at`);--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`account_id` text NOT NULL,
	`account_email` text,
	`account_name` text,
	`label` text NOT NULL,
	`status` text NOT NULL,
	`scopes` text NOT NULL,
	`server_url` text,
	`data` text NOT NULL,
	`credentials_enc` text NOT NULL,
	`access_expires_at` integer,
	`token_version` integer DEFAULT 1 NOT NULL,
	`lease_id` text,
	`lease_until` integer,
	`listing_version` integer DEFAULT 1 NOT NULL,
	`last_error_code` text,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_account` ON `connections` (`user_id`,`provider`,`account_id`);--> statement-breakpoint
CREATE INDEX `connections_provider_account` ON `connections` (`provider`,`account_id`);--> statement-breakpoint
CREATE TABLE `documents` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`filename` text NOT NULL,
	`content_type` text NOT NULL,
	`size` integer NOT NULL,
	`category` text,
	`status` text NOT NULL,
	`storage_backend` text NOT NULL,
	`connection_id` text,
	`item_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `documents_user` ON `documents` (`user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `documents_connection` ON `documents` (`connection_id`);--> statement-breakpoint
CREATE TABLE `oauth_attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`status` text NOT NULL,
	`state_hash` text NOT NULL,
	`binding_hash` text NOT NULL,
	`claim_hash` text,
	`pending_enc` text,
	`connection_id` text,
	`error_code` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oauth_attempts_state` ON `oauth_attempts` (`state_hash`);--> statement-breakpoint
CREATE INDEX `oauth_attempts_expiry` ON `oauth_attempts` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`salt` text NOT NULL,
	`default_backend` text DEFAULT 'r2' NOT NULL,
	`default_connection_id` text,
	`default_folder_id` text,
	`created_at` integer NOT NULL
);
