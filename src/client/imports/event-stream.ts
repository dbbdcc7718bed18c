// Reads server-sent events from a fetched body (HTML Living Standard, section 9.2.6): an EventSource can send no token.

export interface ServerEvent {
  readonly name: string
  readonly data: string
  /** The last id that was sent, with this event or before it. */
  readonly id: string | undefined
}

/** Events one after the other, until the stream ends. Comments are given as events without a name: somebody is there. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerEvent, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader()
  let rest = ''
  let name = ''
  let id: string | undefined
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = (await reader.read()) as ReadableStreamReadResult<string>
      if (done) return
      // A line break that is cut in two is not taken for two.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { name, data: data.join('\n'), id }
          name = ''
          data = []
          continue
        }
        const [, field = '', text = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
        if (field === '') yield { name: '', data: '', id }
        else if (field === 'event') name = text
        else if (field === 'data') data.push(text)
        else if (field === 'id') id = text
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
