// The Dropbox emulator is as strict as Dropbox about who signs in, and tells webhooks what changed.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { authorize } from '../emulators/oauth-server.ts'
import {
  actAs,
  askToken,
  authorizeUrl,
  emulators,
  MIA,
  refused,
  rpc,
  secrets,
  send,
  signIn,
  useDropbox,
  useToken,
} from './dropbox-wire.ts'

useDropbox()

describe('sign-in', () => {
  it('tells dead, wrong and unproven clients and codes apart', async () => {
    const fields = { ...secrets(), grant_type: 'refresh_token', refresh_token: 'none' }
    const dead = await askToken(fields)
    expect([dead.status, await dead.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' },
    ])
    const stranger = await askToken({ ...fields, client_secret: 'wrong' })
    expect([stranger.status, await stranger.json()]).toMatchObject([
      400,
      { error: 'invalid_client' },
    ])
    const { client_secret: _, ...unproven } = fields
    expect(await (await askToken(unproven)).json()).toMatchObject({ error: 'invalid_client' })
  })

  it('takes Basic, and refreshes without a new refresh token', async () => {
    const first = await signIn(MIA)
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 14_400, uid: '1234501' })
    expect(String(first['account_id'])).toHaveLength(40)
    const { client_id: id, client_secret: secret } = secrets()
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    const fields = { grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) }
    const again = (await (await askToken(fields, { authorization })).json()) as object
    expect(Object.keys(again).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
    const online = await signIn(MIA, { token_access_type: 'online' })
    expect(online).not.toHaveProperty('refresh_token')
  })

  it('keeps to the scopes of the grant, and merges earlier ones', async () => {
    const scope = 'account_info.read'
    await actAs(MIA, { scope })
    expect(await refused(rpc('files/list_folder', { path: '' }), 401)).toEqual({
      '.tag': 'missing_scope',
      required_scope: 'files.metadata.read',
    })
    const more = { scope: 'files.metadata.read', include_granted_scopes: 'user' }
    const merged = await signIn(MIA, more)
    expect(String(merged['scope']).split(' ')).toContain('files.content.write')
    await expect(signIn('full@example.com', more)).rejects.toThrow('never linked')
    await expect(authorize(authorizeUrl({ approval: 'force' }))).rejects.toThrow('unknown')
  })

  it('ends one grant alone with revoke, and needs a living token for it', async () => {
    const other = String((await signIn(MIA))['access_token'])
    expect(await (await send('api', 'auth/token/revoke')).text()).toBe('null')
    const revoke = send('api', 'auth/token/revoke')
    expect(await refused(revoke, 401)).toEqual({ '.tag': 'invalid_access_token' })
    useToken(other)
    expect((await send('api', 'users/get_current_account')).status).toBe(200)
    emulators.dropbox.oauth.expireAccessTokens()
    const expired = send('api', 'auth/token/revoke')
    expect(await refused(expired, 401)).toEqual({ '.tag': 'expired_access_token' })
  })
})

describe('webhooks', () => {
  it('are challenged and get signed notifications', async () => {
    const got: { signature: unknown; body: string }[] = []
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      let body = ''
      request.on('data', (part) => (body += String(part)))
      request.on('end', () => {
        if (request.method === 'POST')
          got.push({ signature: request.headers['x-dropbox-signature'], body })
        response.setHeader('content-type', 'text/plain')
        response.setHeader('x-content-type-options', 'nosniff')
        response.end(searchParams.get('challenge') ?? '')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    expect(await emulators.dropbox.challenge(url)).toBe(true)
    expect((await emulators.dropbox.notify(url, [MIA])).status).toBe(200)
    server.close()
    const [call] = got
    const secret = secrets().client_secret
    const hmac = createHmac('sha256', secret).update(call?.body ?? '')
    expect(call?.signature).toBe(hmac.digest('hex'))
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ delta: { users: [1234501] } })
  })
})
