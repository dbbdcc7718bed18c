// Short messages about what has happened, on whichever page, the newest last: good ones make room, failures stay until they are dismissed.
import { toError, type ApiError } from './api.ts'

export interface Toast {
  readonly id: number
  readonly kind: 'good' | 'bad'
  readonly text: string
  /** Where there is more about it. */
  readonly link?: { readonly href: string; readonly label: string } | undefined
  /** The failure that it tells of. */
  readonly error?: ApiError | undefined
}

/** Above this, the oldest good ones make room. */
const MOST = 4

let toasts: readonly Toast[] = []
let count = 0
const watchers = new Set<() => void>()

export const allToasts = (): readonly Toast[] => toasts

/** Calls back after every change from now on; returns how to stop. */
export function watchToasts(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

/** Says that something has been done. */
export function say(text: string, link?: Toast['link']): void {
  add({ kind: 'good', text, link })
}

/** Says that something has failed; it stays until it is dismissed. */
export function complain(error: unknown, link?: Toast['link']): void {
  const problem = toError(error)
  add({ kind: 'bad', text: problem.message, error: problem, link })
}

/** The same as an alert that is none of the API's. */
export function warn(text: string, link?: Toast['link']): void {
  add({ kind: 'bad', text, link })
}

export function dismissToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id))
}

function add(toast: Omit<Toast, 'id'>): void {
  const others = toasts.filter(({ text }) => text !== toast.text)
  let spare = others.length + 1 - MOST
  const kept = others.filter(({ kind }) => kind === 'bad' || (spare -= 1) < 0)
  change([...kept, { ...toast, id: (count += 1) }])
}

function change(next: readonly Toast[]): void {
  toasts = next
  for (const watcher of watchers) watcher()
}
