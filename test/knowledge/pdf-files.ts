// Makes PDF files, as small as they can be or as odd as a test wants them. ISO 32000-1.

export interface PlacedText {
  readonly x: number
  readonly y: number
  /** In WinAnsiEncoding, escaped as in a PDF's string. */
  readonly text: string
  /** In points; 12 by default. */
  readonly size?: number
}

/** A file of these objects: the first one has number 1 and is the catalog. */
export function pdfOfObjects(objects: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [latin('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')]
  let length = parts[0]!.length
  const offsets = objects.map((object, at) => {
    const bytes = typeof object === 'string' ? latin(object) : object
    const start = length
    parts.push(latin(`${at + 1} 0 obj\n`), bytes, latin('\nendobj\n'))
    for (const part of parts.slice(-3)) length += part.length
    return start
  })
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  const size = objects.length + 1
  parts.push(
    latin(`xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}`),
    latin(`trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`),
  )
  return join(parts)
}

/** A file of pages with text set in Helvetica. */
export function pdfOf(pages: readonly (readonly PlacedText[])[]): Uint8Array {
  const kids = pages.map((_, at) => `${4 + at * 2} 0 R`)
  return pdfOfObjects([
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${pages.length}/Kids[${kids.join(' ')}]>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>',
    ...pages.flatMap((texts, at) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${5 + at * 2} 0 R/Resources<</Font<</F 3 0 R>>>>>>`,
      streamOf('', latin(texts.map(setText).join('\n'))),
    ]),
  ])
}

/** @param entries of the stream's dictionary, beside its length */
export function streamOf(entries: string, data: Uint8Array): Uint8Array {
  const head = `<<${entries}/Length ${data.length}>>\nstream\n`
  return join([latin(head), data, latin('\nendstream')])
}

export function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

function setText({ x, y, text, size = 12 }: PlacedText): string {
  return `BT /F ${size} Tf ${x} ${y} Td (${text}) Tj ET`
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
