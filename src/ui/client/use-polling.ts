// Asks again and again while the page can be seen, and at once when it is looked at again.
import { useEffect, useRef } from 'hono/jsx/dom'

/**
 * @param milliseconds between the end of one question and the next
 * @param isWanted false = nothing is asked
 */
export function usePolling(ask: () => Promise<unknown>, milliseconds: number, isWanted: boolean) {
  const newest = useRef(ask)
  newest.current = ask
  useEffect(() => {
    if (!isWanted) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const plan = () => {
      clearTimeout(timer)
      if (!isGone) timer = setTimeout(run, milliseconds)
    }
    const run = () => {
      clearTimeout(timer)
      if (document.visibilityState === 'hidden') return
      void newest.current?.().finally(plan)
    }
    const look = () => {
      if (document.visibilityState === 'visible') run()
    }
    document.addEventListener('visibilitychange', look)
    plan()
    return () => {
      isGone = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [isWanted, milliseconds])
}
