// Which items a picker lets a person choose: by the words of an input's `accept` (HTML section 4.10.5.1.17), and by folders or not.
import type { Item } from '../slipway.ts'

export interface Choice {
  /** `.pdf`, `image/*`, `application/pdf`, separated by commas; empty: every file. */
  readonly accept: string
  /** Whether folders can be chosen: not at all, besides files, or alone. */
  readonly folders: 'none' | 'too' | 'only'
  /** Whether several can be chosen. */
  readonly isMultiple: boolean
}

/** As the attributes of a picker have it. */
export function choiceOf(picker: HTMLElement): Choice {
  const folders = picker.getAttribute('folders')
  return {
    accept: picker.getAttribute('accept') ?? '',
    isMultiple: picker.hasAttribute('multiple'),
    folders: folders === null ? 'none' : folders === 'only' ? 'only' : 'too',
  }
}

/** Whether an item can be chosen. */
export function canChoose(item: Item, { accept, folders }: Choice): boolean {
  if (item.is_folder) return folders !== 'none'
  return folders !== 'only' && matches(item, accept)
}

/** What is shown: what can be chosen, and folders, in which it may be. */
export const canShow = (item: Item, choice: Choice): boolean =>
  item.is_folder || canChoose(item, choice)

function matches({ name, mime_type: type, exportable_as: formats = [] }: Item, accept: string) {
  const words = accept
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words.length === 0) return true
  // What can be had as a PDF is one, for whoever wants a PDF.
  const types = [type, ...formats].map((one) => one?.toLowerCase() ?? '')
  return words.some((word) => {
    if (word === '*/*') return true
    if (word.startsWith('.')) return name.toLowerCase().endsWith(word)
    if (word.endsWith('/*')) return types.some((one) => one.startsWith(word.slice(0, -1)))
    return types.includes(word)
  })
}
