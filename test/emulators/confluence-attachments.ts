// Attachments of REST v2: of a page, of a blog post, of the whole site, and single ones.
// Source: developer.atlassian.com/cloud/confluence/rest/v2/api-group-attachment.
import { describeAttachment, describeVersion } from './confluence-describe.ts'
import { notFound } from './confluence-errors.ts'
import {
  ANY,
  BOOLEAN,
  cutPage,
  PAGING,
  readQuery,
  someOf,
  sortItems,
  sortOf,
} from './confluence-query.ts'
import type { Call } from './confluence-routes.ts'

/** `owner`: the type of what the path names; the whole site if undefined. */
export function listAttachments(call: Call, owner: 'page' | 'blogpost' | undefined): Response {
  const { c, state, caller, ids, reply } = call
  const query = readQuery(c, {
    ...PAGING,
    sort: sortOf('created-date', 'modified-date'),
    status: someOf('current', 'archived', 'trashed'),
    mediaType: ANY,
    filename: ANY,
  })
  const holder = owner === undefined ? undefined : state.item(caller, ids[0], owner)
  const page = cutPage(state, c, query, 50, () => {
    const statuses = (query.get('status') ?? 'current,archived').split(',')
    const all =
      holder === undefined
        ? state.visible(caller)
        : state.items.childrenOf(holder.id).filter((item) => state.sees(caller, item))
    const found = all
      .filter(({ type, status }) => type === 'attachment' && statuses.includes(status))
      .filter(({ mediaType }) => mediaType === (query.get('mediaType') ?? mediaType))
      .filter(({ title }) => title === (query.get('filename') ?? title))
    const sort = query.get('sort')
    return (sort === null ? found : sortItems(found, sort)).map(({ id }) => id)
  })
  const rows = page.ids
    .flatMap((id) => state.items.items.get(id) ?? [])
    .map((item) => describeAttachment(state, item))
  return reply.list(page, rows)
}

export function getAttachment({ c, state, caller, ids, reply }: Call): Response {
  const query = readQuery(c, {
    version: /^[1-9]\d*$/,
    'include-labels': BOOLEAN,
    'include-properties': BOOLEAN,
    'include-operations': BOOLEAN,
    'include-versions': BOOLEAN,
    'include-version': BOOLEAN,
    'include-collaborators': BOOLEAN,
  })
  const item = state.item(caller, ids[0], 'attachment')
  const number = query.get('version')
  const version = item.versions.find((one) => String(one.number) === number)
  if (number !== null && version === undefined) throw notFound()
  const versions =
    query.get('include-versions') === 'true'
      ? { versions: { results: item.versions.map((one) => describeVersion(item, one)) } }
      : {}
  return reply.one({ ...describeAttachment(state, item, version), ...versions })
}
