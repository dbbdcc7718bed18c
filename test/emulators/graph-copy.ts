// Copies: Graph answers 202 with a monitor on the file host, which says when it is done and what the new item is.
// Source: learn.microsoft.com/graph/api/driveitem-copy, learn.microsoft.com/graph/long-running-actions-overview.
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { Target } from './graph-address.ts'
import { hostOf, type Describer } from './graph-describe.ts'
import { GraphError, invalidRequest, itemNotFound } from './graph-errors.ts'
import { isPersonal } from './graph-state.ts'
import type { GraphItem, GraphItems } from './graph-items.ts'
import { checkName, readBehavior, settleName, type ConflictBehavior } from './graph-names.ts'
import { checkNames, readBody, readObject } from './graph-query.ts'

const BEHAVIOR = '@microsoft.graph.conflictBehavior'

/** A copy that was asked for; it is made when the monitor has been asked often enough. */
export interface CopyJob {
  polls: number
  readonly run: () => GraphItem
  done?: { readonly resourceId: string } | { readonly errorCode: string }
}

/** POST …/copy */
export async function startCopy(
  c: Context,
  { state }: Describer,
  target: Target,
  jobs: Map<string, CopyJob>,
  baseOf: (host: string) => string,
): Promise<Response> {
  const caller = state.write(c)
  const query = new URL(c.req.url).searchParams
  checkNames(query, isPersonal(target.drive) ? [] : [BEHAVIOR])
  const body = await readBody(c, ['name', 'parentReference'])
  const { item } = target
  if (item?.parent === undefined) throw itemNotFound()
  const given = readObject(body['parentReference'] ?? {}, ['id', 'driveId', 'driveType', 'path'])
  const drive = typeof given['driveId'] === 'string' ? state.drive(given['driveId']) : target.drive
  const parent = state.items.find(drive, String(given['id'] ?? item.parent))
  if (parent?.kind !== 'folder') throw itemNotFound()
  state.checkReach(caller, drive, parent)
  state.checkWritable(drive)
  if (state.items.isWithin(parent, item.id))
    throw invalidRequest('A folder cannot be copied into itself')
  const name = body['name'] ?? item.name
  if (typeof name !== 'string') throw invalidRequest('The name is no string')
  checkName(state.items, parent, name)
  state.checkRoom(drive, state.items.sizeOf(item))
  const behavior = readBehavior(query.get(BEHAVIOR), 'fail')
  const id = randomBytes(24).toString('base64url')
  jobs.set(id, {
    polls: state.settings.copyPolls,
    run: () => copyInto(state.items, item, parent, name, behavior),
  })
  return c.body(null, 202, { location: `${baseOf(hostOf(drive))}/monitor/${id}` })
}

function copyInto(
  items: GraphItems,
  item: GraphItem,
  parent: GraphItem,
  name: string,
  behavior: ConflictBehavior,
): GraphItem {
  const taken = items.child(parent.id, name)
  if (taken !== undefined && taken.id !== item.id && behavior === 'replace') items.remove(taken)
  return copyTree(items, item, parent, settleName(items, parent.id, name, behavior))
}

function copyTree(items: GraphItems, item: GraphItem, parent: GraphItem, name: string): GraphItem {
  // Read before anything is added: the copy may lie below the same folder.
  const children = items.childrenOf(item.id)
  const made = items.put({
    driveId: parent.driveId,
    name,
    parent: parent.id,
    kind: item.kind,
    ...(item.content === undefined ? {} : { content: item.content.share() }),
    ...(item.target === undefined ? {} : { target: item.target }),
  })
  for (const child of children) copyTree(items, child, made, child.name)
  return made
}

/** GET of a monitor: pre-signed, so it wants no token. */
export function monitorCopy(c: Context, jobs: Map<string, CopyJob>): Response {
  if (c.req.header('authorization') !== undefined) {
    const refusal = new GraphError(401, 'unauthenticated', 'A token on a pre-authenticated URL')
    return refusal.toResponse(c, 'innererror')
  }
  const job = jobs.get(c.req.param('id') ?? '')
  if (job === undefined) return itemNotFound().toResponse(c, 'innererror')
  if (job.polls > 0) {
    job.polls -= 1
    const body = { operation: 'itemCopy', percentageComplete: 27.8, status: 'inProgress' }
    return c.json(body, 202)
  }
  job.done ??= finish(job)
  if ('resourceId' in job.done) {
    return c.json({
      operation: 'itemCopy',
      percentageComplete: 100,
      status: 'completed',
      ...job.done,
    })
  }
  return c.json({ operation: 'itemCopy', status: 'failed', ...job.done, statusDescription: '' })
}

function finish(job: CopyJob): NonNullable<CopyJob['done']> {
  try {
    return { resourceId: job.run().id }
  } catch (error) {
    if (error instanceof GraphError) return { errorCode: error.code }
    throw error
  }
}
