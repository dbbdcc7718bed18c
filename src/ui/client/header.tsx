// The top of every page: the way to each of them, who is signed in, and the way out. In narrow windows it folds into a menu.
import { useRef, useState } from 'hono/jsx/dom'
import type { Place } from './place.ts'
import { forgetAllUploads } from './uploads.ts'

interface HeaderProps {
  readonly place: Place
  /** Empty until it is known. */
  readonly email: string
  readonly canSignOut: boolean
}

interface NavLink {
  readonly href: string
  readonly label: string
  readonly pages: readonly Place['page'][]
}

const LINKS: readonly NavLink[] = [
  { href: '#/', label: 'Drives', pages: ['drives', 'files'] },
  { href: '#/-/imports', label: 'Imports', pages: ['imports', 'import'] },
  { href: '#/-/documents', label: 'Documents', pages: ['documents'] },
  { href: '#/-/settings', label: 'Settings', pages: ['settings'] },
]

export function Header({ place, email, canSignOut }: HeaderProps) {
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    button.current?.focus()
  }
  return (
    <header class="top" onKeyDown={close}>
      <a class="skip button" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <div>
        <a class="brand" href="#/" onClick={() => setOpen(false)}>
          <img src="/favicon.svg" alt="" /> Slipway
        </a>
        <button
          ref={button}
          class="top-menu-button"
          aria-expanded={isOpen ? 'true' : 'false'}
          aria-controls="top-menu"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <div id="top-menu" class={isOpen ? 'top-menu open' : 'top-menu'}>
          <nav aria-label="Main">
            <ul class="nav">
              {LINKS.map(({ href, label, pages }) => (
                <li key={href}>
                  <a
                    href={href}
                    aria-current={currentOf(pages, place)}
                    onClick={() => setOpen(false)}
                  >
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <span class="who muted small ellipsis" title={email}>
            {email}
          </span>
          {canSignOut && (
            <form method="post" action="/sign-out" onSubmit={forgetAllUploads}>
              <button>Sign out</button>
            </form>
          )}
        </div>
      </div>
    </header>
  )
}

/** `page` on the page itself, `true` on what lies beneath it. */
function currentOf(pages: NavLink['pages'], { page }: Place): 'page' | 'true' | undefined {
  if (!pages.includes(page)) return undefined
  return pages[0] === page ? 'page' : 'true'
}

/** The fragment is the page's address: it must not become the name of a place in it. */
function skip(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('main h1')?.focus()
}

export function Footer() {
  return (
    <footer class="foot small muted">
      <nav aria-label="For developers">
        <a href="/docs">API documentation</a>
        <a href="/openapi.json">OpenAPI</a>
      </nav>
    </footer>
  )
}
