// The switches of the Dropbox emulator, and the people who have accounts in it.

export interface DropboxSettings {
  /** Entries on a page at most. */
  maxPage: number
  /** The first page is empty and says that there is more. */
  emptyPages: boolean
  /** Pages are two entries longer than `limit`, which is approximate. */
  overfullPages: boolean
  /** The folders in `path_display` are in lower case: only its last component is reliably cased. */
  lowerParents: boolean
  /** `is_downloadable` is left out where it is true. */
  sparse: boolean
  /** Cursors that are used are told `reset`; as many as this. */
  resetCursors: number
  /** A second continue with the same cursor, while the first is under way, is 429. */
  busyCursors: boolean
  /** Milliseconds until a new name is found by search. */
  indexDelay: number
  /** Storage is full, whoever asks. */
  full: boolean
  /** Bytes of one upload request at most. */
  requestLimit: number
  /** Bytes of a file at most. */
  fileLimit: number
  /** An upload without Content-Length is refused. */
  refuseChunked: boolean
  /** What has come of a body that was cut stays in the session. */
  keepParts: boolean
  /** A proxy sends an append twice, and hands on the second answer; as many as this. */
  repeatedAppends: number
  /** Seconds that an upload session lives. */
  sessionLifetime: number
  /** Upload sessions are gone by the time they are used; as many as this. */
  lostSessions: number
  /** Writes end as too_many_write_operations; as many as this. */
  busyWrites: number
  /** What is uploaded is stored with a wrong byte; as many as this. */
  garbledUploads: number
  /** A write takes this many milliseconds, and another one to the same account meanwhile is 429. */
  writeLock: number
  /** Every path is told `malformed_path`; as many as this. */
  malformedPaths: number
  /** Ids of items that the law forbids to hand out. */
  restricted: string[]
  /** Ids of folders in which, and files to which, the caller may not write. */
  readOnly: string[]
  /** Exports are not ready; as many as this. */
  unreadyExports: number
  /** Seconds that a temporary link lives. */
  linkLifetime: number
  /** Temporary links have ended by the time they are used; as many as this. */
  expiredLinks: number
  /** Downloads and links answer 200 with everything to a range. */
  ignoreRange: boolean
  /** The e-mail address is not verified: no temporary links. */
  emailUnverified: boolean
  /** The team's root namespace is another one than it was. */
  teamRootChanged: boolean
  /** Every call is 401 with this tag, such as `user_suspended`. */
  refuseAuth: string | undefined
  /** Every call is 403 with this tag: `invalid_account_type`, `paper_access_denied`, `team_access_denied`, `no_permission`. */
  refuseAccess: string | undefined
  /** What a wrong client id or secret is answered with: the vendor does not document it. */
  invalidClientStatus: 400 | 401
}

export const defaultDropboxSettings = (): DropboxSettings => ({
  maxPage: 2000,
  emptyPages: false,
  overfullPages: false,
  lowerParents: true,
  sparse: false,
  resetCursors: 0,
  busyCursors: false,
  indexDelay: 0,
  full: false,
  requestLimit: 157_286_400,
  fileLimit: 2_199_019_061_248,
  refuseChunked: true,
  keepParts: false,
  repeatedAppends: 0,
  sessionLifetime: 7 * 24 * 3600,
  lostSessions: 0,
  busyWrites: 0,
  garbledUploads: 0,
  writeLock: 0,
  malformedPaths: 0,
  restricted: [],
  readOnly: [],
  unreadyExports: 0,
  linkLifetime: 4 * 3600,
  expiredLinks: 0,
  ignoreRange: false,
  emailUnverified: false,
  teamRootChanged: false,
  refuseAuth: undefined,
  refuseAccess: undefined,
  invalidClientStatus: 400,
})

export interface DropboxPerson {
  readonly email: string
  readonly givenName: string
  readonly surname: string
  /** Exactly 40 characters. */
  readonly accountId: string
  readonly uid: string
  /** The person's own namespace. */
  readonly home: string
  /** The team's namespace, or the person's own one. */
  readonly root: string
  readonly quota: number
  readonly team?: { readonly id: string; readonly name: string; readonly memberId: string }
}

const TERABYTE = 1_099_511_627_776

/** The team's root namespace, and what it becomes when it changes. */
export const TEAM_ROOT = '7100200300'
export const NEW_TEAM_ROOT = '9100200300'

export const DROPBOX_PEOPLE: readonly DropboxPerson[] = [
  {
    email: 'mia@example.com',
    givenName: 'Mia',
    surname: 'Lindqvist',
    accountId: 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQn01',
    uid: '1234501',
    home: '1100200301',
    root: '1100200301',
    quota: 2 * TERABYTE,
  },
  {
    email: 'franz@acme.example',
    givenName: 'Franz',
    surname: 'Ferdinand',
    accountId: 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQn02',
    uid: '1234502',
    home: '1100200302',
    root: TEAM_ROOT,
    quota: 15 * TERABYTE,
    team: {
      id: 'dbtid:AAFdgehTzw7WlXhZJsbGCLePe8RvQGYDr-I',
      name: 'Acme',
      memberId: 'dbmid:AAHhy7WsR0x-u4ZCqiDl5Fz5zvuL3kmspwU',
    },
  },
  {
    email: 'full@example.com',
    givenName: 'Nora',
    surname: 'Room',
    accountId: 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQn03',
    uid: '1234503',
    home: '1100200303',
    root: '1100200303',
    quota: 1_500_100,
  },
]

export const homePathOf = ({ givenName, surname }: DropboxPerson) => `${givenName} ${surname}`
