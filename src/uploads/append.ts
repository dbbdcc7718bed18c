// One body into an upload: taken as far as the vendor's steps allow, and whatever happens, the row says what is really kept.
import type { Services } from '../app-context.ts'
import { outlive } from '../outlive.ts'
import { Problem } from '../problems/problem.ts'
import { toProblem } from '../problems/respond.ts'
import { copy } from '../transfer/copy.ts'
import { createDigest, toHex } from '../transfer/digest.ts'
import type { Sink } from '../transfer/sink.ts'
import { bodySource } from '../transfer/source.ts'
import { completeUpload, failUpload, isFinal } from './finish.ts'
import { holdLease, type Hold } from './hold.ts'
import { openUpload, type OpenUpload } from './open.ts'
import type { UploadRow } from './schema.ts'
import { getUpload, releaseLease, takeLease, type Lease } from './store.ts'
import { badChecksum, badHeader, type Checksum } from './tus.ts'

/** Milliseconds between two notes of what is kept while a body flows: what comes between them can be asked for, or sent again. */
const KEEP_EVERY = 1000

/** A body, and where its first byte belongs. */
export interface Incoming {
  readonly stream: ReadableStream<Uint8Array> | null
  readonly offset: number
  /** Bytes. */
  readonly length: number
  readonly checksum?: Checksum | undefined
}

