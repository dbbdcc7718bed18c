// What the Worker's isolate keeps in memory, as its inspector tells: what is garbage does not count.
import { fetch } from 'miniflare'

export interface Heap {
  /** MiB of objects and buffers in use, everything else having been collected; undefined where an isolate without work does not answer. */
  readonly live: () => Promise<number | undefined>
  readonly close: () => void
}

/** Milliseconds. */
const DEADLINE = 3000

interface Usage {
  readonly usedSize: number
  readonly backingStorageSize: number
}

/** @param inspector `Slipway.inspector`. Source: chromedevtools.github.io/devtools-protocol (Runtime, HeapProfiler). */
export async function openHeap(inspector: URL): Promise<Heap> {
  const url = inspector.href.replace(/^ws:/, 'http:')
  const { webSocket } = await fetch(url, { headers: { upgrade: 'websocket' } })
  if (!webSocket) throw new Error('the inspector speaks no WebSocket')
  const waiting = new Map<number, (result: unknown) => void>()
  webSocket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    waiting.get(id ?? 0)?.(result)
  })
  webSocket.accept()
  let calls = 0
  const call = (method: string) =>
    new Promise<unknown>((resolve) => {
      const id = ++calls
      waiting.set(id, resolve)
      webSocket.send(JSON.stringify({ id, method }))
    })
  await call('Runtime.enable')
  return {
    live: async () => {
      const asked = call('HeapProfiler.collectGarbage').then(() => call('Runtime.getHeapUsage'))
      const late = new Promise<undefined>((resolve) => setTimeout(resolve, DEADLINE, undefined))
      const usage = (await Promise.race([asked, late])) as Usage | undefined
      return usage && (usage.usedSize + usage.backingStorageSize) / 2 ** 20
    },
    close: () => webSocket.close(),
  }
}
