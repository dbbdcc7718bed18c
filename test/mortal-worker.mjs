// The deployed bundle, whose consumer and clock end at the very operation that the test names, as a process that is killed does: nothing
// that such an invocation would still have done happens.
import { AsyncLocalStorage } from 'node:async_hooks'
import worker from './index.js'

/** Who is at work, for what is called without a binding. */
const atWork = new AsyncLocalStorage()
const fetchOutside = globalThis.fetch
globalThis.fetch = (input, init) => {
  const life = atWork.getStore()
  const call = () => fetchOutside(input, init)
  return life === undefined ? call() : life.step(labelOfFetch(input, init), call)
}

/** Long statements by their beginning and a number that tells them from others. */
function shorten(operation) {
  if (operation.length <= 160) return operation
  let hash = 0
  for (let at = 0; at < operation.length; at++) hash = (hash * 31 + operation.charCodeAt(at)) | 0
  return `${operation.slice(0, 150)}… ${(hash >>> 0).toString(36)}`
}

const isMeant = ({ label }, operation) =>
  label.startsWith('…')
    ? operation.includes(label.slice(1))
    : ['*', shorten(operation)].includes(label)

/** What a dead invocation waits for. */
const never = () => new Promise(() => undefined)

/** One invocation, and the operations that it has begun. */
class Life {
  steps = []
  uploads = []
  isDead = false
  #counts
  #end
  #tell
  #plan
  #known
  #diedAt = null
  #background = []

  /** @param orders what the test answered: `counts` of earlier invocations by label, `known` labels that one has died at, and where this one dies. */
  constructor(orders, tell) {
    this.#counts = new Map(Object.entries(orders.counts))
    this.#plan = orders.plan
    this.#known = orders.known
    this.#tell = tell
    this.death = new Promise((_, reject) => {
      this.#end = reject
    })
    // It is looked at by whoever races with it.
    this.death.catch(() => undefined)
  }

