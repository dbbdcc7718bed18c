// Only the rows in sight are in the page, and the one with the focus wherever it is; the window scrolls, not a box of its own.
import { useLayoutEffect, useRef, useState, type RefObject } from 'hono/jsx/dom'
import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core'

export interface VirtualRow {
  readonly index: number
  /** Pixels below the first row's top. */
  readonly top: number
}

export interface VirtualRows {
  readonly rows: readonly VirtualRow[]
  /** Pixels of all rows together. */
  readonly height: number
  readonly rowHeight: number
}

const NARROW = '(max-width: 40rem)'
const ROW_REM = 3.5
const NARROW_ROW_REM = 4.25
const OVERSCAN = 8
/** Short lists are in the page as a whole: the browser's own search finds everything in them. */
const SHORT = 150

/** @param kept an index that stays in the page, or -1 */
export function useVirtualRows(
  list: RefObject<HTMLElement>,
  count: number,
  kept: number,
): VirtualRows {
  const [, draw] = useState(0)
  const [margin, setMargin] = useState(0)
  const [rowHeight, setRowHeight] = useState(measureRow())
  const held = useRef<Virtualizer<Window, HTMLElement> | undefined>(undefined)
  const options = {
    count,
    getScrollElement: () => window,
    estimateSize: () => rowHeight,
    scrollToFn: windowScroll<Window>,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    initialRect: { width: window.innerWidth, height: window.innerHeight },
    initialOffset: () => window.scrollY,
    onChange: () => draw((turn) => turn + 1),
    scrollMargin: margin,
    overscan: OVERSCAN,
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      if (count <= SHORT) return Array.from({ length: count }, (_, index) => index)
      const inSight = defaultRangeExtractor(range)
      if (kept < 0 || kept >= count || inSight.includes(kept)) return inSight
      return kept < (inSight[0] ?? 0) ? [kept, ...inSight] : [...inSight, kept]
    },
  }
  held.current ??= new Virtualizer<Window, HTMLElement>(options)
  const virtualizer = held.current
  virtualizer.setOptions(options)

  useLayoutEffect(() => {
    // What is above the rows may grow, and the letters too.
    const place = () => {
      setRowHeight(measureRow())
      const top = list.current?.getBoundingClientRect().top
      if (top !== undefined) setMargin(Math.round(top + window.scrollY))
    }
    const observer = new ResizeObserver(place)
    observer.observe(document.body)
    const unmount = virtualizer._didMount()
    place()
    return () => {
      observer.disconnect()
      unmount()
    }
  }, [])
  useLayoutEffect(() => {
    virtualizer._willUpdate()
  })
  useLayoutEffect(() => {
    virtualizer.measure()
  }, [rowHeight])

  return {
    rows: virtualizer.getVirtualItems().map(({ index, start }) => ({ index, top: start - margin })),
    height: count * rowHeight,
    rowHeight,
  }
}

function measureRow(): number {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize)
  return Math.round(rem * (matchMedia(NARROW).matches ? NARROW_ROW_REM : ROW_REM))
}
