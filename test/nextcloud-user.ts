// What one user of the API does with the emulated Nextcloud: connect, list, look, disconnect, each by HTTP.
import type { Slipway } from './harness.ts'

export interface Answer {
  readonly id: string
  readonly code: string
  readonly detail: string
  readonly status: unknown
  readonly connection?: Answer
  readonly [field: string]: unknown
}

export type NextcloudUser = ReturnType<typeof nextcloudUser>

export function nextcloudUser(app: Slipway, name: string) {
  const call = app.as(name)
  const connections = '/api/cloud/connections'
  const get = async (path: string) => (await (await call(path)).json()) as Answer
  const post = async (path: string, body: object): Promise<[number, Answer]> => {
    const answer = await call(connections + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return [answer.status, (await answer.json()) as Answer]
  }
  return {
    name,
    post,
    /** Status and answer of connecting with a password: Mia's own, if nothing else is said. */
    connect: (fields: Record<string, string> = {}) =>
      post('/webdav', {
        provider: 'nextcloud',
        server_url: app.emulators.url + app.emulators.nextcloud.webRoot,
        username: 'mia',
        password: 'secret',
        ...fields,
      }),
    connections: () => get(connections),
    show: (id: string) => get(`${connections}/${id}`),
    attempt: (id: string) => get(`/api/cloud/oauth/attempts/${id}`),
    list: (id: string) => get(`${connections}/${id}/items?fresh=1`),
    /** Names in the top folder. Throws where it cannot be listed. */
    names: async (id: string) => {
      const { items } = await get(`${connections}/${id}/items?fresh=1`)
      return (items as { name: string }[]).map((item) => item.name)
    },
    disconnect: async (id: string) =>
      (await call(`${connections}/${id}`, { method: 'DELETE' })).status,
  }
}
