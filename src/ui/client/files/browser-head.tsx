// Where one is: the way from the drives down to the folder, and its name.
import { useEffect, useState } from 'hono/jsx/dom'
import type { Connection, Crumb } from '../api.ts'
import { formatClock } from '../format.ts'
import { folderPlace } from './file-row.tsx'

interface BrowserHeadProps {
  readonly connection: string
  /** What the drive is called. */
  readonly title: string
  readonly name: string
  readonly folder: string
  readonly path: readonly Crumb[]
  readonly isSearch: boolean
  readonly account: Connection | undefined
}

export function BrowserHead(props: BrowserHeadProps) {
  const { connection, title, name, folder, path, isSearch, account } = props
  const crumbs = isSearch ? [{ id: 'root', name: title }] : path
  return (
    <>
      <nav aria-label="Folders">
        <ol class="crumbs">
          <li>
            <a href="#/">Drives</a>
          </li>
          {crumbs.map((crumb, at) => (
            <li key={crumb.id}>
              <a href={folderPlace(connection, crumb.id)}>
                <bdi>{at === 0 ? title : crumb.name}</bdi>
              </a>
            </li>
          ))}
          {isSearch && folder !== 'root' && (
            <li>
              <a href={folderPlace(connection, folder)}>Back to the folder</a>
            </li>
          )}
        </ol>
      </nav>
      <h1 tabIndex={-1}>
        <bdi>{name}</bdi>
      </h1>
      <Pause account={account} />
    </>
  )
}

/** Says until when the provider wants to be left alone: lists may be older meanwhile, and changes wait. */
function Pause({ account }: { readonly account: Connection | undefined }) {
  const until = account?.throttled_until ?? null
  const [, draw] = useState(0)
  const rest = until === null ? 0 : new Date(until).getTime() - Date.now()
  useEffect(() => {
    if (rest <= 0) return
    const timer = setTimeout(() => draw((turn) => turn + 1), rest)
    return () => clearTimeout(timer)
  }, [until])
  if (until === null || rest <= 0) return null
  return (
    <p class="notice warn" role="status">
      The provider asked to wait until {formatClock(new Date(until))}. Until then it may not answer.
    </p>
  )
}
