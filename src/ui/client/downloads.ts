// Downloads by links: whether the file can be had is asked first, so that what is against it is told in words instead of saved as a file.
import { readProblem } from '../../client/error.ts'
import { toError } from './api.ts'
import { complain } from './toasts.ts'

/** From now on every `<a download>` of the page is asked about first; with a key held down it is the browser's own. */
export function watchDownloads(): void {
  document.addEventListener('click', (event) => {
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[download]')
    if (event.defaultPrevented || !isPlain || event.altKey || link === null) return
    event.preventDefault()
    download(link.href).catch(complain)
  })
}

/** Resolves once the browser has begun to save it; throws what the API has against it. */
export async function download(url: string): Promise<void> {
  await expectThere(url)
  const link = document.createElement('a')
  link.href = url
  link.download = ''
  // Outside of the page nobody asks again.
  link.click()
}

/** HEAD reads nothing of the file, but says nothing in words either: those come with a GET of the same. */
async function expectThere(url: string): Promise<void> {
  if ((await ask(url, 'HEAD')).ok) return
  const leaving = new AbortController()
  const answer = await ask(url, 'GET', leaving.signal)
  if (answer.ok) return leaving.abort()
  throw readProblem(answer.status, await answer.json().catch(() => undefined))
}

async function ask(url: string, method: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { method, headers: { accept: '*/*' }, signal: signal ?? null })
  } catch {
    throw offline()
  }
}

const offline = () =>
  toError(
    readProblem(0, {
      code: 'network',
      detail: 'The network failed. Check the connection and try again.',
    }),
  )
