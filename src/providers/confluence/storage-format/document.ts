// What a page says, whatever the format: blocks that hold blocks or runs of text. No macros, no names of Confluence's.

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'rule' }
  | CodeBlock
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | Panel
  | { readonly kind: 'expand'; readonly title: string; readonly blocks: readonly Block[] }
  | List
  | Table

export interface CodeBlock {
  readonly kind: 'code'
  readonly language: string
  readonly title: string
  readonly code: string
}

export interface Panel {
  readonly kind: 'panel'
  /** "Note", "Warning"; empty for a plain box. */
  readonly label: string
  readonly title: string
  readonly blocks: readonly Block[]
}

export interface List {
  readonly kind: 'list'
  /** The first number; undefined for bullets. */
  readonly start: number | undefined
  readonly items: readonly ListItem[]
}

export interface ListItem {
  /** Undefined for what is no task. */
  readonly isDone: boolean | undefined
  readonly blocks: readonly Block[]
}

export interface Table {
  readonly kind: 'table'
  readonly rows: readonly (readonly Cell[])[]
}

export interface Cell {
  readonly isHeader: boolean
  readonly columns: number
  readonly rows: number
  readonly blocks: readonly Block[]
}

/** A piece of a paragraph. White space is as in the page: {@link walkInlines} collapses it. */
export type Inline = Text | Image | { readonly kind: 'break' }

export interface Text {
  readonly kind: 'text' | 'code'
  readonly text: string
  readonly marks: readonly Mark[]
}

export interface Image {
  readonly kind: 'image'
  readonly alt: string
  /** The words below it, which follow it as text. */
  readonly hasCaption: boolean
  /** The name of the page's file, or the address of an image elsewhere. */
  readonly name: string
  readonly isFile: boolean
  /** It is on the page's own site: who shows it tells nobody else. */
  readonly isOwn: boolean
  readonly url: string | undefined
  readonly marks: readonly Mark[]
}

export type Emphasis = 'strong' | 'emphasis' | 'strike' | 'underline' | 'sub' | 'sup'

/** Outermost first in a run's list; the same object for all runs of one link. */
export type Mark = Emphasis | Link

export interface Link {
  readonly url: string
}

/** What the callers of the renderers say of a page. */
export interface Options {
  /** The page's title; empty for none. */
  readonly title: string
  /** The origin of the page's site; absent where it is not known. */
  readonly site?: string
  /** Where a target is; undefined if there is no address: its text alone is shown then. */
  readonly links?: (target: LinkTarget) => string | undefined
}

/** What a link or an image of a page leads to. https://confluence.atlassian.com/conf91/confluence-storage-format-1442847767.html */
export type LinkTarget =
  | PageTarget
  | ({ readonly kind: 'blog-post'; readonly title: string; readonly postingDay?: string } & Place)
  | { readonly kind: 'attachment'; readonly fileName: string; readonly owner?: PageTarget }
  | { readonly kind: 'space'; readonly spaceKey: string }
  | { readonly kind: 'user'; readonly accountId: string }
  | { readonly kind: 'content'; readonly contentId: string; readonly anchor?: string }
  /** An address without a host, as `/wiki/spaces/DOCS`. */
  | { readonly kind: 'path'; readonly path: string }

/** A page by its title; without one, the page itself. Without a space, the page's own. */
export type PageTarget = { readonly kind: 'page'; readonly title?: string } & Place

interface Place {
  readonly spaceKey?: string
  readonly anchor?: string
}
