// Where in the bucket an export lies until its length is known and it is where it belongs.

/** @param itemId of the import's row for the file, which is random. */
export const spoolKey = (itemId: string) => `spool/${itemId}`
