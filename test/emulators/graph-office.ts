// Libraries of SharePoint write properties into Office files after an upload, so that size and hash are not what was sent.
// Source: github.com/OneDrive/onedrive-api-docs issue 935.
import { Readable } from 'node:stream'
import { partsOf, type Content } from './content.ts'
import type { GraphDrive } from './graph-items.ts'

const OFFICE = /\.(?:docx|xlsx|pptx)$/i
const PROPERTIES = Buffer.from('docProps/custom.xml'.padEnd(1024))

/** What a library keeps of a file that was uploaded: the content itself, or a longer one. */
export function rewriteForLibrary(drive: GraphDrive, name: string, content: Content): Content {
  return drive.type === 'documentLibrary' && OFFICE.test(name) ? withProperties(content) : content
}

function withProperties(content: Content): Content {
  const { size } = content
  return {
    size: size + PROPERTIES.length,
    read: (start, end) => readBoth(content, start, end),
    share: () => withProperties(content.share()),
    discard: () => content.discard(),
  }
}

function readBoth(content: Content, start: number, end: number): ReadableStream<Uint8Array> {
  const { size } = content
  async function* parts(): AsyncGenerator<Uint8Array> {
    if (start < size) yield* partsOf(content.read(start, Math.min(end, size)))
    const rest = PROPERTIES.subarray(Math.max(0, start - size), Math.max(0, end - size))
    if (rest.length > 0) yield rest
  }
  return Readable.toWeb(Readable.from(parts())) as ReadableStream<Uint8Array>
}
