// Lists that come in pages: one at a time, all pages in turn, or everything that is on them.
import { SlipwayError } from './error.ts'

interface AnyPage {
  readonly next_cursor: string | null
}

/** A list of the API. Iterating it gives its pages, each asked for when it is wanted. */
export interface Pages<Page extends AnyPage, Entry> extends AsyncIterable<Page> {
  /** One page: the first, or the one that a `next_cursor` leads to. */
  readonly page: (cursor?: string | null) => Promise<Page>
  /** Everything on the pages, one after the other. */
  readonly entries: () => AsyncIterable<Entry>
  /** Everything at once: for lists that are known to be short. */
  readonly all: () => Promise<Entry[]>
}

/** @param read the page at a cursor; undefined for the first */
export function pagesOf<Page extends AnyPage, Entry>(
  read: (cursor: string | undefined) => Promise<Page>,
  entriesOf: (page: Page) => readonly Entry[],
): Pages<Page, Entry> {
  async function* pages() {
    let cursor: string | undefined
    for (;;) {
      const page = await read(cursor)
      yield page
      if (page.next_cursor === null) return
      if (page.next_cursor === cursor) {
        throw new SlipwayError(0, 'internal', 'The list does not come to an end.')
      }
      cursor = page.next_cursor
    }
  }
  async function* entries() {
    for await (const page of pages()) yield* entriesOf(page)
  }
  return {
    [Symbol.asyncIterator]: pages,
    page: (cursor) => read(cursor ?? undefined),
    entries,
    all: async () => {
      const all: Entry[] = []
      for await (const entry of entries()) all.push(entry)
      return all
    },
  }
}
