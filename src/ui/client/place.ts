// Where the user is: every page has an address in the URL's fragment, so that Back, reload and bookmarks work.

export type Place =
  | { readonly page: 'drives' }
  | { readonly page: 'files'; readonly connection: string; readonly folder: string }
  | { readonly page: 'imports' }
  | { readonly page: 'import'; readonly id: string }
  | { readonly page: 'documents'; readonly query: URLSearchParams }
  | { readonly page: 'settings' }

/** `#/-/page…` for the pages, `#/connection/folder` for files; anything else is the home page. */
export function readPlace(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [first = '', second = '', third = ''] = path.split('/').map(decode)
  if (first === '') return { page: 'drives' }
  if (first !== '-') return { page: 'files', connection: first, folder: second || 'root' }
  switch (second) {
    case 'imports':
      return third === '' ? { page: 'imports' } : { page: 'import', id: third }
    case 'documents':
      return { page: 'documents', query: new URLSearchParams(query) }
    case 'settings':
      return { page: 'settings' }
    default:
      return { page: 'drives' }
  }
}

/** Equal for places between which the reader stays on the same page. */
export function pageKey(place: Place): string {
  if (place.page === 'files') return `files ${place.connection}`
  return place.page === 'import' ? `import ${place.id}` : place.page
}

/** An address may have been typed or cut off. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const KEPT = 'slipway-place'

/** Remembers the place over a sign-in, in this tab. */
export function keepPlace(): void {
  try {
    sessionStorage.setItem(KEPT, location.hash)
  } catch {
    // Then the sign-in ends at the home page.
  }
}

/** Goes to where a sign-in interrupted; once. */
export function restorePlace(): void {
  try {
    const kept = sessionStorage.getItem(KEPT)
    sessionStorage.removeItem(KEPT)
    if (kept !== null && kept.startsWith('#/') && location.hash === '') {
      history.replaceState(null, '', kept)
    }
  } catch {
    // Nothing was kept.
  }
}
