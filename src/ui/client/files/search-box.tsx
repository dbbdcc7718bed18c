// Searches the drive. What is searched for is the third part of the address, so that Back leaves it and a reload keeps it.
import { useEffect, useRef, useState } from 'hono/jsx/dom'
import { SearchIcon } from '../icons.tsx'
import { folderPlace } from './file-row.tsx'

/** What is searched for, or nothing: `#/connection/folder/what`. */
export function useQuery(): string {
  const [query, setQuery] = useState(readQuery())
  useEffect(() => {
    const read = () => setQuery(readQuery())
    window.addEventListener('hashchange', read)
    return () => window.removeEventListener('hashchange', read)
  }, [])
  return query
}

function readQuery(): string {
  const part = location.hash.replace(/^#\/?/, '').split('/')[2] ?? ''
  try {
    return decodeURIComponent(part).trim()
  } catch {
    return part
  }
}

interface SearchBoxProps {
  readonly connection: string
  readonly folder: string
  /** What the drive is called. */
  readonly title: string
  readonly query: string
}

export function SearchBox({ connection, folder, title, query }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (input.current !== null) input.current.value = query
  }, [query])
  return (
    <form
      role="search"
      class="search"
      onSubmit={(event: Event) => {
        event.preventDefault()
        const wanted = input.current?.value.trim() ?? ''
        const place = folderPlace(connection, folder)
        location.hash = wanted === '' ? place : `${place}/${encodeURIComponent(wanted)}`
      }}
    >
      <input
        ref={input}
        type="search"
        maxLength={500}
        aria-label={`Search in ${title}`}
        placeholder={`Search in ${title}`}
      />
      <button aria-label="Search" title="Search">
        <SearchIcon />
      </button>
    </form>
  )
}
