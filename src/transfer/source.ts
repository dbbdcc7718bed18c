// Where bytes come from: something that flows once, or something that can be opened again at any offset.
import { FragmentSource, type SourceOptions } from '../net/stream.ts'

export interface Source {
  /** Whether it can be opened again, at another offset, after a failure. */
  readonly reopens: boolean
  /** The bytes from `offset` up to and without `end`. What is opened is released by whoever opened it. */
  readonly open: (offset: number, end: number) => Promise<FragmentSource>
}

/** A body of a request, or a stream made of a part of one. */
export interface Body extends SourceOptions {
  readonly stream: ReadableStream<Uint8Array> | null
  /** Bytes that it holds, as its sender declared. */
  readonly length: number
  /** `request`: its sender must be able to finish sending, so what is not wanted is read and thrown away, never cancelled. */
  readonly from: 'request' | 'form'
}

/** A body flows once: it opens once, and its first byte stands at `start`. */
export function bodySource({ stream, length, from, ...options }: Body, start = 0): Source {
  let opened = false
  return {
    reopens: false,
    open: (offset) => {
      if (opened || offset !== start) {
        return Promise.reject(new Error('a body flows once, from its start'))
      }
      opened = true
      return Promise.resolve(new FragmentSource(stream, length, from === 'request', options))
    },
  }
}
