// Where things are at the API; ids are escaped, whatever they are made of.
import { withQuery } from './http.ts'

export const CONNECTIONS = '/api/cloud/connections'

/** A connection's id, or that of a built-in drive such as `r2`. */
export const connectionPath = (id: string) => `${CONNECTIONS}/${encodeURIComponent(id)}`

export const itemPath = (connection: string, item: string) =>
  `${connectionPath(connection)}/items/${encodeURIComponent(item)}`

/** Where an item's bytes are; of several formats it is the first unless another is named. */
export const contentPath = (connection: string, item: string, format?: string) =>
  withQuery(`${itemPath(connection, item)}/content`, { format })
