// Reads what the links and images of a page lead to.
// https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html
import type { LinkTarget, PageTarget } from './document.ts'
import { attribute, childElements, childNamed, type Element } from './tree.ts'

/** A target and the words for it where the page has none of its own. */
export interface Reference {
  readonly target: LinkTarget | { readonly kind: 'url'; readonly url: string } | undefined
  readonly fallback: string
}

/** The first resource that the element names; undefined if it names none that is known. */
export function findReference(element: Element): Reference | undefined {
  const anchor = attribute(element, 'ac:anchor')
  for (const child of childElements(element)) {
    const reference = readResource(child, anchor)
    if (reference !== undefined) return reference
  }
  return undefined
}

function readResource(element: Element, anchor: string | undefined): Reference | undefined {
  switch (element.name) {
    case 'ri:page': {
      const target = pageTarget(element, anchor)
      return { target, fallback: target.title ?? anchor ?? '' }
    }
    case 'ri:blog-post': {
      const { title = '', ...place } = pageTarget(element, anchor)
      const postingDay = attribute(element, 'ri:posting-day')
      const target = { ...place, kind: 'blog-post', title, ...optional({ postingDay }) } as const
      return { target, fallback: title }
    }
    case 'ri:attachment': {
      const fileName = attribute(element, 'ri:filename') ?? ''
      const page = childNamed(element, 'ri:page')
      const owner = page === undefined ? undefined : pageTarget(page, undefined)
      const target = { kind: 'attachment', fileName, ...optional({ owner }) } as const
      return { target, fallback: fileName }
    }
    case 'ri:space': {
      const spaceKey = attribute(element, 'ri:space-key') ?? ''
      return { target: { kind: 'space', spaceKey }, fallback: spaceKey }
    }
    case 'ri:user': {
      const accountId = attribute(element, 'ri:account-id') ?? ''
      // The page does not hold the name: it is the account's to change.
      return { target: { kind: 'user', accountId }, fallback: '@user' }
    }
    case 'ri:content-entity': {
      const contentId = attribute(element, 'ri:content-id') ?? ''
      return { target: { kind: 'content', contentId, ...optional({ anchor }) }, fallback: '' }
    }
    case 'ri:url': {
      const url = attribute(element, 'ri:value') ?? ''
      return { target: { kind: 'url', url }, fallback: url }
    }
    case 'ri:shortcut':
      // Where the site's shortcuts lead is known to its administrators only.
      return { target: undefined, fallback: attribute(element, 'ri:parameter') ?? '' }
    default:
      return undefined
  }
}

/** What an element that names no page leads to: the page it is on. */
export function pageTarget(element: Element | undefined, anchor: string | undefined): PageTarget {
  const title = element && attribute(element, 'ri:content-title')
  const spaceKey = element && attribute(element, 'ri:space-key')
  return { kind: 'page', ...optional({ title, spaceKey, anchor }) }
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

/** Absent, not undefined: what the page does not say is no property. */
function optional<T extends object>(values: T): Defined<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}
