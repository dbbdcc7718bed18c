DROP INDEX `import_folders_state`;--> statement-breakpoint
CREATE INDEX `import_folders_next` ON `import_folders` (`import_id`,`state`,"depth" DESC);--> statement-breakpoint
CREATE INDEX `import_items_copies` ON `import_items` (`import_id`) WHERE copy_enc IS NOT NULL;