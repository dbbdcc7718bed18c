// What can be done in a folder: upload, a new folder, a look at what is new, a search in the drive.
import { useRef } from 'hono/jsx/dom'
import { SearchBox } from './search-box.tsx'

interface ToolbarProps {
  readonly connection: string
  readonly folder: string
  readonly title: string
  readonly query: string
  readonly isSearch: boolean
  readonly capabilities: Readonly<Record<string, boolean>>
  readonly onFiles: (files: readonly File[]) => void
  readonly onNewFolder: () => void
  readonly onRefresh: () => void
}

export function Toolbar(props: ToolbarProps) {
  const { connection, folder, title, query, isSearch, capabilities } = props
  const canUpload = capabilities['upload'] === true && !isSearch
  return (
    <div class="toolbar">
      {canUpload && <Upload label="Upload files" onFiles={props.onFiles} />}
      {canUpload && capabilities['create_folder'] && (
        <Upload label="Upload folder" isFolder onFiles={props.onFiles} />
      )}
      {capabilities['create_folder'] && !isSearch && (
        <button onClick={props.onNewFolder}>New folder</button>
      )}
      <button onClick={props.onRefresh}>Refresh</button>
      {capabilities['search'] && (
        <SearchBox connection={connection} folder={folder} title={title} query={query} />
      )}
    </div>
  )
}

interface UploadProps {
  readonly label: string
  readonly isFolder?: boolean
  readonly onFiles: (files: readonly File[]) => void
}

function Upload({ label, isFolder = false, onFiles }: UploadProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button class={isFolder ? '' : 'main'} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        webkitdirectory={isFolder}
        class="visually-hidden"
        aria-label={isFolder ? 'Folder to upload' : 'Files to upload'}
        tabIndex={-1}
        onChange={(event: Event) => {
          const chosen = event.target as HTMLInputElement
          onFiles([...(chosen.files ?? [])])
          chosen.value = ''
        }}
      />
    </>
  )
}