  /** Performs an operation, unless the invocation has died, or dies right before. */
  async step(operation, perform) {
    if (this.isDead) return never()
    const label = shorten(operation)
    const nth = (this.#counts.get(label) ?? 0) + 1
    this.#counts.set(label, nth)
    const step = { label, nth, isDone: false }
    this.steps.push(step)
    const plan = this.#plan
    const isNew = plan?.label === 'new' && !this.#known.includes(label)
    const isNamed = plan !== null && isMeant(plan, operation) && [nth, 0].includes(plan.nth)
    const isLast = isNew || isNamed
    if (isLast) this.#diedAt ??= label
    if (isLast && plan.phase === 'before') return this.#die()
    if (isLast && plan.phase === 'wait') await this.#tell('/wait', {})
    try {
      const working = perform()
      // Sent, and the answer never seen: it may be carried out or not.
      if (isLast && plan.phase === 'during') {
        working.catch(() => undefined)
        return this.#die()
      }
      const made = await working
      step.isDone = true
      if (isLast && plan.phase === 'after' && !this.isDead) return this.#die()
      if (isLast && plan.phase === 'unheard') throw new Error('the answer was lost')
      return this.isDead ? never() : made
    } catch (error) {
      if (isLast && plan.phase === 'after' && !this.isDead) return this.#die()
      if (this.isDead) return never()
      throw error
    }
  }

  /** What the platform is told by a message, which a dead invocation tells it nothing by. */
  say(speak) {
    if (!this.isDead) speak()
  }

  /** Runs until the handler's end or the invocation's. */
  async run(ctx, handle) {
    const waitUntil = (work) => {
      this.#background.push(Promise.resolve(work).catch(() => undefined))
      ctx.waitUntil(Promise.race([work, this.death]).catch(() => undefined))
    }
    const scope = { waitUntil, passThroughOnException: () => undefined, props: ctx.props }
    const work = atWork.run(this, () => Promise.resolve(handle(scope)))
    // A handler that rejects because of its death has rejected already.
    work.catch(() => undefined)
    let how = 'ended'
    try {
      await Promise.race([work, this.death])
    } catch (error) {
      how = 'failed'
      throw error
    } finally {
      if (!this.isDead && this.#background.length === 0) await this.#report(how)
      else if (!this.isDead) ctx.waitUntil(this.#finish(how))
    }
  }

  async #finish(how) {
    // Work in the background may begin more of it.
    for (let seen = -1; seen < this.#background.length;) {
      seen = this.#background.length
      await Promise.race([Promise.all(this.#background), this.death.catch(() => undefined)])
    }
    if (!this.isDead) await this.#report(how)
  }

  #die() {
    this.isDead = true
    void this.#report('died').finally(() => this.#end(new Error('ended by the test')))
    return never()
  }

  #report(how) {
    const { steps, uploads } = this
    const diedAt = how === 'died' ? this.#diedAt : null
    return this.#tell('/end', { how, steps, uploads, diedAt })
  }
}

async function begin(env, about) {
  const call = async (path, body) => {
    const answer = await env.MORTAL.fetch(`http://mortal${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return answer.json()
  }
  const orders = await call('/begin', about)
  return new Life(orders, (path, body) => call(path, { id: orders.id, ...body }))
}

const bind = (life, env) => ({
  ...env,
  DB: bindDatabase(life, env.DB),
  FILES: bindBucket(life, env.FILES),
  STATE: bindEach(life, env.STATE, 'kv'),
  IMPORTS: bindEach(life, env.IMPORTS, 'queue'),
  JOBS: bindEach(life, env.JOBS, 'queue'),
})

/** A statement's text without what differs by the number of its rows. */
const plain = (sql) =>
  sql
    .replace(/\s+/g, ' ')
    .replace(/\((?:\?|null|default)(?:, ?(?:\?|null|default))*\)/gi, '(…)')
    .replace(/\(…\)(?:, ?\(…\))+/g, '(…)')
    .trim()

function bindDatabase(life, database) {
  const statement = (made, sql) => {
    const run = (name, args) => life.step(`d1 ${sql}`, () => made[name](...args))
    return {
      made,
      sql,
      bind: (...values) => statement(made.bind(...values), sql),
      all: (...args) => run('all', args),
      run: (...args) => run('run', args),
      first: (...args) => run('first', args),
      raw: (...args) => run('raw', args),
    }
  }
  return {
    prepare: (sql) => statement(database.prepare(sql), plain(sql)),
    batch: (list) => {
      const parts = list.map(({ sql }) => sql).filter((sql, at, all) => sql !== all[at - 1])
      const call = () => database.batch(list.map(({ made }) => made))
      return life.step(`d1 batch: ${parts.join('; ')}`, call)
    },
    exec: (sql) => life.step(`d1 ${plain(sql)}`, () => database.exec(sql)),
  }
}

/** All functions of a binding that has nothing but asynchronous ones. */
function bindEach(life, binding, name) {
  return new Proxy(binding, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args) => life.step(`${name} ${String(key)}`, () => value.apply(target, args))
    },
  })
}

function bindBucket(life, bucket) {
  const parts = (upload) => ({
    key: upload.key,
    uploadId: upload.uploadId,
    uploadPart: (number, ...args) =>
      life.step(`r2 uploadPart ${number}`, () => upload.uploadPart(number, ...args)),
    complete: (...args) => life.step('r2 complete', () => upload.complete(...args)),
    abort: () => life.step('r2 abort', () => upload.abort()),
  })
  const own = {
    createMultipartUpload: async (...args) => {
      const upload = await life.step('r2 createMultipartUpload', async () => {
        const made = await bucket.createMultipartUpload(...args)
        const { key, uploadId } = made
        life.uploads.push({ key, uploadId, step: life.steps.length })
        return made
      })
      return parts(upload)
    },
    resumeMultipartUpload: (...args) => parts(bucket.resumeMultipartUpload(...args)),
  }
  const others = bindEach(life, bucket, 'r2')
  return new Proxy(others, {
    get: (target, key) => own[key] ?? Reflect.get(target, key, target),
  })
}

/** Method, host and the beginning of the path: without ids and names. */
function labelOfFetch(input, init) {
  const request = input instanceof Request ? input : { url: String(input), method: 'GET' }
  const url = new URL(request.url)
  const path = url.pathname.split('/').slice(0, 5)
  const media = url.searchParams.get('alt') === 'media' ? ' media' : ''
  return `fetch ${init?.method ?? request.method} ${path.join('/')}${media}`
}

// eslint-disable-next-line no-restricted-exports -- the platform reads the default export
export default {
  fetch: (...args) => worker.fetch(...args),
  async queue(batch, env, ctx) {
    const { queue, messages } = batch
    const [{ body, attempts }] = messages
    const life = await begin(env, {
      kind: 'queue',
      queue,
      subject: body.import_id ?? body.deletion_id,
      attempts,
    })
    const told = {
      queue,
      metadata: batch.metadata,
      messages: messages.map((message) => ({
        id: message.id,
        timestamp: message.timestamp,
        body: message.body,
        attempts: message.attempts,
        ack: () => life.say(() => message.ack()),
        retry: (options) => life.say(() => message.retry(options)),
      })),
      ackAll: () => life.say(() => batch.ackAll()),
      retryAll: (options) => life.say(() => batch.retryAll(options)),
    }
    await life.run(ctx, (scope) => worker.queue(told, bind(life, env), scope))
  },
  async scheduled(event, env, ctx) {
    const life = await begin(env, { kind: 'clock', queue: null, subject: event.cron, attempts: 1 })
    await life.run(ctx, (scope) => worker.scheduled(event, bind(life, env), scope))
  },
}
