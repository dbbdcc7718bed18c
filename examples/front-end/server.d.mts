// The types of server.mjs, for whoever starts it from TypeScript.
export interface FrontEndOptions {
  readonly slipwayUrl: string
  readonly secret: string
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly port?: number
}

export function startFrontEnd(options: FrontEndOptions): Promise<{
  readonly url: string
  readonly close: () => Promise<void>
}>
