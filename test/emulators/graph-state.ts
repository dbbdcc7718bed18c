// What the parts of the Microsoft emulator share: who calls, errors, names, the shape of a driveItem.
import type { Context } from 'hono'
import { GraphItems, hashOf, type GraphDrive, type GraphItem } from './graph-items.ts'
import type { OAuthServer } from './oauth-server.ts'

export interface MicrosoftSettings {
  /** Items on a page at most. */
  maxPage: number
  /** A row of the page before is repeated. */
  repeatRows: boolean
  /** Storage is full. */
  full: boolean
  /** The download host answers 200 with everything to a range. */
  ignoreRange: boolean
  /** Download URLs have ended by the time they are used; as many as this. */
  expiredDownloads: number
  /** Sessions find a name that is taken only at their end, on work accounts too. */
  lateConflict: boolean
  /** The file host refuses a body without Content-Length, as SharePoint does. */
  refuseChunked: boolean
}

export const defaultMicrosoftSettings = (): MicrosoftSettings => ({
  maxPage: 1000,
  repeatRows: false,
  full: false,
  ignoreRange: false,
  expiredDownloads: 0,
  lateConflict: false,
  refuseChunked: true,
})

export interface Person {
  readonly email: string
  readonly name: string
  readonly id: string
  /** No licence for OneDrive. */
  readonly driveless?: boolean
}

export const PEOPLE: readonly Person[] = [
  { email: 'ann@contoso.com', name: 'Ann Lee', id: '8f2c0000-0000-4000-8000-00000000a001' },
  { email: 'pat@outlook.com', name: 'Pat Reed', id: '0f00ba4dbeefcafe' },
  {
    email: 'nolicense@contoso.com',
    name: 'Nils Olsen',
    id: '8f2c0000-0000-4000-8000-00000000a002',
    driveless: true,
  },
]

/** An answer in Graph's error format. */
export class GraphError extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 411 | 412 | 416 | 507,
    readonly code: string,
    message: string,
    readonly inner?: string,
  ) {
    super(message)
  }

  /** SharePoint hosts spell the inner error in lower case. */
  toResponse(c: Context, innerName: 'innerError' | 'innererror' = 'innerError'): Response {
    const inner = {
      ...(this.inner === undefined ? {} : { code: this.inner }),
      date: new Date().toISOString(),
    }
    return c.json(
      { error: { code: this.code, message: this.message, [innerName]: inner } },
      this.status,
    )
  }
}

const NAME = /["*:<>?/\\|]/
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|\.lock|desktop\.ini)$/i

export class MicrosoftState {
  readonly items = new GraphItems()
  readonly settings = defaultMicrosoftSettings()
  /** Pages, by their opaque token. */
  readonly pages = new Map<string, { readonly ids: readonly string[]; readonly size: number }>()

  constructor(readonly oauth: OAuthServer) {}

