// Tells from a document's styles which paragraphs are headings and items of lists: ids are arbitrary, and names may be in any language.
import type { Attributes, MarkupHandler } from './markup-reader.ts'
import type { OfficePackage } from './office-package.ts'
import { Unreadable } from './unreadable.ts'

export interface WordStyle {
  /** Of headings: 1 to 9. */
  readonly level: number | undefined
  readonly isItem: boolean
  /** A line of the table of contents: the headings themselves say it again. */
  readonly isContents: boolean
}

/** The style of an id; of no id, and of an id that nothing is known of, that of plain text. */
export type WordStyles = (id: string | undefined) => WordStyle

/** Attributes that styles and paragraphs are read from. */
export const WORD_STYLE_ATTRIBUTES: ReadonlySet<string> = new Set([':val', ':styleId', ':type'])

interface Definition {
  name: string
  basedOn: string | undefined
  outline: number | undefined
  isItem: boolean | undefined
}

const MAX_STYLES = 10_000

/** Styles on which styles are based, at most. Word stops at 11. */
const MAX_CHAIN = 20

/** Paragraphs at this outline level are text. */
const BODY_TEXT = 9

const PLAIN: WordStyle = { level: undefined, isItem: false, isContents: false }

/** Word writes English names for its own styles, whatever its language; other programs do not. */
const HEADING_NAME =
  /^(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|başlık|заголовок|标题|標題|見出し|제목)\s?([1-9])$/iu
const CONTENTS_NAME = /^(?:toc|contents)\s?[1-9]$/i

/** @param part the part that has the styles, if there is one */
export async function readWordStyles(
  file: OfficePackage,
  part: string | undefined,
): Promise<WordStyles> {
  if (part === undefined) return () => PLAIN
  const definitions = new Definitions()
  await file.read(part, definitions, WORD_STYLE_ATTRIBUTES)
  const known = new Map<string, WordStyle>()
  return (id = '') => {
    const style = known.get(id) ?? resolveStyle(definitions.byId, id)
    known.set(id, style)
    return style
  }
}

class Definitions implements MarkupHandler {
  readonly byId = new Map<string, Definition>()
  #style: Definition | undefined

  open(name: string, attributes: Attributes): void {
    if (name === 'style') return this.#begin(attributes)
    const style = this.#style
    const value = attributes.get(':val')
    if (style === undefined || value === undefined) return
    if (name === 'name') style.name = value
    else if (name === 'basedOn') style.basedOn = value
    else if (name === 'outlineLvl') style.outline = Number(value)
    else if (name === 'numId') style.isItem = value !== '0'
  }

  close(name: string): void {
    if (name === 'style') this.#style = undefined
  }

  text(): void {}

  #begin(attributes: Attributes): void {
    this.#style = { name: '', basedOn: undefined, outline: undefined, isItem: undefined }
    const id = attributes.get(':styleId')
    if (id === undefined || attributes.get(':type') !== 'paragraph') return
    this.byId.set(id, this.#style)
    if (this.byId.size > MAX_STYLES) throw new Unreadable('broken_file')
  }
}

function resolveStyle(byId: ReadonlyMap<string, Definition>, id: string): WordStyle {
  let level: number | undefined
  let isItem: boolean | undefined
  let isContents = false
  let next: string | undefined = id
  for (let chain = 0; chain < MAX_CHAIN && next !== undefined; chain++) {
    const style: Definition | undefined = byId.get(next)
    if (style === undefined) break
    level ??= levelOf(style)
    isItem ??= style.isItem
    isContents ||= CONTENTS_NAME.test(style.name)
    next = style.basedOn
  }
  const isHeading = level !== undefined && level <= BODY_TEXT
  return { level: isHeading ? level : undefined, isItem: isItem ?? false, isContents }
}

/** From 1; 10 for a style that says that it is no heading, whatever it is based on. */
function levelOf({ name, outline }: Definition): number | undefined {
  const named = HEADING_NAME.exec(name)?.[1]
  if (named !== undefined) return Number(named)
  if (name.toLowerCase() === 'title') return 1
  return outline !== undefined && outline >= 0 ? outline + 1 : undefined
}
