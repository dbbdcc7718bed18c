// Reads what was dropped or chosen into a tree of folders and files, to its end: a directory gives its entries in parts.

export interface TreeFile {
  /** The names of the folders above it, from the top; empty for a file that stands alone. */
  readonly path: readonly string[]
  readonly file: File
}

export interface Tree {
  /** The way to each folder, those above before those below. */
  readonly folders: readonly (readonly string[])[]
  readonly files: readonly TreeFile[]
  /** What the browser could not read. */
  readonly unreadable: readonly string[]
}

/** What was dropped, while it can be asked for: after the event it is gone. */
export function takeEntries(data: DataTransfer | null): FileSystemEntry[] {
  return [...(data?.items ?? [])]
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null)
}

/** Reads every directory below. `onFound` hears how many files there are so far. */
export async function readEntries(
  entries: readonly FileSystemEntry[],
  onFound: (count: number) => void,
): Promise<Tree> {
  const folders: string[][] = []
  const files: TreeFile[] = []
  const unreadable: string[] = []
  const queue = entries.map((entry) => ({ entry, path: [] as string[] }))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { entry, path } = next
    try {
      if (isDirectory(entry)) {
        const own = [...path, entry.name]
        folders.push(own)
        for (const child of await readAll(entry)) queue.push({ entry: child, path: own })
      } else {
        files.push({ path, file: await fileOf(entry as FileSystemFileEntry) })
        onFound(files.length)
      }
    } catch {
      unreadable.push([...path, entry.name].join('/'))
    }
  }
  return { folders, files, unreadable }
}

/** Of a chosen directory the browser names the files with their way, and no folder that has none. */
export function treeOf(chosen: readonly File[]): Tree {
  const folders = new Map<string, string[]>()
  const files = chosen.map((file) => {
    const path = file.webkitRelativePath.split('/').slice(0, -1)
    path.forEach((_, at) => {
      const way = path.slice(0, at + 1)
      folders.set(way.join('/'), way)
    })
    return { path, file }
  })
  const ways = [...folders.values()].sort((one, other) => one.length - other.length)
  return { folders: ways, files, unreadable: [] }
}

const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject))

/** The reader gives at most a hundred at a time, and nothing once it is at the end. */
async function readAll(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return all
    all.push(...some)
  }
}