/** Where an upload stands after a request. */
export interface Reached {
  readonly offset: number
  readonly isCompleted: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Takes a body. Throws `offset_mismatch`, `upload_locked`, `payload_too_large`, 400 for too few bytes, and the vendor's failure where
 * nothing of the body was kept; after progress the offset that was reached is the answer.
 */
export async function appendBody(
  services: Services,
  userId: string,
  id: string,
  incoming: Incoming,
): Promise<Reached> {
  if (incoming.length === 0) await checkNothing(incoming)
  const lease = await takeLease(services, { userId, id })
  if (lease === undefined) {
    return answerUntaken(await getUpload(services, userId, id), incoming)
  }
  return useLease(services, lease, incoming)
}

/** Finds out where an upload that may have been cut off really is. */
export async function refreshUpload(services: Services, lease: Lease): Promise<Reached> {
  return useLease(services, lease, undefined)
}

function answerUntaken(row: UploadRow, incoming: Incoming): Reached {
  if (row.status === 'open') throw locked()
  checkPlace(row, incoming)
  return { offset: row.offset, isCompleted: true, expiresAt: row.expiresAt }
}

export const locked = () =>
  new Problem('upload_locked', 'Another request is sending to this upload.', { retryAfter: 1 })

/** Where the body begins, and that it does not reach beyond the end. */
function checkPlace(row: { readonly offset: number; readonly size: number }, incoming: Incoming) {
  if (incoming.offset !== row.offset) {
    throw new Problem('offset_mismatch', `The upload is at offset ${row.offset}.`)
  }
  if (incoming.offset + incoming.length > row.size) {
    throw new Problem('payload_too_large', `The upload has ${row.size} bytes in all.`)
  }
}

async function useLease(
  services: Services,
  lease: Lease,
  incoming: Incoming | undefined,
): Promise<Reached> {
  // A sender that goes away ends the request, not what has to be noted of it.
  return outlive(services, workOn(services, lease, incoming))
}

/** Opens the upload, takes the body, and gives the lease back with what was reached. */
async function workOn(
  services: Services,
  lease: Lease,
  incoming: Incoming | undefined,
): Promise<Reached> {
  const { row } = lease
  let opened: OpenUpload
  try {
    if (incoming !== undefined && !row.isUnsure && row.offset < row.size) checkPlace(row, incoming)
    // An empty file has no body to come in.
    const isWhole = row.offset === 0 && (incoming?.length ?? 0) === row.size
    opened = await openUpload(services, lease, isWhole)
  } catch (error) {
    await releaseLease(services, lease, { isUnsure: row.isUnsure })
    throw error
  }
  // Asking and finishing can outlast a lease too.
  const hold = holdLease(services, lease)
  try {
    return await takeBody(services, lease, { opened, incoming, hold })
  } finally {
    hold.end()
  }
}

async function takeBody(
  services: Services,
  lease: Lease,
  work: {
    readonly opened: OpenUpload
    readonly incoming: Incoming | undefined
    readonly hold: Hold
  },
): Promise<Reached> {
  const { row } = lease
  const { opened, incoming, hold } = work
  const { sink } = opened
  let failure = row.isUnsure ? await failureOf(sink.ask()) : undefined
  const isMute = failure !== undefined
  failure ??= await failureOf(finishWhole(sink))
  const from = sink.offset
  const refusal = failure ?? (incoming && refusalOf(sink, incoming))
  if (refusal === undefined && incoming !== undefined && incoming.length > 0) {
    failure = await failureOf(sendBody(services, hold, opened, incoming))
  }
  const reached = await note(services, lease, opened, { failure, from, isMute })
  if (refusal !== undefined && failure === undefined) throw refusal
  // All bytes and no file is no progress either: a client that is told so thinks that it is done.
  const isStuck = reached.offset <= from || reached.offset === row.size
  if (failure !== undefined && !reached.isCompleted && isStuck) throw failure
  return reached
}

/** Asks for the end, where all bytes are there. */
async function finishWhole(sink: Sink): Promise<void> {
  if (sink.stored === undefined && sink.offset === sink.size) {
    await copy(bodySource({ stream: null, length: 0, from: 'form' }), sink, sink.size)
  }
}

/** Why a body is not taken at all. */
function refusalOf(sink: Sink, incoming: Incoming): unknown {
  try {
    checkPlace(sink, incoming)
  } catch (error) {
    return error
  }
  const { length, checksum } = incoming
  const taken = takenOf(sink, incoming)
  if (length > 0 && taken === 0) {
    return badHeader('Content-Length', `must be at least ${sink.least}, or reach the end`)
  }
  if (checksum === undefined) return undefined
  if (!sink.dropsCut) return badChecksum('is not offered here: the provider keeps what was cut off')
  const most = Math.min(taken, sink.fragmentSize(length))
  return most === length ? undefined : badChecksum(`is offered for at most ${most} bytes here`)
}

/** Bytes of the body that are taken: the vendor wants whole steps, except at the end. */
const takenOf = (sink: Sink, { offset, length }: Incoming) =>
  offset + length === sink.size ? length : sink.accepts(length)

/** No bytes have a digest too. */
async function checkNothing({ checksum }: Incoming): Promise<void> {
  if (checksum === undefined) return
  const found = await createDigest(checksum.algorithm).finish()
  if (found !== toHex(checksum.expected)) throw new Problem('checksum_mismatch')
}

async function sendBody(
  services: Services,
  hold: Hold,
  { sink, digest, sealState }: OpenUpload,
  incoming: Incoming,
): Promise<void> {
  const { offset, length, stream } = incoming
  const checksum = incoming.checksum && {
    digest: createDigest(incoming.checksum.algorithm),
    expected: toHex(incoming.checksum.expected),
  }
  // The first fragment may have begun a session, which nobody else knows of.
  let keptAt = 0
  try {
    const { signal } = hold
    const body = { stream, length, from: 'request', signal, digest, checksum } as const
    const source = bodySource(body, offset)
    await copy(source, sink, offset + takenOf(sink, incoming), async () => {
      if (services.now() - keptAt < KEEP_EVERY) return
      keptAt = services.now()
      await hold.keep({ offset: sink.offset, stateEnc: await sealState() })
    })
  } finally {
    checksum?.digest.cancel()
  }
}

interface Outcome {
  readonly failure: unknown
  /** Bytes that were kept before. */
  readonly from: number
  /** Whether the failure is that the vendor could not be asked: then it is not asked again at once. */
  readonly isMute: boolean
}

/** Gives the lease back with what has come of it all. Throws what ends the upload. */
async function note(
  services: Services,
  lease: Lease,
  { live, sink, isStaged, digest, sealState }: OpenUpload,
  { failure, from, isMute }: Outcome,
): Promise<Reached> {
  const { row } = lease
  let cause = failure
  if (cause !== undefined && sink.unsure && !isMute && !isFinal(cause)) {
    // The session may have ended with what went wrong.
    cause = (await failureOf(sink.ask())) ?? cause
  }
  if (sink.stored !== undefined) {
    await completeUpload(services, lease, live, sink.stored, digest)
    return { offset: row.size, isCompleted: true, expiresAt: row.expiresAt }
  }
  digest?.cancel()
  // Bytes that nobody meant cannot be taken back from a vendor that has kept them.
  const isSpoilt = isMismatch(failure) && sink.offset > from
  if (cause !== undefined && (isSpoilt || isFinal(cause))) {
    await failUpload(services, lease, sink, cause)
    throw cause
  }
  const { offset, unsure: isUnsure } = sink
  const change = {
    offset,
    isUnsure,
    isStaged: isStaged && offset > 0,
    stateEnc: await sealState(),
  }
  return { offset, isCompleted: false, expiresAt: await releaseLease(services, lease, change) }
}

const isMismatch = (error: unknown) => toProblem(error).code === 'checksum_mismatch'

async function failureOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('failed without a reason'),
  )
}
