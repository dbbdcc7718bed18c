// The switches of the Confluence emulator, and the people and sites that are in it.

export interface ConfluenceSettings {
  /** Rows on a page at most, whatever `limit` says. */
  maxPage: number
  /** The global space's site has 30 more spaces. */
  manySpaces: boolean
  /** Which status an invalid or expired token gets at a site's API: 403 and 404 say that the app is not installed. */
  staleStatus: 401 | 403 | 404
  /** Cloud ids of sites from which an administrator removed the app. */
  revokedSites: string[]
  /** What the gateway answers for a site that is revoked, unknown or not consented to. */
  revokedStatus: 403 | 404
  /** What a refresh token of a grant that has ended is called. A token that was exchanged is always `unauthorized_client`. */
  deadGrant: 'invalid_grant' | 'unauthorized_client'
  /** The status of a refused refresh token, and of a refused code. */
  deadStatus: 403 | 400
  /** The token endpoint takes forms beside JSON. */
  formTokens: boolean
  /** An app of resource-level access: each consent is for one site. */
  oneSitePerGrant: boolean
  /** A new consent of an account ends its older ones. */
  consentEndsOthers: boolean
  /** Scopes that are asked for and consented to, but not given. */
  withheldScopes: string[]
  /** A site that is listed for Jira too stands twice in accessible-resources. */
  duplicateSites: boolean
  /** accessible-resources lists a further site, which has Jira alone. */
  jiraSite: boolean
  /** Points per hour, shared by everybody who uses the app. */
  pointsPerHour: number
  /** Retry-After is an HTTP date. */
  retryAfterDate: boolean
  /** Seconds until the search index knows of a change. */
  indexLag: number
  /** Seconds that a link to the media host opens its file. */
  mediaLifetime: number
  /** Links to the media host have ended by the time they are used; as many as this. */
  expiredDownloads: number
  /** The media host answers 200 with everything to a range. */
  ignoreRange: boolean
}

export const defaultConfluenceSettings = (): ConfluenceSettings => ({
  maxPage: 250,
  manySpaces: false,
  staleStatus: 401,
  revokedSites: [],
  revokedStatus: 404,
  deadGrant: 'invalid_grant',
  deadStatus: 403,
  formTokens: false,
  oneSitePerGrant: false,
  consentEndsOthers: false,
  withheldScopes: [],
  duplicateSites: true,
  jiraSite: false,
  pointsPerHour: 65_000,
  retryAfterDate: false,
  indexLag: 0,
  mediaLifetime: 300,
  expiredDownloads: 0,
  ignoreRange: false,
})

export interface Person {
  readonly email: string
  readonly name: string
  /** Opaque; older ones have a colon. */
  readonly accountId: string
}

export interface Site {
  /** The cloud id. */
  readonly id: string
  readonly name: string
  readonly host: string
  /** E-mail addresses of those who may use it. */
  readonly members: readonly string[]
  /** Jira is installed there as well. */
  readonly jira: boolean
}

export const ANN: Person = {
  email: 'ann@acme.example',
  name: 'Ann Lee',
  accountId: '557058:f58131cb-b67d-43c7-b30d-6b58d40bd077',
}
export const BO: Person = {
  email: 'bo@acme.example',
  name: 'Bo Marsh',
  accountId: '5b10ac8d82e05b22cc7d4ef5',
}
export const CARL: Person = {
  email: 'carl@acme.example',
  name: 'Carl Reed',
  accountId: '5b10a2844c20165700ede21a',
}
export const DORA: Person = {
  email: 'dora@acme.example',
  name: 'Dora Quist',
  accountId: '712020:3d1a4d0e-1c57-4a67-8a0a-5d8f3c0b6d21',
}

export const PEOPLE: readonly Person[] = [ANN, BO, CARL, DORA]

export const ACME: Site = {
  id: '1324a887-45db-4bf4-8e99-ef0ff456d421',
  name: 'Acme',
  host: 'acme.atlassian.net',
  members: [ANN.email],
  jira: false,
}
export const HARBOUR: Site = {
  id: '7c0e2a51-9a63-4d0c-b6c4-0b9c3d8f1e02',
  name: 'Harbour & Sons',
  host: 'harbour.atlassian.net',
  members: [BO.email],
  jira: true,
}
export const REGATTA: Site = {
  id: 'e1f3b9d4-2c4b-4d7e-9b1a-6a5f0c9e8d13',
  name: 'Regatta',
  host: 'regatta.atlassian.net',
  members: [BO.email],
  jira: false,
}
export const DOCKS: Site = {
  id: 'a0b1c2d3-4e5f-4061-8273-8495a6b7c8d9',
  name: 'Docks',
  host: 'docks.atlassian.net',
  members: [DORA.email],
  jira: false,
}

export const SITES: readonly Site[] = [ACME, HARBOUR, REGATTA, DOCKS]
