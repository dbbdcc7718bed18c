// What a front end does with Slipway: connect a drive, upload to it, choose from it, import what was chosen.
const slipwayUrl = document.querySelector('meta[name=slipway]').content
const { createSlipway } = await import(`${slipwayUrl}/client.js`)
await import(`${slipwayUrl}/picker.js`)

let token
const slipway = createSlipway({
  baseUrl: slipwayUrl,
  // Kept until Slipway refuses it.
  getToken: async ({ fresh }) => {
    if (token === undefined || fresh) ({ token } = await (await fetch('/token')).json())
    return token
  },
})

const find = (id) => document.getElementById(id)
const say = (text) => (find('message').textContent = text)
const fail = (error) => say(error.message)

async function showDrives() {
  const [providers, connections] = await Promise.all([
    slipway.providers(),
    slipway.connections.list().all(),
  ])
  find('connections').replaceChildren(...connections.map(connectionEntry))
  find('providers').replaceChildren(
    ...providers
      .filter(({ auth, configured }) => auth === 'oauth2' && configured)
      .map((provider) => button(`Connect ${provider.label}`, () => connect(provider))),
  )
  const drives = [
    ...connections.map((connection) => ({ id: connection.id, label: nameOf(connection) })),
    ...providers.filter(({ auth }) => auth === 'builtin'),
  ]
  const select = find('upload').elements.connection
  select.replaceChildren(...drives.map(({ id, label }) => new Option(label, id)))
}

function connectionEntry(connection) {
  const entry = document.createElement('li')
  entry.dataset.connection = connection.id
  const disconnect = button(`Disconnect ${nameOf(connection)}`, () =>
    slipway.disconnect(connection.id).then(showDrives, fail),
  )
  entry.append(`${nameOf(connection)} `, disconnect)
  return entry
}

const nameOf = ({ label, account_email: email }) =>
  email === null || email === label ? label : `${label} (${email})`

function button(text, onClick) {
  const element = document.createElement('button')
  element.textContent = text
  element.addEventListener('click', onClick)
  return element
}

// Directly in the click, so that the browser lets the popup open.
function connect(provider) {
  const connected = () => {
    say(`${provider.label} is connected.`)
    void showDrives()
  }
  say(`Waiting for you to sign in to ${provider.label}.`)
  // The popup ends at a page of this origin: it claims even where the vendor, or this page, cuts the popup off.
  slipway.connect(provider.id, { returnTo: '/connected', onLate: connected }).then(connected, fail)
}

find('upload').addEventListener('submit', (event) => {
  event.preventDefault()
  const { connection, file } = event.target.elements
  const upload = slipway.upload(file.files[0], {
    connection: connection.value,
    conflict: 'rename',
    onProgress: ({ sent, file: { size }, state }) => {
      find('upload-progress').value = size === 0 ? 1 : sent / size
      find('upload-progress').dataset.state = state
      find('pause').textContent = state === 'paused' ? 'Resume' : 'Pause'
    },
  })
  find('pause').disabled = false
  find('pause').onclick = () =>
    upload.task().state === 'paused' ? upload.resume() : upload.pause()
  upload
    .finished()
    .then((item) => say(`${item.name} has arrived.`), fail)
    .finally(() => (find('pause').disabled = true))
})

const dialog = find('dialog')
const picker = dialog.querySelector('slipway-picker')
picker.client = slipway

find('choose').addEventListener('click', () => {
  dialog.showModal()
  picker.reload()
  picker.focus()
})
picker.addEventListener('slipway-cancel', () => dialog.close())
picker.addEventListener('slipway-pick', ({ detail }) => {
  dialog.close()
  importFiles(detail).catch(fail)
})

async function importFiles({ connection, items }) {
  const started = await slipway.imports.start({ connection_id: connection, items })
  const files = new Map()
  for await (const event of slipway.imports.watch(started.id)) {
    if (event.type === 'import') {
      const { counts } = event.import
      say(`${counts.imported} of ${counts.total} files are imported.`)
    }
    if (event.type === 'items') {
      for (const file of event.items) files.set(file.id, file)
      const lines = [...files.values()].map(({ name, state, reason }) => {
        const line = document.createElement('li')
        line.textContent = `${name}: ${reason ?? state}`
        return line
      })
      find('import').replaceChildren(...lines)
    }
    if (event.type === 'end') say(`The import is over: ${event.status}.`)
  }
}

await showDrives().catch(fail)
