ALTER TABLE `documents` ADD `claim_id` text;--> statement-breakpoint
ALTER TABLE `documents` ADD `claim_until` integer;