// The client: every cloud drive of a user, for a page in any framework, on the API's own origin or another.
import { createAccount, type Account } from './account.ts'
import { createConnections, listProviders, type Connections } from './connections.ts'
import {
  createConnect,
  finishRedirect,
  redirectToConsent,
  type ConnectOptions,
  type Returned,
} from './connect/connect.ts'
import {
  connectWithPassword,
  startLoginFlow,
  type LoginFlow,
  type LoginFlowOptions,
  type PasswordFields,
} from './connect/server.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createFiles, type Files } from './files.ts'
import { createHttp, type CallOptions, type SlipwayOptions } from './http.ts'
import { createImports, type Imports } from './imports/imports.ts'
import { connectionPath } from './paths.ts'
import { createUploads, type Uploads } from './uploads/queue.ts'
import { startUpload, type Upload, type UploadOptions } from './uploads/upload.ts'
import type { Connection, Provider } from './views.ts'

/** What a page does with its user's drives. Everything that fails throws a SlipwayError. */
export interface Slipway extends Files {
  /** Every kind of drive, whether it is set up or not. */
  readonly providers: () => Promise<readonly Provider[]>
  readonly connections: Connections
  /**
   * Connects a drive in a popup: where `auth` of its provider is `oauth2`. Call it directly in a click handler, or the popup is
   * blocked. Throws `popup_blocked`, `cancelled` when the popup was closed (it may still succeed: see `onLate`), `access_denied`, or
   * what else the vendor or the API had against it.
   */
  readonly connect: (provider: string, options?: ConnectOptions) => Promise<Connection>
  /** Connects without a popup: leaves the page. `returnTo` is where the person comes back to. */
  readonly redirectToConsent: (
    provider: string,
    options: Omit<ConnectOptions, 'onLate'> & { readonly returnTo: string },
  ) => Promise<void>
  /** Call it on the page that `returnTo` names, when it has loaded; undefined where nobody came back. */
  readonly finishRedirect: () => Promise<Returned | undefined>
  /** Connects a server with the fields of a form: where `auth` is `password`, or `login_flow` as well. */
  readonly connectWithPassword: (provider: string, fields: PasswordFields) => Promise<Connection>
  /** Has the person sign in at their own server: where `auth` is `login_flow`. Call it directly in a click handler. */
  readonly startLoginFlow: (provider: string, options: LoginFlowOptions) => Promise<LoginFlow>
  /** Revokes the grant where the vendor can, and forgets the connection. The files stay where they are. */
  readonly disconnect: (connection: string) => Promise<void>
  /** Sends a file of any size; it goes on by itself after a lost network. */
  readonly upload: (file: File, options: UploadOptions) => Upload
  /** All uploads of this client: for a page that lists them, and goes on with them after a reload. */
  readonly uploads: Uploads
  readonly imports: Imports
  readonly documents: Documents
  readonly account: Account
  /** Any other route of the API, with the token; JSON in and out. */
  readonly call: <T>(path: string, options?: CallOptions) => Promise<T>
}

/**
 * A client of the API at `baseUrl`, for the user whose token it is given.
 * @example
 * const slipway = createSlipway({ baseUrl: 'https://slipway.example', getToken: () => session.token() })
 * button.onclick = async () => {
 *   const connection = await slipway.connect('google_drive')
 *   for await (const item of slipway.list(connection.id).entries()) console.log(item.name)
 * }
 */
export function createSlipway(options: SlipwayOptions = {}): Slipway {
  const http = createHttp(options)
  const uploads = createUploads(http)
  return {
    ...createFiles(http),
    providers: () => listProviders(http),
    connections: createConnections(http),
    connect: createConnect(http),
    redirectToConsent: (provider, how) => redirectToConsent(http, provider, how),
    finishRedirect: () => finishRedirect(http),
    connectWithPassword: (provider, fields) => connectWithPassword(http, provider, fields),
    startLoginFlow: (provider, how) => startLoginFlow(http, provider, how),
    disconnect: (connection) => http.call(connectionPath(connection), { method: 'DELETE' }),
    upload: (file, how) => startUpload(http, uploads, file, how),
    uploads,
    imports: createImports(http),
    documents: createDocuments(http),
    account: createAccount(http),
    call: http.call,
  }
}

export { SlipwayError, type ClientCode, type ErrorCode } from './error.ts'
export type { Account, DefaultStorage } from './account.ts'
export type { ConnectOptions, Returned } from './connect/connect.ts'
export type { LoginFlow, LoginFlowOptions, PasswordFields } from './connect/server.ts'
export type { ConnectionPage, Connections } from './connections.ts'
export type {
  DocumentFilter,
  DocumentPage,
  Documents,
  SearchFilter,
  SearchPage,
} from './documents.ts'
export type { ContentOptions, DownloadOptions, Files, ListOptions } from './files.ts'
export type { CallOptions, SlipwayOptions } from './http.ts'
export type { ImportFilePage, ImportOrder, ImportPage, Imports } from './imports/imports.ts'
export type { ImportEvent } from './imports/watch.ts'
export type { Pages } from './pages.ts'
export type { KeptUpload } from './uploads/kept.ts'
export type { Uploads } from './uploads/queue.ts'
export type { Conflict, UploadList, UploadTask } from './uploads/store.ts'
export type { Upload, UploadOptions } from './uploads/upload.ts'
export type * from './views.ts'
