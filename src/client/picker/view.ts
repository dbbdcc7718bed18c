// What the picker shows of what it knows: the drives, or a folder and the way to it.
import { SlipwayError, type Item, type Provider } from '../slipway.ts'
import { canShow, type Choice } from './accept.ts'
import { driveOption, type Drive, type Drives } from './drives.ts'
import { itemOption, pathOf, type OpenFolder } from './folder.ts'
import type { FrameState } from './frame.ts'
import type { Option } from './list.ts'

interface Known {
  readonly label: string | null
  readonly choice: Choice
  readonly drives: Drives | undefined
  readonly open: OpenFolder | undefined
  readonly chosen: readonly Item[]
}

interface Ways {
  readonly toDrives: () => void
  readonly toFolder: (drive: Drive, folder: string) => void
  readonly connect: (provider: Provider) => void
}

interface View {
  /** What the list is called. */
  readonly place: string
  readonly options: readonly Option[]
  readonly isMultiple: boolean
  readonly frame: FrameState
}

export function viewOf(known: Known, ways: Ways): View {
  const { open, choice, chosen, drives } = known
  const { isMultiple } = choice
  const ids = new Set(chosen.map(({ id }) => id))
  const options =
    open === undefined
      ? (drives?.drives ?? []).map(driveOption)
      : open.items
          .filter((item) => canShow(item, choice))
          .map((item) => itemOption(item, choice, (id) => ids.has(id)))
  return {
    place: open === undefined ? 'Drives' : open.folder.name,
    options,
    isMultiple: isMultiple && open !== undefined,
    frame: {
      label: known.label ?? (isMultiple ? 'Choose files' : 'Choose a file'),
      path: open === undefined ? [] : path(open, ways),
      isEmpty: options.length === 0,
      emptyText: emptyText(known),
      canMore: open !== undefined && open.nextCursor !== null,
      chosen: chosen.length,
      canPickHere: open !== undefined && choice.folders !== 'none',
      connects: open === undefined ? connects(drives, ways) : [],
    },
  }
}

function emptyText({ open, drives, choice }: Known): string {
  if (open === undefined) return drives === undefined ? '' : 'No drive is connected yet.'
  const isFiltered = choice.accept !== '' || choice.folders === 'only'
  return isFiltered ? 'Nothing here that can be chosen.' : 'This folder is empty.'
}

function path(open: OpenFolder, { toDrives, toFolder }: Ways): FrameState['path'] {
  const folders = pathOf(open).map(({ id, name }) => ({
    name,
    onClick: id === undefined ? undefined : () => toFolder(open.drive, id),
  }))
  return [{ name: 'Drives', onClick: toDrives }, ...folders]
}

function connects(drives: Drives | undefined, { connect }: Ways): FrameState['connects'] {
  const providers = drives?.providers ?? []
  return providers.map((provider) => ({
    label: provider.label,
    onClick: () => connect(provider),
  }))
}

/** Whatever was thrown, as what is shown of it. */
export function failureOf(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error
  return new SlipwayError(0, 'internal', 'Something went wrong. Try again.')
}
