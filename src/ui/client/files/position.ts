// Where the person is in a list: kept while another one is looked at, and taken up again on return.
import { useEffect, useLayoutEffect, useState, type RefObject } from 'hono/jsx/dom'
import type { FolderView } from './folder-view.ts'

type Active = string | undefined

/** @param focusGrid puts the focus on the row where the person was */
export function usePosition(
  view: FolderView,
  isOpen: boolean,
  focusGrid: RefObject<() => void>,
): {
  readonly active: Active
  readonly setActive: (next: Active | ((before: Active) => Active)) => void
} {
  const [active, setState] = useState<Active>(view.position?.active)
  const setActive = (next: Active | ((before: Active) => Active)) =>
    setState((before) => {
      const now = typeof next === 'function' ? next(before) : next
      view.position = { scroll: window.scrollY, active: now }
      return now
    })

  useLayoutEffect(() => {
    const before = view.position
    setState(before?.active)
    window.scrollTo(0, before?.scroll ?? 0)
    if (before?.active === undefined || !isOpen) return
    // What was pressed to come here has gone, or was in the list that has gone.
    setTimeout(() => {
      const focus = document.activeElement
      if (focus === document.body || focus?.tagName === 'H1') focusGrid.current?.()
      window.scrollTo(0, before.scroll)
    })
  }, [view])
  useEffect(() => {
    const note = () => {
      view.position = { scroll: window.scrollY, active: view.position?.active }
    }
    window.addEventListener('scroll', note, { passive: true })
    return () => window.removeEventListener('scroll', note)
  }, [view])
  useEffect(() => {
    // The browser would scroll before the rows are there, and what it scrolls would be noted.
    history.scrollRestoration = 'manual'
    return () => {
      history.scrollRestoration = 'auto'
    }
  }, [])
  return { active, setActive }
}
