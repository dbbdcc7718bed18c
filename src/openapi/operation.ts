// What a feature says about a route beyond the schemas that it validates with: the words, the answers, the ways to fail.
import type { z } from 'zod'
import type { ProblemCode } from '../problems/problem.ts'

export const TAGS = {
  Providers: 'What can be connected, and what each provider can do.',
  Connecting:
    'How a user connects a drive: by OAuth in a popup or a redirect, with a password, or at the user’s own server.',
  Connections: 'The drives that a user has connected.',
  Files: 'Browse, search, read and write, each on one connection.',
  Uploads: 'Files of any size in as many requests as they need: tus 1.0.0.',
  Documents: 'Files that an application keeps through Slipway, on any backend.',
  Search: 'Full-text search over the text of documents.',
  Imports: 'Bring files and whole folders of a drive into the documents.',
  Account: 'The caller’s own settings.',
  Administration: 'What operators may see.',
  'Earlier contracts':
    'Two contracts of earlier front ends, served as they were written. New front ends use the other routes, which can do more.',
  Service: 'The service itself: its health, its description, its pages.',
} as const
export type Tag = keyof typeof TAGS

/** Bytes or text that no schema describes further. */
export type Content = z.ZodType | 'bytes' | 'text'

export interface AnswerOf {
  readonly description: string
  readonly headers?: Readonly<Record<string, z.ZodType>>
  /** By media type; none: no body. */
  readonly content?: Readonly<Record<string, Content>>
  /** Where one made of the schema's own examples would mislead: by media type. */
  readonly examples?: Readonly<Record<string, unknown>>
}

/** A code, with the status where it is not the table's. */
export type Failure = ProblemCode | { readonly code: ProblemCode; readonly status: number }

export interface Operation {
  /** A method's name in a client. */
  readonly id: string
  readonly tag: Tag
  readonly summary: string
  readonly description?: string
  /** Served for those who use it already. */
  readonly deprecated?: true
  /** `anyone`: no token, or one in the path. */
  readonly access: 'user' | 'administrator' | 'anyone'
  readonly params?: Readonly<Record<string, z.ZodType>>
  /** What the members of the query and of the body mean, which the route validates. */
  readonly fields?: Readonly<Record<string, string>>
  /** Examples of such members, where a client sends something. */
  readonly send?: Readonly<Record<string, unknown>>
  /** Query parameters of a route that reads them by itself. */
  readonly query?: Readonly<Record<string, z.ZodType>>
  readonly headers?: Readonly<Record<string, z.ZodType>>
  /** The body of a route that reads it by itself. */
  readonly body?: {
    readonly content: Readonly<Record<string, Content>>
    readonly isOptional?: boolean
    readonly description?: string
  }
  readonly answers: Readonly<Record<number, AnswerOf>>
  /** Header fields of every answer, failures too. */
  readonly always?: Readonly<Record<string, z.ZodType>>
  /** Beside those of the caller's token, of validated input and `internal`, which are added. */
  readonly problems?: readonly Failure[]
}

/** By method and path as they are routed: `GET /api/cloud/connections/:id`. */
export type Operations = Readonly<Record<string, Operation>>

type More = Omit<AnswerOf, 'description' | 'content'>

export const json = (schema: z.ZodType, description: string, more: More = {}): AnswerOf => ({
  description,
  content: { 'application/json': schema },
  ...more,
})

export const empty = (description: string, headers?: AnswerOf['headers']): AnswerOf => ({
  description,
  ...(headers && { headers }),
})

/** A stream of whatever type the file has. */
export const bytes = (description: string, headers?: AnswerOf['headers']): AnswerOf => ({
  description,
  content: { '*/*': 'bytes' },
  ...(headers && { headers }),
})

export const plain = (type: string, description: string): AnswerOf => ({
  description,
  content: { [type]: 'text' },
})
