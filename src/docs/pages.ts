// The documentation's pages, in the order in which they are listed. Each is a file of docs/, bundled with the Worker as it stands there.
import addAProvider from '../../docs/add-a-provider.md'
import api from '../../docs/api.md'
import architecture from '../../docs/architecture.md'
import capacity from '../../docs/capacity.md'
import client from '../../docs/client.md'
import deploy from '../../docs/deploy.md'
import imports from '../../docs/imports.md'
import operations from '../../docs/operations.md'
import search from '../../docs/search.md'
import settings from '../../docs/settings.md'
import storage from '../../docs/storage.md'
import threatModel from '../../docs/threat-model.md'
import uploads from '../../docs/uploads.md'
import userGuide from '../../docs/user-guide.md'

export interface DocPage {
  /** The file's name without its ending: the last part of the page's address. */
  readonly name: string
  /** Markdown, with the title in its first line. */
  readonly text: string
  /** What it is for, in one line. */
  readonly about: string
}

export const DOC_PAGES: readonly DocPage[] = [
  { name: 'user-guide', text: userGuide, about: 'For the people whose drives are connected.' },
  { name: 'api', text: api, about: 'Routes, errors, verification.' },
  { name: 'client', text: client, about: 'The browser client and the picker, for your own pages.' },
  { name: 'uploads', text: uploads, about: 'Large files: resumable uploads with any tus client.' },
  { name: 'imports', text: imports, about: 'Files and folders of a drive as documents.' },
  { name: 'search', text: search, about: 'Full-text search over imported documents.' },
  {
    name: 'deploy',
    text: deploy,
    about: 'Cloudflare and each vendor’s registration, step by step.',
  },
  { name: 'settings', text: settings, about: 'Every setting and its default.' },
  { name: 'operations', text: operations, about: 'Keys, incidents, metrics, backups, upgrades.' },
  {
    name: 'capacity',
    text: capacity,
    about: 'What the platform’s limits mean in users and imports.',
  },
  {
    name: 'storage',
    text: storage,
    about: 'Every table and prefix, and how long each thing lives.',
  },
  { name: 'threat-model', text: threatModel, about: 'Who could attack what, and what stops them.' },
  { name: 'architecture', text: architecture, about: 'How the code is built.' },
  { name: 'add-a-provider', text: addAProvider, about: 'What a new provider takes.' },
]

/** A page's title: its first line, without the mark. */
export function titleOf({ text }: DocPage): string {
  return text.slice(0, text.indexOf('\n')).replace(/^#\s+/, '')
}
