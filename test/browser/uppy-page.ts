// The script of a page at another origin that uploads with Uppy, as an integrator's would. Bundled by the test that serves it.
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'

/** What the page is told by its address. */
const options = new URLSearchParams(location.search)
const text = (name: string) => options.get(name) ?? ''

export interface UppyPage {
  readonly pause: () => void
  readonly resume: () => void
  /** Percent of the file that is furthest behind. */
  readonly progress: () => number
  /** Names of what was uploaded, in order. */
  readonly uploaded: string[]
  readonly errors: string[]
}

const uppy = new Uppy({ autoProceed: true, meta: { connection_id: text('connection') } })
uppy.use(Tus, {
  endpoint: text('endpoint'),
  headers: { authorization: `Bearer ${text('token')}` },
  chunkSize: Number(text('chunk')),
  retryDelays: [100, 500, 1000],
})

const page: UppyPage = {
  pause: () => uppy.pauseAll(),
  resume: () => uppy.resumeAll(),
  progress: () => {
    const files = uppy.getFiles()
    if (files.length === 0) return 0
    return Math.min(...files.map(({ progress }) => progress.percentage ?? 0))
  },
  uploaded: [],
  errors: [],
}
uppy.on('upload-success', (file) => page.uploaded.push(file?.name ?? ''))
uppy.on('upload-error', (file, error) => page.errors.push(`${file?.name}: ${error.message}`))
Object.assign(window, { page })

document.querySelector('input')?.addEventListener('change', (event) => {
  for (const file of (event.target as HTMLInputElement).files ?? []) {
    uppy.addFile({ source: 'input', name: file.name, type: file.type, data: file })
  }
})
