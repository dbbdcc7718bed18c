// Resolves users' host names over DNS-over-HTTPS before they are connected to; any doubt ends in a refusal.
import { readJson } from './body.ts'
import { blocked, isBlockedAddress } from './guard.ts'
import { Problem } from '../problems/problem.ts'

/** Throws unless every address of the host may be connected to. */
export type Resolver = (host: string) => Promise<void>

const A = 1
const AAAA = 28
const NXDOMAIN = 3
const DEADLINE = 5000

/**
 * Resolves with a resolver that speaks the JSON form (`application/dns-json`). A and AAAA are asked for at once. Fails closed: a
 * resolver that does not answer is `provider_unavailable`, a name without an address or with a blocked one `blocked_url`.
 * This request cannot go through the guarded transport, which itself rests on it; the URL is the operator's.
 */
export function createDohResolver(resolverUrl: string): Resolver {
  return async (host) => {
    const name = host.replace(/\.$/, '')
    const answers = await Promise.all([ask(resolverUrl, name, A), ask(resolverUrl, name, AAAA)])
    const addresses = answers.flat()
    if (addresses.length === 0) throw blocked('does not resolve to a public address')
    if (addresses.some(isBlockedAddress)) throw blocked('does not resolve to a public address')
  }
}

async function ask(resolverUrl: string, name: string, type: number): Promise<string[]> {
  const url = new URL(resolverUrl)
  url.searchParams.set('name', name)
  url.searchParams.set('type', type === A ? 'A' : 'AAAA')
  let body: unknown
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/dns-json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE),
    })
    body = await readJson(response, { limit: 64 * 1024, deadline: DEADLINE })
    if (!response.ok) throw new Error(`the resolver answered ${response.status}`)
  } catch (error) {
    throw new Problem('provider_unavailable', 'The server’s name could not be looked up.', {
      cause: error,
    })
  }
  return readAnswer(body, type)
}

function readAnswer(body: unknown, type: number): string[] {
  const { Status: status, Answer: answer } = (body ?? {}) as { Status?: unknown; Answer?: unknown }
  if (status === NXDOMAIN) return []
  if (status !== 0 || (answer !== undefined && !Array.isArray(answer))) {
    throw new Problem('provider_unavailable', 'The server’s name could not be looked up.')
  }
  const records = (answer ?? []) as { type?: unknown; data?: unknown }[]
  return records.flatMap((record) =>
    record.type === type && typeof record.data === 'string' ? [record.data] : [],
  )
}
