// An upload that an earlier page left unfinished: it goes on with the same file, which the browser lets nobody but the person open.
import { useRef, useState } from 'hono/jsx/dom'
import { formatSize } from './format.ts'
import { discard, takeUp, type KeptUpload } from './uploads.ts'

interface UnfinishedUploadProps {
  readonly upload: KeptUpload
  /** What its drive is called. */
  readonly title: string | undefined
}

export function UnfinishedUpload({ upload, title }: UnfinishedUploadProps) {
  const { name, size, offset } = upload
  const [refusal, setRefusal] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const where = title === undefined ? 'have arrived' : `have arrived in ${title}`
  return (
    <li class="card" data-unfinished={name}>
      <div class="row">
        <span class="what">
          <span class="ellipsis" title={name}>
            {name}
          </span>
          <span class="muted small">
            Not finished: {formatSize(offset)} of {formatSize(size)} {where}. Choose the same file
            again to go on.
          </span>
          <span class="error" role="alert">
            {refusal}
          </span>
        </span>
        <span class="row">
          <button aria-label={`Choose file: ${name}`} onClick={() => input.current?.click()}>
            Choose file
          </button>
          <button class="plain" aria-label={`Discard ${name}`} onClick={() => discard(upload)}>
            Discard
          </button>
        </span>
        <input
          ref={input}
          type="file"
          class="visually-hidden"
          aria-label={`${name}, to go on`}
          tabIndex={-1}
          onChange={(event: Event) => {
            const chosen = event.target as HTMLInputElement
            const [file] = chosen.files ?? []
            chosen.value = ''
            if (file === undefined || takeUp(upload, file)) return
            setRefusal(`“${file.name}” is not the same file, or was changed since.`)
          }}
        />
      </div>
    </li>
  )
}
