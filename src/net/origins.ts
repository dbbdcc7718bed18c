// The origin map: the one place where a vendor's real origin is turned into another, with an optional path prefix; pure.

/** Real origin → where its requests go instead. */
export type OriginMap = readonly MappedOrigin[]

interface MappedOrigin {
  /** Such as `https://www.googleapis.com`. */
  readonly real: string
  readonly origin: string
  /** Path prefix without a trailing slash; empty for none. */
  readonly prefix: string
}

/** Reads `{"https://real.example": "http://127.0.0.1:8790/real.example"}`. Throws an Error that says what is wrong. */
export function parseOriginMap(json: string, options: { readonly allowHttp: boolean }): OriginMap {
  const raw = parseObject(json)
  return Object.entries(raw).map(([real, target]) => {
    if (!URL.canParse(real) || new URL(real).origin !== real) {
      throw new Error('must have origins such as https://host.example as its keys')
    }
    if (typeof target !== 'string' || !URL.canParse(target)) {
      throw new Error('must have URLs as its values')
    }
    const url = new URL(target)
    const scheme = url.protocol === 'https:' || (url.protocol === 'http:' && options.allowHttp)
    if (!scheme) throw new Error('must have https targets in production')
    if (url.search + url.hash + url.username + url.password !== '') {
      throw new Error('must have targets of an origin and a path only')
    }
    return { real, origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') }
  })
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error('must be JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('must be a JSON object')
  }
  return value as Record<string, unknown>
}

/** The URL to send to. One that is on no mapped origin, or on a mapped prefix already, stays as it is. */
export function mapUrl(map: OriginMap, url: URL): URL {
  const entry = map.find(({ real }) => real === url.origin)
  if (entry === undefined) return url
  return new URL(entry.origin + entry.prefix + url.pathname + url.search)
}

/** Whether a URL, real or mapped, belongs to one of these real origins. */
export function isUnder(map: OriginMap, url: URL, origins: readonly string[]): boolean {
  if (origins.includes(url.origin)) return true
  return map.some((entry) => origins.includes(entry.real) && isBelow(entry, url))
}

/** Whether a URL is on the host that some real origin is mapped to, whatever its port. */
export function isMappedHost(map: OriginMap, url: URL): boolean {
  return map.some(({ origin }) => {
    const target = new URL(origin)
    return target.hostname === url.hostname && target.protocol === url.protocol
  })
}

function isBelow({ origin, prefix }: MappedOrigin, { origin: actual, pathname }: URL): boolean {
  // `..%2f` is no dot segment to the URL parser, but a server behind may decode it into one.
  if (actual !== origin || /\.\.(?:%2f|%5c|\\)/i.test(pathname)) return false
  return prefix === '' || pathname === prefix || pathname.startsWith(`${prefix}/`)
}
