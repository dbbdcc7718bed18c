// What the API answers, as types: taken from the views themselves. `npm run types:client` writes src/client/views.ts from them.
import type { Answer } from './answer.ts'
import type { checkSchema } from './connections/answers.ts'
import type { viewProvider } from './connections/provider-routes.ts'
import type { viewConnection, viewQuota } from './connections/view.ts'
import type { viewDocument } from './documents/view.ts'
import type { foundItemsSchema, listingSchema, ticketSchema } from './files/answers.ts'
import type { Item as FileItem } from './files/view.ts'
import type { previewImport } from './imports/preview.ts'
import type { Reason } from './imports/reasons.ts'
import type { ImportStatus as Status, ItemState as State } from './imports/schema.ts'
import type { viewFile, viewImport, viewWhole } from './imports/view.ts'
import type { viewResult } from './knowledge/view.ts'
import type { PopupMessage as Message } from './oauth/popup.ts'
import type { FieldError as Field, ProblemCode as Code } from './problems/problem.ts'
import type { ProblemBody as Body } from './problems/respond.ts'
import type { Receipt } from './transfer/receipt.ts'
import type { viewUpload } from './uploads/routes.ts'
import type { userSchema } from './users/answers.ts'

/** The codes of the API's problems; each is described at `/problems/{code}`. */
export type ProblemCode = Code
/** One field of a request that is wrong, and why. */
export type FieldError = Field
/** The body of a problem (RFC 9457). */
export type ProblemBody = Body

/** Who calls, where their documents go, and how much they take there. */
export type User = Answer<typeof userSchema>

/** A kind of drive that can be connected, and what it can do. */
export type Provider = ReturnType<typeof viewProvider>
/** Bytes; null where the provider does not say. */
export type Quota = ReturnType<typeof viewQuota>
/** A drive that the user has connected. */
export type Connection = ReturnType<typeof viewConnection>
/** What the granted permissions do not allow, and the request that would add what is missing. */
export type Limitation = Health['limitations'][number]
/** What a live check of a connection found. */
export type Health = Answer<typeof checkSchema>

/** What is known of the bytes of a file that was uploaded. */
export type Verification = Receipt
/** A file or a folder of a drive. */
export type Item = FileItem
/** A folder, and the folders on the way to it from the top. */
export type Folder = Listing['folder']
/** One page of a folder. */
export type Listing = Answer<typeof listingSchema>
/** One page of what a provider's own search found. */
export type ItemPage = Answer<typeof foundItemsSchema>
/** A URL that needs no token, for a while. */
export type Ticket = Answer<typeof ticketSchema>
/** An upload in several requests. */
export type UploadView = ReturnType<typeof viewUpload>

/** What an import is doing; of those paused, `pause_reason` says why. */
export type ImportStatus = Status
export type ImportFileState = State
/** Why a file was skipped, or failed. */
export type ImportReason = Reason
/** An import, and how far it is. */
export type Import = ReturnType<typeof viewImport>
/** The same, with the folders that could not be listed. */
export type ImportDetails = ReturnType<typeof viewWhole>
/** One file of an import. */
export type ImportFile = ReturnType<typeof viewFile>
/** What an import of a selection would bring. */
export type ImportPreview = Awaited<ReturnType<typeof previewImport>>

/** A file that is kept through the API, wherever its bytes are. */
export type Document = ReturnType<typeof viewDocument>
/** A passage that a search found. */
export type SearchResult = NonNullable<ReturnType<typeof viewResult>>

/** What a popup tells the page that opened it. */
export type PopupMessage = Message
