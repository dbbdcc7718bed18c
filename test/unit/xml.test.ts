// The reader of multistatus documents: the same whatever the pieces, and no document that XML does not allow.
import { describe, expect, it } from 'vitest'
import { decodeText, XmlReader } from '../../src/providers/webdav/xml.ts'

/** What is told of a document that arrives in pieces of so many characters. */
function read(document: string, size = document.length): string[] {
  const told: string[] = []
  const reader = new XmlReader(new Map([['DAV:', '']]), {
    open: (local) => told.push(`<${local}>`),
    close: (local) => told.push(`</${local}>`),
    text: (raw, isLiteral) => told.push(isLiteral ? raw : decodeText(raw)),
  })
  for (let at = 0; at < document.length; at += size) reader.write(document.slice(at, at + size))
  reader.close()
  return told
}

const DOCUMENT = `<?xml version="1.0"?><!-- <a> --><D:multistatus xmlns:D="DAV:" xmlns:x='urn:x>y' a="b > c">
<D:href>a &amp; b&#233;&#x1F6A2;</D:href><x:href/><other xmlns="DAV:"><name/></other><D:b ><![CDATA[<&]]></D:b
></D:multistatus>
`
const TOLD =
  '<multistatus>\n|<href>|a & bé🚢|</href>|<>|</>|<other>|<name>|</name>|</other>|<b>|<&|</b>|</multistatus>'

describe('XmlReader', () => {
  it.each([1, 2, 3, 7, 50, 1000])('tells the same of pieces of %i', (size) => {
    expect(read(DOCUMENT, size).join('|').replace('>|\n|<', '>\n|<')).toBe(TOLD)
  })

  it.each([
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><a/>'],
    ['an entity', '<a>&b;</a>'],
    ['a bare ampersand', '<a>b & c</a>'],
    ['a wrong end tag', '<a><b></a></b>'],
    ['an end tag alone', '</a>'],
    ['a second root', '<a/><b/>'],
    ['text before the root', 'a<b/>'],
    ['text behind the root', '<a/>b'],
    ['an end that is missing', '<a><b/>'],
    ['a tag that is cut', '<a><b'],
    ['nothing', ''],
    ['an attribute without quotes', '<a b=c/>'],
    ['a name that is none', '<a"b/>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
  ])('refuses %s', (_, document) => {
    expect(() => read(document)).toThrow()
  })

  it('holds no token without an end', () => {
    const reader = new XmlReader(new Map([['DAV:', '']]), {
      open: () => 0,
      close: () => 0,
      text: () => 0,
    })
    const write = () => {
      for (let piece = 0; piece < 10; piece++) reader.write(`<!-- ${'x'.repeat(64 * 1024)}`)
    }
    expect(write).toThrow('without an end')
  })
})