  /** A Bearer token with one of these scopes. */
  authorize(c: Context, scopes: readonly string[]): Person {
    const grant = this.oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined) {
      throw new GraphError(
        401,
        'InvalidAuthenticationToken',
        'Access token has expired or is not yet valid.',
      )
    }
    if (!scopes.some((scope) => grant.scopes.includes(scope))) {
      throw new GraphError(403, 'accessDenied', 'Access denied')
    }
    const person = PEOPLE.find(({ email }) => email === grant.account)
    if (person === undefined) throw new Error(`no Microsoft account ${grant.account}`)
    return person
  }

  read(c: Context): Person {
    return this.authorize(c, [
      'Files.Read',
      'Files.ReadWrite',
      'Files.Read.All',
      'Files.ReadWrite.All',
    ])
  }

  write(c: Context): Person {
    return this.authorize(c, ['Files.ReadWrite', 'Files.ReadWrite.All'])
  }

  ownDrive(person: Person): GraphDrive {
    const drive = person.driveless ? undefined : this.items.driveOf(person.email)
    if (drive === undefined)
      throw new GraphError(404, 'ResourceNotFound', "User's mysite not found.")
    return drive
  }

  /** Own drives, and libraries of the tenant. */
  drive(person: Person, id: string): GraphDrive {
    const drive = this.items.drive(id)
    const allowed = drive?.owner === person.email || drive?.owner === 'contoso'
    if (drive === undefined || !allowed) throw itemNotFound()
    return drive
  }

  checkName(name: string): void {
    const bad = name === '' || NAME.test(name) || name !== name.trim() || name.endsWith('.')
    if (bad || RESERVED.test(name) || name.startsWith('~$') || name.length > 255) {
      throw new GraphError(
        400,
        'invalidRequest',
        'The provided name cannot contain...',
        'invalidPath',
      )
    }
  }

  /** The driveItem, with only what was selected. */
  async describe(
    item: GraphItem,
    select: readonly string[] | undefined,
    downloadUrl: (item: GraphItem) => string,
  ): Promise<Record<string, unknown>> {
    const drive = this.items.drive(item.driveId)
    if (drive === undefined) throw itemNotFound()
    const all: Record<string, unknown> = {
      id: item.id,
      name: item.name,
      eTag: `"{${item.id}},${item.etag}"`,
      createdDateTime: item.created,
      lastModifiedDateTime: item.modified,
      webUrl: `https://contoso-my.sharepoint.com/${encodeURIComponent(item.name)}`,
      size: item.content?.size ?? 0,
      ...this.#facets(item),
    }
    if (item.parent === undefined) all['root'] = {}
    else all['parentReference'] = this.#parent(drive, item.parent)
    if (item.kind === 'file') {
      const hash = select === undefined || select.includes('file') ? await hashOf(item) : undefined
      const type = /\.(txt|jpg|pdf)$/.exec(item.name)?.[1] ?? ''
      const types: Record<string, string> = {
        txt: 'text/plain',
        jpg: 'image/jpeg',
        pdf: 'application/pdf',
      }
      all['file'] = {
        mimeType: types[type] ?? 'application/octet-stream',
        hashes: hash === undefined ? {} : { quickXorHash: hash },
      }
      all['cTag'] = `"c:{${item.id}},${item.ctag}"`
      // Vanishes unless it is selected, as soon as anything is.
      if (select === undefined || select.includes('@microsoft.graph.downloadUrl')) {
        all['@microsoft.graph.downloadUrl'] = downloadUrl(item)
      }
    }
    if (select === undefined) return all
    return Object.fromEntries(Object.entries(all).filter(([name]) => select.includes(name)))
  }

  #facets(item: GraphItem): object {
    if (item.kind === 'folder')
      return { folder: { childCount: this.items.childrenOf(item.id).length } }
    if (item.kind === 'notebook') return { package: { type: 'oneNote' } }
    if (item.target === undefined) return {}
    const target = this.items.items.get(item.target.itemId)
    return {
      remoteItem: {
        id: item.target.itemId,
        name: target?.name,
        folder: target?.kind === 'folder' ? { childCount: 1 } : undefined,
        parentReference: { driveId: item.target.driveId, driveType: 'documentLibrary' },
      },
    }
  }

  #parent(drive: GraphDrive, parentId: string): object {
    const parent = this.items.items.get(parentId)
    const path = parent === undefined ? [] : this.items.pathOf(parent)
    return {
      driveType: drive.type,
      driveId: drive.id,
      id: parentId,
      name: parent?.name,
      path: [`/drives/${drive.id}/root:`, ...path.map(encodeURIComponent)].join('/'),
    }
  }
}

export function itemNotFound(): GraphError {
  return new GraphError(404, 'itemNotFound', 'The resource could not be found.')
}

const OPTIONS = ['$select', '$top', '$orderby', '$expand', '$skiptoken']
const PROPERTIES = [
  'id',
  'name',
  'size',
  'file',
  'folder',
  'package',
  'remoteItem',
  'root',
  'parentReference',
  'eTag',
  'cTag',
  'createdDateTime',
  'lastModifiedDateTime',
  'webUrl',
  '@microsoft.graph.downloadUrl',
]

/** The query of a Graph request: only known options, only known properties. */
export function readOptions(
  c: Context,
  properties: readonly string[] = PROPERTIES,
): {
  readonly select: string[] | undefined
  readonly top: number
  readonly skipToken: string | null
} {
  const query = new URL(c.req.url).searchParams
  for (const name of query.keys()) {
    if (!OPTIONS.includes(name)) {
      throw new GraphError(
        400,
        'BadRequest',
        `The query specified in the URI is not valid: ${name}`,
      )
    }
  }
  const select = query.get('$select')?.split(',')
  const unknown = select?.find((name) => !properties.includes(name))
  if (unknown !== undefined) {
    throw new GraphError(400, 'BadRequest', `Parsing OData Select and Expand failed: ${unknown}`)
  }
  const top = query.get('$top') ?? '200'
  if (!/^\d+$/.test(top) || Number(top) < 1) throw new GraphError(400, 'invalidRequest', '$top')
  return { select, top: Number(top), skipToken: query.get('$skiptoken') }
}
