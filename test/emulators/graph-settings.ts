// The switches of the Microsoft emulator, and the people who have accounts in it.

export interface MicrosoftSettings {
  /** Items on a page at most. */
  maxPage: number
  /** A row of the page before is repeated. */
  repeatRows: boolean
  /** Storage is full. */
  full: boolean
  /** The download host answers 200 with everything to a range. */
  ignoreRange: boolean
  /** The download host serves `bytes=-500`; elsewhere it answers 200 with everything. */
  suffixRanges: boolean
  /** Download URLs have ended by the time they are used; as many as this. */
  expiredDownloads: number
  /** Upload sessions have ended by the time they are used; as many as this. */
  expiredSessions: number
  /** Sessions find a name that is taken only at their end, on work accounts too. */
  lateConflict: boolean
  /** Personal drives keep what has come of a fragment that was cut. */
  keepParts: boolean
  /** The file host refuses a body without Content-Length, as SharePoint does. */
  refuseChunked: boolean
  /** Ids of items that somebody has checked out: 423 to every change. */
  locked: string[]
  /** Personal drive ids change their case, and lose the leading zero in a `remoteItem`. */
  oddDriveIds: boolean
  /** `Files.Read` and `Files.ReadWrite` open the own drive alone; what lies elsewhere takes a `.All` scope. */
  ownDriveOnly: boolean
  /** What Graph says of an account that has no OneDrive. */
  driveless: 'notFound' | 'noUrl' | 'noLicense' | 'denied' | 'frozen'
  /** The tenant has no SharePoint licence at all. */
  noSharePoint: boolean
  /** References name a site by its whole id, as documented, and not by a GUID alone. */
  wholeSiteIds: boolean
  /** Libraries of sites write into Office files that are uploaded: another size, another hash. */
  rewriteOffice: boolean
  /** How often the monitor of a copy says that it is still under way. */
  copyPolls: number
  /** So many requests inside of a batch are throttled, each on its own. */
  batchThrottles: number
  /** Graph wants a new sign-in: a claims challenge. */
  claimsChallenge: boolean
  /** Scopes that reach the whole tenant need an administrator: with which AADSTS number Allow leads work accounts back. */
  adminConsent: 90094 | 90095 | 65001 | undefined
  /** Refreshing ends with AADSTS50076: the user must sign in with a second factor. */
  needsMfa: boolean
  /** Conditional access is in the way of work accounts at the sign-in page, and of every refresh: AADSTS53003. */
  conditionalAccess: boolean
  /** The AADSTS number of a grant that has ended: idle for too long, or revoked. */
  deadGrant: 700082 | 50173
  /** The client secret has expired: AADSTS7000222. */
  secretExpired: boolean
}

export const defaultMicrosoftSettings = (): MicrosoftSettings => ({
  maxPage: 1000,
  repeatRows: false,
  full: false,
  ignoreRange: false,
  suffixRanges: false,
  expiredDownloads: 0,
  expiredSessions: 0,
  lateConflict: false,
  keepParts: false,
  refuseChunked: true,
  locked: [],
  oddDriveIds: true,
  ownDriveOnly: false,
  driveless: 'notFound',
  noSharePoint: false,
  wholeSiteIds: false,
  rewriteOffice: true,
  copyPolls: 1,
  batchThrottles: 0,
  claimsChallenge: false,
  adminConsent: undefined,
  needsMfa: false,
  conditionalAccess: false,
  deadGrant: 700082,
  secretExpired: false,
})

export interface Person {
  readonly email: string
  readonly name: string
  /** As `/me` says it: a GUID for work, 16 hex digits for personal accounts. */
  readonly id: string
  /** The GUID of the directory. */
  readonly tenant: string
  /** No licence for OneDrive. */
  readonly driveless?: boolean
}

/** Every personal account is in this one. */
export const PERSONAL_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
export const CONTOSO = 'c0170500-0000-4000-8000-00000000c0de'

export const PEOPLE: readonly Person[] = [
  {
    email: 'ann@contoso.com',
    name: 'Ann Lee',
    id: '8f2c0000-0000-4000-8000-00000000a001',
    tenant: CONTOSO,
  },
  {
    email: 'pat@outlook.com',
    name: 'Pat Reed',
    id: '0f00ba4dbeefcafe',
    tenant: PERSONAL_TENANT,
  },
  {
    email: 'nolicense@contoso.com',
    name: 'Nils Olsen',
    id: '8f2c0000-0000-4000-8000-00000000a002',
    tenant: CONTOSO,
    driveless: true,
  },
]
