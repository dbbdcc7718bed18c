// What a key means in the list of files. After the grid pattern of the ARIA Authoring Practices, with rows as the places to be.

export type Command =
  | { readonly kind: 'go'; readonly to: number; readonly extends: boolean }
  | { readonly kind: 'into' | 'out' | 'open' | 'toggle' | 'all' | 'clear' | 'delete' | 'rename' }
  | { readonly kind: 'extend' }
  | { readonly kind: 'type'; readonly letter: string }

export interface Situation {
  readonly index: number
  readonly count: number
  /** Rows that fit into the window. */
  readonly page: number
  /** Whether the row itself has the focus, and not something in it. */
  readonly isOnRow: boolean
}

type Pressed = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>

/** Undefined for a key that is none of the list's business. */
export function readKey(pressed: Pressed, situation: Situation): Command | undefined {
  const { key, shiftKey, altKey } = pressed
  const { isOnRow } = situation
  const hasControl = pressed.ctrlKey || pressed.metaKey
  if (altKey) return undefined
  const to = destination(key, situation)
  if (to !== undefined) return { kind: 'go', to, extends: shiftKey }
  switch (key) {
    case 'ArrowRight':
      return { kind: 'into' }
    case 'ArrowLeft':
      return isOnRow ? undefined : { kind: 'out' }
    case 'Enter':
      return isOnRow ? { kind: 'open' } : undefined
    case ' ':
      if (!isOnRow) return undefined
      return { kind: shiftKey ? 'extend' : 'toggle' }
    case 'Escape':
      return { kind: 'clear' }
    case 'Delete':
      return { kind: 'delete' }
    case 'F2':
      return { kind: 'rename' }
  }
  if (hasControl) return key.toLowerCase() === 'a' && !shiftKey ? { kind: 'all' } : undefined
  return [...key].length === 1 ? { kind: 'type', letter: key } : undefined
}

function destination(key: string, { index, count, page }: Situation): number | undefined {
  const last = count - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(index + 1, last)
    case 'ArrowUp':
      return Math.max(index - 1, 0)
    case 'PageDown':
      return Math.min(index + page, last)
    case 'PageUp':
      return Math.max(index - page, 0)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return undefined
  }
}

/** Milliseconds after which the next letter begins a new word. */
const PAUSE = 800

/** Finds the next name that begins with what is being typed; the same letter again goes on to the next one. */
export function createTypeAhead() {
  let typed = ''
  let last = 0
  return (names: readonly string[], from: number, letter: string): number | undefined => {
    const now = performance.now()
    typed = now - last > PAUSE ? letter : typed + letter
    last = now
    const isRepeated = [...typed].every((one) => one === letter)
    const wanted = fold(isRepeated ? letter : typed)
    // While a word grows, the row on which it stands may be the one.
    const first = isRepeated ? from + 1 : from
    for (let step = 0; step < names.length; step += 1) {
      const at = (first + step) % names.length
      if (fold(names[at] ?? '').startsWith(wanted)) return at
    }
    return undefined
  }
}

const fold = (text: string) => text.normalize('NFC').toLocaleLowerCase()
