// Connects every vendor of the benchmark without a person: they take any code and any password.

/** Servers that ask for a password, and what they are. */
const SERVERS = { nextcloud: 'nextcloud', webdav: 'webdav', library: 'webdav' }

/** @param name `onedrive`, `google_drive`, `dropbox`, `nextcloud`, `webdav` or `library`. Resolves to the connection's id. */
export function connect(workerd, vendorUrl, name) {
  return name in SERVERS
    ? connectServer(workerd, `${vendorUrl}/${name}/`, SERVERS[name])
    : connectOAuth(workerd, name)
}

async function connectOAuth(workerd, name) {
  const headers = { ...workerd.headers, accept: 'application/json' }
  const started = await fetch(`${workerd.url}/api/cloud/oauth/initiate/${name}`, { headers })
  const { authorization_url: authorization, attempt_id: attempt } = await started.json()
  const cookie = started.headers.get('set-cookie').split(';')[0]
  const state = new URL(authorization).searchParams.get('state')
  const callback = `${workerd.url}/api/cloud/oauth/callback/${name}?state=${state}&code=bench`
  await (await fetch(callback, { headers: { cookie }, redirect: 'manual' })).text()
  const answer = await fetch(`${workerd.url}/api/cloud/oauth/attempts/${attempt}`, { headers })
  const { connection, code, detail } = await answer.json()
  if (connection === undefined) throw new Error(`${name} was not connected: ${code} ${detail}`)
  return connection.id
}

async function connectServer(workerd, url, provider) {
  const answer = await fetch(`${workerd.url}/api/cloud/connections/webdav`, {
    method: 'POST',
    headers: { ...workerd.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ provider, server_url: url, username: 'bench', password: 'bench' }),
  })
  const { id, detail } = await answer.json()
  if (id === undefined) throw new Error(`${provider} was not connected: ${detail}`)
  return id
}
