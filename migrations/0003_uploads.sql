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
CREATE INDEX `uploads_sweep` ON `uploads` (`sweep_at`);